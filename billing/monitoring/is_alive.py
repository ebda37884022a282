"""
`python -m billing.monitoring.is_alive NAME` fails if a process's main loop stands still.

A probe that starts Django would cost a second of a processor each time: this takes the standard
library alone.
"""

import argparse
import os
import sys
import time

from billing.monitoring.heartbeat import FOLDER, heartbeat_file

OLD_AFTER_SECONDS = 120.0


def main(arguments: list[str]) -> int:
    """Return 0 if a process goes on, else 1, and say why."""
    parser = argparse.ArgumentParser(
        prog="python -m billing.monitoring.is_alive",
        description="Fail if a process's main loop stands still.",
    )
    parser.add_argument("name", help="a worker's --hostname before the @, relay, scheduler …")
    parser.add_argument(
        "--within",
        type=float,
        default=OLD_AFTER_SECONDS,
        metavar="SECONDS",
        help=f"how old the heartbeat may be: {OLD_AFTER_SECONDS:.0f}",
    )
    told = parser.parse_args(arguments)
    if trouble := _trouble(told.name, within=told.within):
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


def _trouble(name: str, *, within: float) -> str:
    if not (folder := os.environ.get(FOLDER)):
        return f"{FOLDER} is not set: nobody's heart is heard."
    try:
        age = time.time() - heartbeat_file(folder, name).stat().st_mtime
    except OSError as error:
        return f"{name}: no heartbeat ({error.strerror})."
    return f"{name}: the latest heartbeat is {age:.0f} s old." if age > within else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
