#!/usr/bin/env python3
"""Keys are made on a disk that is full, has no inodes left, or is read-only: nothing is sent, nothing is left.

    Tests/Proof/store_disks.py        # as root: it mounts small file systems of its own

The store is on a tmpfs that is too small at first and grows by a page or an inode with each run, so that every step of
writing fails once. Each failed run ends with 74, sends nothing and leaves nothing. The first run with enough space
succeeds, and only that one reaches the service.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from store_bench import Bench, Folder, names

PAGE = 4096
# A folder for the name, one for the work, two files, and what the file system needs itself.
MOST_STEPS = 16
INPUT_OUTPUT = 74


def mount(*arguments):
    """Whether a mount was possible; the reason is printed."""
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, timeout=60)
    if done.returncode != 0:
        print(f"mount: {done.stderr.decode().strip()}", file=sys.stderr)
    return done.returncode == 0


class Disk:
    """A tmpfs of its own."""

    def __init__(self, options):
        self.path = Path(tempfile.mkdtemp(prefix="proof-disk-"))
        self.is_mounted = mount("-t", "tmpfs", "-o", f"mode=700,{options}", "proof", self.path)

    def change(self, options):
        return mount("-o", f"remount,{options}", self.path)

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", str(self.path)], check=True, timeout=60)
        self.path.rmdir()


def contents(store, index):
    """Everything in the store except the folder of the name, which may stay if it is empty."""
    folder = store / names(index)["cn"]
    return {str(path) for path in store.rglob("*") if path != folder} if store.is_dir() else set()


def attempt(bench, index, title, place):
    """Whether a run succeeds; one that does not must have sent nothing and left nothing."""
    before = contents(bench.store, index)
    status, result = bench.run(index)
    item, sent = result["items"][0], bench.posts(index)
    if status == 0:
        bench.seen[f"{title}: 0 {item['status']}"] += 1
        bench.expect(item["status"] == "reissued" and len(sent) == 1, f"{place}: {result}")
        folder = Folder(bench.store / names(index)["cn"])
        bench.expect(folder.numbered == ["1"], f"{place}: {folder.numbered}")
        for problem in folder.problems():
            bench.expect(False, f"{place}: {problem}")
        return True
    error = item.get("error", {})
    bench.seen[f"{title}: {status} {error.get('code')}"] += 1
    bench.expect(status == INPUT_OUTPUT, f"{place}: ends with {status}: {result}")
    bench.expect(error.get("code") == "store.unusable", f"{place}: {error}")
    bench.expect(error.get("retry") == "safe", f"{place}: retry {error.get('retry')}")
    bench.expect("store" not in item, f"{place}: names the store {item.get('store')}")
    bench.expect(not sent, f"{place}: something was sent")
    left = contents(bench.store, index) - before
    bench.expect(not left, f"{place}: left {sorted(left)}")
    return False


def grow(bench, disk, index, title, options):
    """The same event many times, with a little more space each time."""
    failed = 0
    for option in options:
        disk.change(option)
        if attempt(bench, index, title, f"{title}, {option}"):
            bench.expect(failed > 1, f"{title}: only {failed} runs failed: proves too little")
            return
        failed += 1
    bench.expect(False, f"{title}: never went through")


def main():
    disk = Disk(f"size={PAGE}")
    if not disk.is_mounted:
        disk.close()
        print("NOT SHOWN on this machine: full_disk (mounting is not permitted)", file=sys.stderr)
        return
    bench = Bench(3, "ec-p256", store=disk.path / "certificates")
    try:
        full = disk.path / "filler"
        full.write_bytes(b"x" * PAGE)
        grow(bench, disk, 0, "no space", [f"size={PAGE * step}" for step in range(1, MOST_STEPS)])
        disk.change(f"size={PAGE * 64}")
        used = sum(1 for _ in disk.path.rglob("*")) + 1
        inodes = range(used, used + MOST_STEPS)
        grow(bench, disk, 1, "no inodes", [f"nr_inodes={count}" for count in inodes])
        disk.change("nr_inodes=1000")
        disk.change("ro")
        for _ in range(2):
            went = attempt(bench, 2, "read-only", "read-only")
            bench.expect(not went, "read-only: a run went through")
        disk.change("rw")
        bench.expect(attempt(bench, 2, "read-only, then writable", "writable again"), "writable: failed")
    finally:
        disk.close()
    bench.finish(f"full_disk: a store on {disk.path}")


if __name__ == "__main__":
    main()
