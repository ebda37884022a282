"""
`make demo`: bills a demo seller over HTTP, prints what came of it, and proves the books.

With `--orders FILE.csv` it imports that file for another seller as well. Runs inside a stack, whose
address it finds in WEB_URL.
"""

import argparse
from datetime import date
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402  Needs Django to be set up.
from django.utils import timezone  # noqa: E402
from rich.console import Console  # noqa: E402

from billing.sellers.commands import create_api_key  # noqa: E402
from config import env  # noqa: E402
from config.demo.client import Client  # noqa: E402
from config.demo.documents import print_documents  # noqa: E402
from config.demo.imported import import_twice  # noqa: E402
from config.demo.life import Life  # noqa: E402
from config.demo.seller import make_seller  # noqa: E402
from config.demo.walk import walk  # noqa: E402


def main() -> None:
    """Walk, import, verify."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=Path, help="CSV file of orders to import")
    orders: Path | None = parser.parse_args().orders
    if orders and not orders.is_file():
        parser.error(f"there is no file {orders}")
    console = Console(width=100, highlight=False)
    at = timezone.now()

    seller = make_seller(name="Demo GmbH", at=at, clock=date(2026, 1, 1))
    _, key = create_api_key(seller=seller, name="Demo", at=at)
    transaction_id = walk(Client(url=env.text("WEB_URL"), key=key), console)
    console.rule("The story of one transaction")
    call_command("trace", transaction_id)
    console.rule("The life of a subscription, and why each line was charged")
    other = make_seller(name="Lebenslauf GmbH", at=at, clock=date(2026, 1, 1))
    _, other_key = create_api_key(seller=other, name="Demo", at=at)
    number = Life(Client(url=env.text("WEB_URL"), key=other_key), console).tell()
    console.rule(f"manage.py explain {number}")
    call_command("explain", number, seller=str(other.id))
    console.rule("Documents: PDF with the e-invoice in it (ZUGFeRD)")
    print_documents([seller, other], console)
    if orders:
        import_twice(make_seller(name="Import GmbH", at=at, makes_documents=False), orders, console)
    console.rule("Proof")
    call_command("verify")


if __name__ == "__main__":
    main()
