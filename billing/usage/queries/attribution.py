"""To whom records belong: meters and subscriptions as callers name them, in few queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from billing.catalog.models import Meter
from billing.contracts.models import SubscriptionChange
from billing.contracts.queries import as_change
from billing.pricing.prices import Aggregation, MeterTerms
from billing.pricing.terms import Change, ChangeKind
from billing.pricing.timeline import standing

OWN = "ext:"


@dataclass(frozen=True, slots=True)
class KnownMeter:
    """A meter of the seller: how it measures, and which properties its usage is kept apart by."""

    id: UUID
    terms: MeterTerms
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownSubscription:
    """A subscription of the seller, and the days `[starts_on, ends_on)` on which it runs."""

    id: UUID
    contract_id: UUID
    starts_on: date
    ends_on: date | None

    def runs_on(self, day: date) -> bool:
        """Return whether usage of a day is its own; also in a pause, and in a trial."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


def meters(seller_id: UUID, codes: Iterable[str]) -> dict[str, KnownMeter]:
    """Return those of the seller's meters that have one of the codes, by code."""
    rows = Meter.objects.filter(seller_id=seller_id, code__in=set(codes))
    return {row.code: known_meter(row) for row in rows}


def known_meter(row: Meter) -> KnownMeter:
    """Return a meter as values."""
    terms = MeterTerms(
        id=str(row.id),
        code=row.code,
        aggregation=Aggregation(row.aggregation),
        property=row.property,
        carried=row.carried,
    )
    return KnownMeter(row.id, terms, tuple(sorted(row.dimensions)))


def subscriptions(seller_id: UUID, named: Iterable[str]) -> dict[str, KnownSubscription]:
    """Return those of the seller's subscriptions that are named, by the text that names them."""
    texts = set(named)
    own = [text.removeprefix(OWN) for text in texts if text.startswith(OWN)]
    ids = [text for text in texts if not text.startswith(OWN)]
    with connection.cursor() as cursor:
        cursor.execute(_SUBSCRIPTIONS, {"seller": seller_id, "ids": ids, "own": own})
        rows = list(cursor.fetchall())
    spans = _spans_with_undos([id_ for id_, *_, has_undo in rows if has_undo])
    found: dict[str, KnownSubscription] = {}
    for id_, external_id, contract_id, starts_on, ends_on, _ in rows:
        span = spans.get(id_, (starts_on, ends_on))
        known = KnownSubscription(id_, contract_id, *span)
        found[str(id_)] = known
        if external_id is not None:
            found[f"{OWN}{external_id}"] = known
    return {text: found[text] for text in texts & found.keys()}


def billed_dates(contract_ids: Iterable[UUID]) -> dict[UUID, date | None]:
    """
    Return up to which day contracts are billed, and keep them so until the transaction ends.

    Whoever bills one of them waits, and then finds what this transaction has written.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BILLED_DATES, {"ids": sorted(set(contract_ids))})
        return dict(cursor.fetchall())


def _spans_with_undos(ids: Sequence[UUID]) -> dict[UUID, tuple[date, date | None]]:
    """Return first day and end of subscriptions of which a change was undone."""
    changes: defaultdict[UUID, list[Change]] = defaultdict(list)
    if ids:
        rows = SubscriptionChange.objects.filter(subscription__in=ids)
        for row in rows.only("subscription", "position", "recorded_on", "effective_on", "kind"):
            changes[row.subscription_id].append(as_change(row, None))
    return {id_: _span(mine) for id_, mine in changes.items()}


def _span(changes: Iterable[Change]) -> tuple[date, date | None]:
    days: defaultdict[ChangeKind, list[date]] = defaultdict(list)
    for change in standing(changes):
        days[change.kind].append(change.effective_on)
    starts_on = min(days[ChangeKind.START], default=date.max)  # An undone start never comes.
    return starts_on, min(days[ChangeKind.CANCEL], default=None)


_SUBSCRIPTIONS = """
    SELECT s.id, s.external_id, s.contract_id,
           min(c.effective_on) FILTER (WHERE c.kind = 'start'),
           min(c.effective_on) FILTER (WHERE c.kind = 'cancel'),
           bool_or(c.kind = 'undo')
    FROM billing_subscription s
    JOIN billing_subscriptionchange c ON c.subscription_id = s.id
    WHERE s.seller_id = %(seller)s
      AND (s.id = ANY(%(ids)s::uuid[]) OR s.external_id = ANY(%(own)s::text[]))
    GROUP BY s.id
"""
_BILLED_DATES = """
    SELECT id, billed_date FROM billing_contract WHERE id = ANY(%(ids)s) ORDER BY id
    FOR KEY SHARE
"""
