"""
What the month's end is measured against, on the product's own tables with all their rules.

`naive` is what a straightforward Django developer writes: one contract after the other, each in its
transaction, by the ORM. `bulk_create` does the same for 500 contracts at once. `copy` is the limit:
rows that were prepared before are copied in chunks of 500, so that only the database works.

All three write the rows that the engine writes: the event with its attempt, the charges, the
invoice in the chain of hashes, what tells of it, how far contract and subscription are billed.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from benchmarks import stencils
from benchmarks.contracts import Built, build_contracts, stand_on
from benchmarks.month_end import settle
from benchmarks.plain import OF_CONTRACT, OF_SUBSCRIPTION, Pattern, PlainRows
from benchmarks.stencils import Row
from billing.contracts.commands import append_period_ended
from billing.contracts.models import Contract, Subscription
from billing.events.models import Attempt, Event
from invoices.issuing.commands import bill
from invoices.issuing.models import Charge, Invoice, NumberSeries

CHUNK = stencils.CHUNK
PASSES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Baselines:
    """Invoices per second, medians of the passes."""

    naive_per_s: float
    bulk_create_per_s: float
    copy_limit_per_s: float


def measure(*, naive: int, bulk: int, copied: int, billed_before: bool = False) -> Baselines:
    """Write so many invoices in each pass, by each way, for contracts that are built for it."""
    count = 1 + PASSES * (naive + bulk + copied)
    built = build_contracts(count=count, at=timezone.now(), billed_before=billed_before)
    stand_on(built, built.day)
    pattern = bill_first(built, at=timezone.now())
    targets = stencils.targets_without(built.seller.pk, excepted=pattern.contract.pk)
    ways: list[tuple[Callable[[Pattern, list[Row]], float], int]] = [
        (write_naively, naive), (write_in_bulk, bulk), (write_by_copy, copied),
    ]  # fmt: skip
    rates: list[list[float]] = [[] for _ in ways]
    for _ in range(PASSES):
        for found, (write, number) in zip(rates, ways, strict=True):
            rows = list(islice(targets, number))
            settle()
            found.append(number / write(pattern, rows))
    medians = [statistics.median(found) for found in rates]
    return Baselines(
        naive_per_s=medians[0], bulk_create_per_s=medians[1], copy_limit_per_s=medians[2]
    )


def bill_first(built: Built, *, at: datetime) -> Pattern:
    """Let the engine bill the first contract for the day, whose rows are the model of the rest."""
    contract = Contract.objects.get(seller=built.seller, external_id="V0000001")
    with transaction.atomic():  # No worker sees the event before it is handled.
        (event,) = append_period_ended(contract, at=at)
        (invoice,) = bill(event_id=event.pk, at=at, worker="benchmark")
    related = Invoice.objects.select_related("event", "seller", "series", "contract")
    return Pattern.of(related.get(pk=invoice.pk))


def write_naively(pattern: Pattern, targets: Sequence[Row]) -> float:
    """Write one invoice after the other, each row by itself; return the seconds that takes."""
    started = time.perf_counter()
    for target in targets:
        with transaction.atomic():
            contract = (
                Contract.objects.select_for_update(of=("self",))
                .select_related("customer__seller")
                .get(pk=target["contract"])
            )
            _write_one(PlainRows(pattern, contract, contract.subscriptions.get()), pattern)
    return time.perf_counter() - started


def _write_one(made: PlainRows, pattern: Pattern) -> None:
    made.event.save(force_insert=True)
    for charge in made.charges:
        charge.save(force_insert=True)
    series = NumberSeries.objects.select_for_update().get(pk=pattern.invoice.series_id)
    made.number(series)
    made.invoice.save(force_insert=True)
    series.save(update_fields=["latest_sequence", "latest_hash"])
    made.issued.save(force_insert=True)
    made.attempt.save(force_insert=True)
    made.event.state = Event.State.HANDLED
    made.event.save(update_fields=["state"])
    made.contract.save(update_fields=OF_CONTRACT)
    made.subscription.save(update_fields=OF_SUBSCRIPTION)


def write_in_bulk(pattern: Pattern, targets: Sequence[Row]) -> float:
    """Write 500 invoices at once by bulk_create; return the seconds that takes."""
    started = time.perf_counter()
    for start in range(0, len(targets), CHUNK):
        with transaction.atomic():
            chunk = targets[start : start + CHUNK]
            _write_chunk(pattern, [UUID(each["contract"]) for each in chunk])
    return time.perf_counter() - started


def _write_chunk(pattern: Pattern, contract_ids: Sequence[UUID]) -> None:
    locked = Contract.objects.select_for_update(of=("self",)).filter(pk__in=contract_ids)
    subscriptions = Subscription.objects.filter(contract__in=contract_ids)
    mine = {
        each.contract_id: each for each in subscriptions.prefetch_related("changes__plan__prices")
    }
    made = [
        PlainRows(pattern, contract, mine[contract.pk])
        for contract in locked.select_related("customer__seller").order_by("pk")
    ]
    series = NumberSeries.objects.select_for_update().get(pk=pattern.invoice.series_id)
    for each in made:
        each.number(series)
    Event.objects.bulk_create([each.event for each in made])
    Charge.objects.bulk_create([charge for each in made for charge in each.charges])
    Invoice.objects.bulk_create([each.invoice for each in made])
    series.save(update_fields=["latest_sequence", "latest_hash"])
    Event.objects.bulk_create([each.issued for each in made])
    Attempt.objects.bulk_create([each.attempt for each in made])
    events = Event.objects.filter(pk__in=[each.event.pk for each in made])
    events.update(state=Event.State.HANDLED)
    pattern.note(contract_ids)


def write_by_copy(pattern: Pattern, targets: Sequence[Row]) -> float:
    """Copy prepared rows, and update the rest set-based; return the seconds that takes."""
    stencil = stencils.Stencil.of(pattern.invoice, with_event=True)
    series = NumberSeries.objects.get(pk=pattern.invoice.series_id)
    sequence, latest_hash, seconds = series.latest_sequence, series.latest_hash, 0.0
    for start in range(0, len(targets), CHUNK):
        chunk = targets[start : start + CHUNK]
        prepared = stencil.prepare(chunk, sequence=sequence, latest_hash=latest_hash)
        started = time.perf_counter()
        with transaction.atomic():
            stencils.store(prepared)
            pattern.note(prepared.contract_ids)
            Event.objects.filter(pk__in=prepared.event_ids).update(state=Event.State.HANDLED)
            stencils.note_series(series.pk, prepared)
        seconds += time.perf_counter() - started
        sequence, latest_hash = prepared.sequence, prepared.hash
    return seconds
