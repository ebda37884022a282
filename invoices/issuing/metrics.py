"""Figures of what is issued, for Prometheus: counted once it is committed, in bulk as in ones."""

from collections import Counter as Counts
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from prometheus_client import Counter, Histogram

from billing.events.commits import after_commit
from billing.money import from_minor
from billing.monitoring.counting import SECONDS, observe_times
from invoices.issuing.models import Charge, Invoice

INVOICES = Counter("anlass_invoices", "Documents that were issued.", ["kind", "currency"])
AMOUNTS = Counter(
    "anlass_invoiced_amount",
    "Net of documents that were issued, without sign, in units of the currency.",
    ["kind", "currency"],
)
CHARGES = Counter(
    "anlass_charges", "Charges that were written, by whether they take back.", ["kind"]
)
UNTIL_INVOICE = Histogram(
    "anlass_event_to_invoice_seconds",
    "From when an event was recorded to when the document that it caused was committed.",
    ["type"],
    buckets=SECONDS,
)
LOCK_WAIT = Histogram(
    "anlass_number_series_lock_wait_seconds",
    "How long a series of numbers was waited for.",
    ["kind"],
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def note_issued(invoices: Collection[Invoice], causes: Iterable[tuple[str, datetime]]) -> None:
    """Count documents; `causes` are the types of their events, and when these were recorded."""
    numbers = Counts((invoice.kind, invoice.currency) for invoice in invoices)
    nets = Counts[tuple[str, str]]()
    for invoice in invoices:
        nets[invoice.kind, invoice.currency] += abs(invoice.net_minor)
    # What is billed together was mostly recorded together: few instants of many documents.
    recorded = Counts(causes)

    def count() -> None:
        for (kind, currency), number in numbers.items():
            INVOICES.labels(kind, currency).inc(number)
            net: Decimal = from_minor(nets[kind, currency], currency)
            AMOUNTS.labels(kind, currency).inc(float(net))
        now = timezone.now()
        for (event_type, at), number in recorded.items():
            seconds = max((now - at).total_seconds(), 0.0)  # Clocks of machines differ.
            observe_times(UNTIL_INVOICE.labels(event_type), seconds, number)

    after_commit(count)


def note_charges(charges: Sequence[Charge]) -> None:
    """Count charges that were written."""
    credits = sum(charge.is_credit for charge in charges)

    def count() -> None:
        CHARGES.labels("charge").inc(len(charges) - credits)
        CHARGES.labels("credit").inc(credits)

    if charges:
        after_commit(count)


def note_lock_wait(kind: str, seconds: float) -> None:
    """Observe how long the number series of a kind of documents was waited for."""
    after_commit(lambda: LOCK_WAIT.labels(kind).observe(seconds))
