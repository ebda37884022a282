"""`manage.py trace`: the story of a transaction, printed."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from billing.sellers.queries import SellerUnclear, find_seller
from invoices.proving.queries.entries import Entry
from invoices.proving.queries.resolve import Ambiguous, resolve
from invoices.proving.queries.story import Story, story

_INDENT = 4


class Command(BaseCommand):
    """Tell what happened, from the fact to the invoice."""

    help = "Print the story of a transaction: the fact, each try, the charges, the invoice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "what",
            metavar="ID-OR-NUMBER",
            help="Id of a transaction, event, invoice, charge, order or change; number of an"
            " invoice; your own id of an order.",
        )
        parser.add_argument("--seller", help="Name or id, where several use the same number.")
        parser.add_argument("--json", action="store_true", help="Print JSON.")

    def handle(self, *_args: Any, **options: Any) -> None:
        told = _tell(options["what"], options["seller"])
        if options["json"]:
            self.stdout.write(
                json.dumps(asdict(told), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
            )
            return
        self.stdout.write(f"Transaction {told.transaction_id} of {told.seller_name}")
        for entry in told.entries:
            self.stdout.write(f"\n{entry.at:%Y-%m-%d %H:%M:%S.%f} UTC  {entry.title}")
            for line in _lines(entry):
                self.stdout.write(" " * _INDENT + line)


def _tell(what: str, named_seller: str | None) -> Story:
    try:
        seller = find_seller(named_seller) if named_seller else None
        seller_id = seller.id if seller else None
        transaction_id = resolve(what.strip(), seller_id=seller_id)
    except (SellerUnclear, Ambiguous) as unclear:
        raise CommandError(str(unclear)) from unclear
    told = story(transaction_id, seller_id=seller_id) if transaction_id else None
    if told is None:
        whose = f" at {seller.name}" if seller else ""
        raise CommandError(
            f"Nothing is known of {what!r}{whose}: give the id of a transaction, event, invoice,"
            " charge, order or change, the number of an invoice, or your own id of an order."
        )
    return told


def _lines(entry: Entry) -> list[str]:
    rows = {**entry.details, **{f"{name} id": value for name, value in entry.ids.items()}}
    lines: list[str] = []
    for name, value in rows.items():
        if value in (None, "", [], {}):
            continue
        label = name.replace("_", " ")
        if isinstance(value, list):
            lines.append(f"{label}:")
            lines += [f"  - {_words(item)}" for item in value]
        else:
            lines.append(f"{label}: {_words(value)}")
    return lines


def _words(value: object) -> str:
    if not isinstance(value, dict):
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    if value.keys() == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    known = {name: item for name, item in value.items() if item not in (None, "")}
    return ", ".join(f"{name.replace('_', ' ')} {_words(item)}" for name, item in known.items())
