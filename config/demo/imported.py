"""The import of a file of orders, by a seller of its own."""

import time
from pathlib import Path

from django.core.management import call_command
from django.db.models import Sum
from rich.console import Console

from billing.events.models import Event
from billing.money import from_minor
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice

WAIT_AT_MOST_SECONDS = 900.0


def import_twice(seller: Seller, path: Path, console: Console) -> None:
    """Import a file, wait for its invoices, and import it again: that adds nothing."""
    console.rule(f"Importing {path.name}")
    _import(seller, path)
    _wait_until_billed(seller)
    _print_totals(seller, console)
    console.print("The same file again:")
    _import(seller, path)
    _wait_until_billed(seller)
    _print_totals(seller, console)


def _import(seller: Seller, path: Path) -> None:
    call_command("import_orders", str(path), seller=str(seller.id), country=seller.country)


def _wait_until_billed(seller: Seller) -> None:
    deadline = time.monotonic() + WAIT_AT_MOST_SECONDS
    while Event.objects.filter(seller=seller, state=Event.State.WAITING).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Orders still wait after {WAIT_AT_MOST_SECONDS:.0f} s.")
        time.sleep(0.2)


def _print_totals(seller: Seller, console: Console) -> None:
    invoices = Invoice.objects.filter(seller=seller)
    gross = invoices.aggregate(sum=Sum("gross_minor"))["sum"] or 0
    console.print(
        f"{invoices.count()} invoices of {seller.customers.count()} customers,"
        f" gross total {from_minor(gross, seller.currency)} {seller.currency}"
    )
