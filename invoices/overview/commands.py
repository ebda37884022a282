"""Counting: what was issued, happened and failed, added to the figures of its day."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from invoices.overview.models import CountedLog, CountedSeries
from invoices.overview.queries.uncounted import logs_to_count, series_to_count

COUNTED_AT_ONCE = 20_000
# Positions are given before the commit: one that comes late must not be passed over. A transaction
# doesn't last so long: tasks are ended long before.
SETTLES_AFTER = timedelta(minutes=15)


def count_figures(
    *, at: datetime, keep: Callable[[], None] = lambda: None, at_most: int = COUNTED_AT_ONCE
) -> int:
    """
    Count what isn't counted yet, of each series and log at most so much; return how much it was.

    `keep` is called between transactions. It is safe to run twice, and beside others.
    """
    counted = 0
    for series_id in series_to_count():
        keep()
        counted += count_series(series_id=series_id, at_most=at_most)
    for seller_id in logs_to_count(until=at - SETTLES_AFTER):
        keep()
        counted += count_log(seller_id=seller_id, until=at - SETTLES_AFTER, at_most=at_most)
    return counted


@transaction.atomic
def count_series(*, series_id: int, at_most: int = COUNTED_AT_ONCE) -> int:
    """
    Count the next documents of a number series, and return how many.

    A series has no gaps, and its documents are committed in order: none is passed over.
    """
    CountedSeries.objects.get_or_create(series_id=series_id)
    mark = CountedSeries.objects.select_for_update().get(series_id=series_id)
    since, until = mark.sequence, mark.sequence + at_most
    asked = {"series": series_id, "since": since, "until": until}
    (latest,) = _row(_LATEST, asked)
    if latest is None:
        return 0
    _run(_COUNT_DOCUMENTS.format(add=_ADD), asked)
    mark.sequence = latest
    mark.save(update_fields=["sequence"])
    return int(latest - since)


@transaction.atomic
def count_log(*, seller_id: UUID, until: datetime, at_most: int = COUNTED_AT_ONCE) -> int:
    """Count a seller's next events and failures of before an instant, and return how many."""
    CountedLog.objects.get_or_create(seller_id=seller_id)
    mark = CountedLog.objects.select_for_update().get(seller_id=seller_id)
    asked = {"seller": seller_id, "until": until, "most": at_most}
    events, position = _row(_COUNT_EVENTS.format(add=_ADD), {**asked, "since": mark.event_position})
    failures, failure_id = _row(
        _COUNT_FAILURES.format(add=_ADD), {**asked, "since": mark.failure_id or UUID(int=0)}
    )
    mark.event_position = position or mark.event_position
    mark.failure_id = failure_id or mark.failure_id
    mark.save(update_fields=["event_position", "failure_id"])
    return int(events + failures)


def _row(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: tuple[Any, ...] = cursor.fetchone()
    return found


def _run(statement: str, values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


_ADD = """
    ON CONFLICT (seller_id, day, measure, currency) DO UPDATE
    SET count = invoices_dayfigure.count + excluded.count,
        amount_minor = invoices_dayfigure.amount_minor + excluded.amount_minor
"""
_LATEST = """
    SELECT max(sequence) FROM invoices_invoice
    WHERE series_id = %(series)s AND sequence > %(since)s AND sequence <= %(until)s
"""
_COUNT_DOCUMENTS = """
    WITH issued AS MATERIALIZED (
        SELECT seller_id, kind, issue_date, due_date, currency, net_minor, payable_minor
        FROM invoices_invoice
        WHERE series_id = %(series)s AND sequence > %(since)s AND sequence <= %(until)s
    )
    INSERT INTO invoices_dayfigure (seller_id, day, measure, currency, count, amount_minor)
    SELECT seller_id, issue_date, CASE kind WHEN 'invoice' THEN 'invoices' ELSE 'credit_notes' END,
           currency, count(*), sum(net_minor)
    FROM issued GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT seller_id, due_date, 'due', currency, count(*), sum(payable_minor)
    FROM issued WHERE kind = 'invoice' GROUP BY 1, 2, 3, 4
    {add}
"""
# What is younger ends the stretch: it is counted later, with what may still come before it.
_COUNT_EVENTS = """
    WITH next AS MATERIALIZED (
        SELECT position, as_of_date, recorded_at FROM billing_event
        WHERE seller_id = %(seller)s AND position > %(since)s
        ORDER BY position LIMIT %(most)s
    ), settled AS (
        SELECT position, as_of_date FROM next WHERE position < coalesce(
            (SELECT min(position) FROM next WHERE recorded_at >= %(until)s), 9223372036854775807)
    ), added AS (
        INSERT INTO invoices_dayfigure (seller_id, day, measure, currency, count, amount_minor)
        SELECT %(seller)s, as_of_date, 'events', '', count(*), 0 FROM settled GROUP BY as_of_date
        {add}
    )
    SELECT count(*), max(position) FROM settled
"""
_COUNT_FAILURES = """
    WITH next AS MATERIALIZED (
        SELECT id, event_id, opened_at FROM billing_failure
        WHERE seller_id = %(seller)s AND id > %(since)s ORDER BY id LIMIT %(most)s
    ), settled AS (
        SELECT id, event_id FROM next WHERE opened_at < %(until)s
    ), added AS (
        INSERT INTO invoices_dayfigure (seller_id, day, measure, currency, count, amount_minor)
        SELECT %(seller)s, e.as_of_date, 'failures', '', count(*), 0
        FROM settled JOIN billing_event e ON e.id = settled.event_id GROUP BY e.as_of_date
        {add}
    )
    SELECT count(*), (SELECT id FROM settled ORDER BY id DESC LIMIT 1) FROM settled
"""
