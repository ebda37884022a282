"""`manage.py explain`: why each line stands on an invoice, in words."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.money import from_minor
from billing.sellers.models import Seller
from billing.sellers.queries import SellerUnclear, find_seller
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.explained import EXPLAINED_BY, explained_line

LANGUAGES = ("de", "en")


class Command(BaseCommand):
    """Tell why an invoice is what it is, in the language of its customer."""

    help = "Print why each line stands on an invoice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("invoice", metavar="INVOICE", help="Number or id.")
        parser.add_argument(
            "line", metavar="LINE", nargs="?", type=int, help="Position; without it, all lines."
        )
        parser.add_argument("--seller", help="Name or id, where several use the same number.")
        parser.add_argument("--language", choices=LANGUAGES, help="Instead of the customer's.")

    def handle(self, *_args: Any, **options: Any) -> None:
        invoice = _invoice(options["invoice"].strip(), options["seller"])
        lines = list(invoice.lines.select_related(*EXPLAINED_BY).order_by("position"))
        kind = invoice.get_kind_display().capitalize()
        self.stdout.write(f"{kind} {invoice.number} of {invoice.issue_date}")
        for line in _chosen(lines, options["line"], invoice):
            told = explained_line(line, language=options["language"] or "")
            self.stdout.write(f"\n{_head(line)}\n{told}")


def _invoice(text: str, named_seller: str | None) -> Invoice:
    try:
        seller = find_seller(named_seller) if named_seller else None
    except SellerUnclear as unclear:
        raise CommandError(str(unclear)) from unclear
    whose = f" at {seller.name}" if seller else ""
    found = Invoice.objects.select_related("seller").filter(**_key(text))
    if seller:
        found = found.filter(seller=seller)
    invoices = list(found)
    if not invoices:
        raise CommandError(
            f"No invoice or credit note {text!r} is known{whose}: give its number, for example"
            " R2026-000001, or its id."
        )
    if len(invoices) > 1:
        sellers = ", ".join(sorted(f"{row.seller.name} ({row.seller_id})" for row in invoices))
        raise CommandError(
            f"Several sellers have the number {text}: {sellers}. Name one with --seller."
        )
    return invoices[0]


def _key(text: str) -> dict[str, object]:
    try:
        return {"pk": UUID(text)}
    except ValueError:
        if not text.isprintable():
            raise CommandError(f"{text!r} is no number of an invoice, and no id.") from None
        # The index begins with the seller: name them all, rather than read every invoice.
        return {"seller__in": Seller.objects.all(), "number": text}


def _chosen(lines: Sequence[Charge], position: int | None, invoice: Invoice) -> list[Charge]:
    found = [line for line in lines if position in (None, line.position)]
    if not found:
        raise CommandError(
            f"{invoice.number} has no line {position}: its lines are 1 to {len(lines)}."
        )
    return found


def _head(line: Charge) -> str:
    """Return a line's position, text, days (the last one included) and net amount."""
    days = str(line.starts_on)
    if line.ends_on and line.ends_on - line.starts_on > timedelta(days=1):
        days += f" to {line.ends_on - timedelta(days=1)}"
    amount = from_minor(line.amount_minor, line.currency)
    return f"{line.position}. {line.text}  {days}  {amount} {line.currency}"
