"""
`make test-api-fuzz`: schemathesis against the running API, all checks, resource by resource.

Runs inside a stack, whose address it finds in WEB_URL. `--seed` plays a run again.
"""

import argparse
import json
import math
import os
import secrets
import subprocess
import sys
from collections import Counter
from pathlib import Path

import django

django.setup()

from django.utils import timezone  # noqa: E402  Needs Django to be set up.
from drf_spectacular.generators import SchemaGenerator  # noqa: E402

from billing.sellers.commands import create_api_key  # noqa: E402
from config import env  # noqa: E402
from config.demo.client import Client  # noqa: E402
from config.demo.seller import make_seller  # noqa: E402
from tests.schemathesis.world import furnish  # noqa: E402

HERE = Path(__file__).parent
# Stateful tests follow links between operations; the description has none.
PHASES = "examples,coverage,fuzzing"


def main() -> int:
    """Run all resources, print what came of each, and return 1 if one has failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000, help="per resource, at least")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--only", nargs="+", help="resources: customers orders")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--phases", default=PHASES)
    wanted = parser.parse_args()
    url = env.text("WEB_URL")
    at = timezone.now()
    _, key = create_api_key(seller=make_seller(name="Demo GmbH", at=at), name="Fuzz", at=at)
    environ = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.schemathesis.hooks",
        "FUZZED_NAMES": json.dumps(furnish(Client(url=url, key=key))),
    }
    tags = wanted.only or list(_operations())
    print(f"Seed {wanted.seed}: {' '.join(tags)}", flush=True)  # noqa: T201
    failed = [tag for tag in tags if _run(tag, url=url, key=key, wanted=wanted, environ=environ)]
    print(f"Seed {wanted.seed}. Failed: {' '.join(failed) or 'none'}.")  # noqa: T201
    return int(bool(failed))


def _operations() -> Counter[str]:
    """Return how many operations each resource has."""
    paths = SchemaGenerator().get_schema(public=True)["paths"].values()
    return Counter(each["tags"][0] for methods in paths for each in methods.values())


def _run(
    tag: str, *, url: str, key: str, wanted: argparse.Namespace, environ: dict[str, str]
) -> bool:
    examples = math.ceil(wanted.examples / _operations()[tag])
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "--config-file", str(HERE / "schemathesis.toml"),
        "run", f"{url}/api/v1/openapi.json",
        "--url", url, "--include-tag", tag, "--phases", wanted.phases, "--checks", "all",
        "--max-examples", str(examples), "--seed", str(wanted.seed),
        "--workers", str(wanted.workers), "--continue-on-failure",
        "--suppress-health-check", "all", "--warnings", "off", "--no-color",
        "-H", f"Authorization: Bearer {key}",
    ]  # fmt: skip
    return subprocess.run(command, env=environ, check=False).returncode != 0


if __name__ == "__main__":
    sys.exit(main())
