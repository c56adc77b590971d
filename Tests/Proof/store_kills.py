#!/usr/bin/env python3
"""Runs that make a key are killed with -9, most of them while the key is being written.

    Tests/Proof/store_kills.py [200] [--seconds N]

Each round has one certificate: a run that is killed, then the same event twice, of which the first may be killed too.
After every step the store is checked: a numbered folder is complete or absent, key and signing request belong together,
no other user can read anything, and at most one folder is unfinished. Every signing request that reached the service has
its key in the store, and no certificate is requested twice.
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import time

from store_bench import Bench, Folder, names
from workbench import PATIENCE, Allowance


class Rounds:
    def __init__(self, rounds, kind):
        self.bench = Bench(rounds + 10, kind)
        self.random = random.Random(int(os.environ.get("SEED", "1")))
        self.usual = self.sample(range(rounds, rounds + 10))

    def sample(self, indices):
        """How long a run takes until the store has the folder, and to its end, in seconds."""
        written, whole = [], []
        for index in indices:
            path = self.path(index)
            began = time.monotonic()
            process = self.bench.start(index)
            while process.poll() is None and not Folder(path).numbered:
                pass
            written.append(time.monotonic() - began)
            self.bench.end(process)
            whole.append(time.monotonic() - began)
            self.bench.expect(process.returncode == 0, f"a run that nobody killed: {process.returncode}")
        return sorted(written)[len(written) // 2], sorted(whole)[len(whole) // 2]

    def path(self, index):
        return self.bench.store / names(index)["cn"]

    def killed(self, index, moment):
        """Starts a run and kills it; returns the last step that can be seen."""
        path = self.path(index)
        before = Folder(path)
        process = self.bench.start(index)
        if moment == "writing":
            # From the first file system call of the store on: the folder of the name, then what is in it.
            end = time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < end:
                try:
                    if any(name.startswith(".unfinished-") for name in os.listdir(path)):
                        break
                except FileNotFoundError:
                    pass
            # Writing is a few calls and fsyncs: up to some milliseconds.
            time.sleep(self.random.choice([0, 0, 0.0003, 0.001, 0.003]))
        elif moment == "making":
            time.sleep(self.random.uniform(0, self.usual[0]))
        else:
            time.sleep(self.random.uniform(self.usual[0] * 0.7, self.usual[1] * 1.2))
        process.send_signal(signal.SIGKILL)
        self.bench.end(process)
        after = Folder(path)
        hit = process.returncode == -signal.SIGKILL
        if not hit:
            state = "had ended"
        elif after.unfinished and after.unfinished != before.unfinished:
            # An incomplete file has its name with a dot before and a random number after it.
            files = sorted(os.listdir(path / after.unfinished[0]), key=lambda name: name.startswith("."))
            shown = [re.sub(r"^\.(.+)\.[0-9a-f]+$", r"half of \1", name) for name in files]
            state = "with " + (" and ".join(shown) or "an empty folder") + ", unfinished"
        elif len(after.numbered) > len(before.numbered):
            state = "with a whole folder"
        else:
            state = "before anything was written"
        self.bench.seen[f"killed ({moment}) {state}"] += 1

    def look(self, index, step):
        folder = Folder(self.path(index))
        for problem in folder.problems():
            self.bench.expect(False, f"{step}: {problem}")
        held = set(text.strip() for text in folder.requests())
        posts = self.bench.posts(index)
        for request in posts:
            self.bench.expect(
                request.strip() in held, f"{step}: a request was sent whose key is not in {folder.path}"
            )
        self.bench.expect(len(posts) <= 1, f"{step}: {len(posts)} requests for one certificate")
        self.bench.expect(
            len(folder.numbered) <= 1, f"{step}: {folder.path} has piled up {folder.numbered}"
        )
        return folder

    def round(self, index):
        self.killed(index, self.random.choice(["writing", "writing", "writing", "making", "any"]))
        self.look(index, f"round {index}, after the kill")
        if self.random.random() < 0.5:
            self.killed(index, self.random.choice(["writing", "making", "any"]))
            self.look(index, f"round {index}, after the second kill")
        status, result = self.bench.run(index)
        folder = self.look(index, f"round {index}, after the repeat")
        item = result["items"][0]
        self.bench.seen[f"repeated: {item['status']} ({item.get('reason') or status})"] += 1
        self.bench.expect(
            status in (0, 76), f"round {index}: the repeat ends with {status}: {result}"
        )
        if item["status"] == "reissued":
            self.bench.expect(
                folder.numbered == ["1"] and not folder.unfinished,
                f"round {index}: after a good repeat there are {folder.numbered + folder.unfinished}",
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rounds", nargs="?", type=int, default=200)
    parser.add_argument("--seconds", type=float, help="end then, whatever was tried")
    options = parser.parse_args()
    work = Rounds(options.rounds, "ec-p256")
    allowance, rounds = Allowance(options.seconds), 0
    for index in range(options.rounds):
        if allowance.is_spent:
            break
        rounds += 1
        try:
            work.round(index)
        except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
            work.bench.expect(False, f"round {index}: {error!r}")
    seen = work.bench.seen
    writing = sum(count for name, count in seen.items() if "unfinished" in name)
    work.bench.expect(
        rounds < 50 or writing >= rounds // 10, f"only {writing} kills hit the writing: proves too little"
    )
    written, whole = (f"{seconds * 1000:.1f} ms" for seconds in work.usual)
    work.bench.finish(
        f"store_kills: {rounds} rounds; the folder is there after {written}, the result after {whole}"
    )


if __name__ == "__main__":
    sys.exit(main())
