"""
`make demo`: bills a demo seller over HTTP, prints what came of it, and proves the books.

With `--orders FILE.csv` it imports that file for another seller as well. Runs inside a stack, whose
address it finds in WEB_URL.
"""

import argparse
import logging
from datetime import date, datetime
from pathlib import Path

import django

django.setup()

from anlass_client import AuthenticatedClient  # noqa: E402  Needs Django to be set up.
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402
from rich.console import Console  # noqa: E402

from billing.sellers.commands import create_api_key  # noqa: E402
from billing.sellers.models import Seller  # noqa: E402
from config import env  # noqa: E402
from config.demo.api import client_of  # noqa: E402
from config.demo.documents import print_documents, wait_for_documents  # noqa: E402
from config.demo.imported import import_twice  # noqa: E402
from config.demo.legal import sell_and_correct  # noqa: E402
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
    logging.getLogger("httpx").setLevel(logging.WARNING)  # It tells of each request.
    at = timezone.now()

    first, client = _opened("Demo GmbH", date(2026, 1, 1), at=at)
    transaction_id = walk(client, console)
    console.rule("The story of one transaction")
    call_command("trace", str(transaction_id))
    console.rule("The life of a subscription, and why each line was charged")
    second, client = _opened("Lebenslauf GmbH", date(2026, 1, 1), at=at)
    number = Life(client, console).tell()
    console.rule(f"manage.py explain {number}")
    call_command("explain", number, seller=str(second.id))
    console.rule("Legally right: an authority, a company abroad, a consumer, and corrections")
    third, client = _opened("Rechtslage GmbH", date(2026, 5, 4), at=at)
    sell_and_correct(client, console)
    if orders:
        import_twice(make_seller(name="Import GmbH", at=at, makes_documents=False), orders, console)
    wait_for_documents([first, second, third])
    console.rule("Proof")
    call_command("verify")
    console.rule("Documents")
    print_documents([first, second, third], console)


def _opened(name: str, today: date, *, at: datetime) -> tuple[Seller, AuthenticatedClient]:
    """Make a seller whose test clock stands on a day, and a client of its API."""
    seller = make_seller(name=name, at=at, clock=today)
    _, key = create_api_key(seller=seller, name="Demo", at=at)
    return seller, client_of(url=env.text("WEB_URL"), key=key)


if __name__ == "__main__":
    main()
