"""
`make test-api-fuzz`: schemathesis against the running API, all checks, resource by resource.

Runs inside a stack, whose address it finds in WEB_URL. `--seed` plays a run again.
"""

import argparse
import secrets
import sys
import time

import django

django.setup()

from config import env  # noqa: E402  Needs Django to be set up.
from tests.schemathesis.running import Outcome, Run, operations  # noqa: E402
from tests.schemathesis.telling import table, told  # noqa: E402


def main() -> int:
    """Run all resources, print what came of each, and return 1 if one has failed."""
    wanted = _arguments()
    tags = wanted.only or list(operations())
    _say(f"Seed {wanted.seed}: {' '.join(tags)}")
    begun = time.monotonic()
    run = Run(
        url=env.text("WEB_URL"), seed=wanted.seed, examples=wanted.examples, beside=wanted.beside
    )
    outcomes: list[Outcome] = []
    for each in run.outcomes(tags):
        outcomes.append(each)
        _say(f"{len(outcomes)} of {len(tags)}: {told(each)}")
    minutes = (time.monotonic() - begun) / 60
    _say(f"\n{table(outcomes, seed=wanted.seed)}\n\nIn {minutes:.1f} minutes.")
    return int(not all(each.is_passed for each in outcomes))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.schemathesis", description=__doc__)
    parser.add_argument("--examples", type=int, default=2000, help="per resource, at least")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--only", nargs="+", help="resources: customers orders")
    parser.add_argument("--beside", type=int, default=3, help="resources at a time")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  What it is for.


if __name__ == "__main__":
    sys.exit(main())
