"""Partitions of records by month: made ahead, and where a record needs one."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import connection, transaction

from billing.periods import add_months

MONTHS_AHEAD = 3


def make_partitions(instants: Iterable[datetime]) -> int:
    """Make the partitions that records of these instants (in UTC) need; return how many."""
    return _make({instant.date().replace(day=1) for instant in instants})


@transaction.atomic
def make_partitions_ahead(*, today: date, months: int = MONTHS_AHEAD) -> int:
    """Make the partitions of this month and the next ones; return how many were missing."""
    first = today.replace(day=1)
    return _make({add_months(first, ahead) for ahead in range(months + 1)})


def _make(months: set[date]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT anlass_make_usage_partitions(%s)", [sorted(months)])
        return int(cursor.fetchone()[0])
