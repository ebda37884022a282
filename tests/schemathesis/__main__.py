"""
`make test-api-fuzz`: schemathesis against the running API, all checks, resource by resource.

Runs inside a stack, whose address it finds in WEB_URL. `--seed` plays a run again.
"""

import argparse
import secrets
import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402  Needs Django to be set up.

from billing.sellers.commands import create_api_key  # noqa: E402
from config import env  # noqa: E402
from config.demo.seller import make_seller  # noqa: E402
from config.stack.client import Client  # noqa: E402
from tests.schemathesis.running import operations, passes, share  # noqa: E402
from tests.schemathesis.world import furnish  # noqa: E402


def main() -> int:
    """Run all resources, print what came of each, and return 1 if one has failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000, help="per resource, at least")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--only", nargs="+", help="resources: customers orders")
    parser.add_argument("--workers", type=int, default=2)
    wanted = parser.parse_args()
    url = env.text("WEB_URL")
    at = timezone.now()
    _, key = create_api_key(seller=make_seller(name="Demo GmbH", at=at), name="Fuzz", at=at)
    names = furnish(Client(url=url, key=key))
    counts = operations()
    tags = wanted.only or list(counts)
    print(f"Seed {wanted.seed}: {' '.join(tags)}", flush=True)  # noqa: T201
    told = {"url": url, "key": key, "names": names, "seed": wanted.seed, "workers": wanted.workers}
    failed = [
        tag for tag in tags if not passes(tag, each=share(wanted.examples, counts[tag]), **told)
    ]
    print(f"Seed {wanted.seed}. Failed: {' '.join(failed) or 'none'}.")  # noqa: T201
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
