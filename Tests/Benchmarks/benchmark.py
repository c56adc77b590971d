"""Measures the program beside its peers and writes a Markdown table; run.sh starts it."""

import argparse
import os
import time

import alerts
import batches
import footprint
import scale
import streams
from table import Table, machine
from timing import Options, bench, claim_processor

GROUPS = {
    "start": footprint.starts, "alert": alerts.plain_http, "tls": alerts.tls,
    "preflight": alerts.preflight, "ledger": alerts.full_ledger, "stream": streams.streams,
    "batch": batches.throughput, "growth": batches.growth, "scale": scale.scale, "size": footprint.size,
    "instructions": footprint.instructions,
}


def options(arguments):
    """The options that change a figure, as they were given."""
    given = ["--real-time"] if arguments.is_real_time else []
    if arguments.earlier:
        given.append("--earlier FOLDER")
    for name in ("rounds", "events"):
        value = getattr(arguments, name)
        given += [f"--{name}", str(value)] if value != getattr(Options, name) else []
    return given


def main():
    parser = argparse.ArgumentParser(prog="Tests/Benchmarks/run.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=Options.rounds, help="of one alert (%(default)s)")
    parser.add_argument("--events", type=int, default=Options.events, help="of the stream (%(default)s)")
    parser.add_argument(
        "--real-time", action="store_true", dest="is_real_time",
        help="give what is measured the processor first (SCHED_FIFO; needs root or CAP_SYS_NICE)")
    parser.add_argument(
        "--earlier", metavar="FOLDER",
        help="measure the ncloud-reissue of this folder in the same rounds: the release build of an earlier version")
    parser.add_argument("--output", help="write the table to this file too")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all")
    arguments = parser.parse_args()
    unknown = [group for group in arguments.groups if group not in GROUPS]
    if unknown:
        parser.error(f"no such group: {', '.join(unknown)}")
    command = " ".join(["Tests/Benchmarks/run.sh", *options(arguments), *arguments.groups])
    Options.rounds, Options.events = arguments.rounds, arguments.events
    Options.is_real_time = arguments.is_real_time
    bench.PROGRAM = footprint.install(bench.PROGRAM)
    name = None
    if arguments.earlier:
        Options.earlier = footprint.install(os.path.join(arguments.earlier, "ncloud-reissue"), "earlier")
        name = os.path.basename(os.path.abspath(arguments.earlier))
    claim_processor()

    table, load = Table(name), os.getloadavg()[0]
    for name in arguments.groups or GROUPS:
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
        GROUPS[name](table)
    text = f"{machine(command, load)}\n\n{table.text()}\n"
    print("\n" + text)
    if arguments.output:
        with open(arguments.output, "w") as file:
            file.write(text)


main()
