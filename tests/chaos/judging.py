"""Whether the engine has done what the facts demand: no more, no less, and each thing once."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from django.core.management import call_command
from django.db.models import Sum

from billing.events.models import Event, Failure
from billing.orders.models import Order
from billing.sellers.models import TestClock
from invoices.documents.models import Document
from invoices.issuing.models import Charge, Invoice
from tests.chaos.world import House

OPEN_FAILURES = "none_failed"  # The check of `verify` that finds what waits for a human.


def is_settled(house: House) -> bool:
    """Return whether nothing is left to do for a house, and all is there that it is owed."""
    seller = house.seller
    return (
        Invoice.objects.filter(seller=seller).count() >= house.invoices.total()
        and not TestClock.objects.filter(seller=seller, target_date__isnull=False).exists()
        and not Event.objects.filter(seller=seller, state=Event.State.WAITING).exists()
    )


def retry_storage(house: House) -> None:
    """Do what an operator does once the disk has room again."""
    failures = Failure.objects.filter(seller=house.seller, state=Failure.State.OPEN)
    if failures.filter(code="document_storage_away").exists():
        call_command(
            "replay",
            code="document_storage_away",
            seller=str(house.seller.pk),
            stdout=io.StringIO(),
        )


def problems(house: House) -> list[str]:
    """Return all that is wrong with what the engine made of a house; nothing if all is well."""
    return [*_invoices(house), *_numbers(house), *_facts(house), *_documents(house), *proof(house)]


def standing(house: House) -> str:
    """Return what the engine has made of a house so far, in a few lines."""
    seller, issued = house.seller, _issued(house)
    waiting = Event.objects.filter(seller=seller, state=Event.State.WAITING)
    told = waiting.values_list("type", "as_of_date", "sends", "next_send_at", "stream_id")
    return "\n".join(
        [
            f"{seller.name} in {seller.timezone}, invoices:",
            f"  missing {house.invoices - issued}, too many {issued - house.invoices}",
            *(f"  waits: {event}" for event in told),
            *(f"  failed: {each}" for each in _failures(house)),
            *(f"  clock: {each}" for each in TestClock.objects.filter(seller=seller).values()),
        ]
    )


def proof(house: House) -> Iterator[str]:
    """Yield what `manage.py verify` finds, but for the failures that are expected."""
    out = io.StringIO()
    with suppress(SystemExit):
        call_command("verify", seller=str(house.seller.pk), json=True, stdout=out)
    for found in json.loads(out.getvalue())["problems"]:
        if found["check"] != OPEN_FAILURES:
            yield f"verify: {found}"


def _issued(house: House) -> Counter[tuple[str, int]]:
    rows = Invoice.objects.filter(seller=house.seller, kind="invoice")
    return Counter(rows.values_list("customer__external_id", "net_minor"))


def _failures(house: House) -> list[tuple[str, str, str]]:
    failures = Failure.objects.filter(seller=house.seller, state=Failure.State.OPEN)
    return list(failures.values_list("code", "event__type", "reason"))


def _invoices(house: House) -> Iterator[str]:
    issued = _issued(house)
    if issued != house.invoices:
        yield f"missing {house.invoices - issued}, too many {issued - house.invoices}"
    if Invoice.objects.filter(seller=house.seller).exclude(kind="invoice").exists():
        yield "credit notes, though nothing is to be credited"
    charged = Charge.objects.filter(seller=house.seller)
    demanded = sum(net * count for (_, net), count in house.invoices.items())
    if (total := charged.aggregate(total=Sum("amount_minor"))["total"] or 0) != demanded:
        yield f"charged {total}, demanded {demanded}"
    if charged.filter(invoice__isnull=True).exists():
        yield "charges that stand on no invoice"


def _numbers(house: House) -> Iterator[str]:
    rows = Invoice.objects.filter(seller=house.seller).order_by("series", "sequence")
    by_series: dict[int, list[int]] = {}
    for series, sequence in rows.values_list("series", "sequence"):
        by_series.setdefault(series, []).append(sequence)
    for series, numbers in by_series.items():
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"numbers of series {series}: {numbers}"


def _facts(house: House) -> Iterator[str]:
    if (count := Order.objects.filter(seller=house.seller).count()) != house.orders:
        yield f"{count} orders are stored, {house.orders} were told"
    failed = _failures(house)
    if Counter(code for code, _, _ in failed) != house.failures:
        yield f"failures {failed}, expected {dict(house.failures)}"


def _documents(house: House) -> Iterator[str]:
    if not house.seller.makes_documents:
        return
    printed = Counter(
        Document.objects.filter(seller=house.seller, kind="pdf").values_list("invoice", flat=True)
    )
    issued = Invoice.objects.filter(seller=house.seller).values_list("pk", flat=True)
    if printed != Counter(issued):
        yield f"{printed.total()} PDFs of {len(issued)} invoices"
