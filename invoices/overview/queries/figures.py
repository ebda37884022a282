"""What the days brought: read from what was counted by day, never from the documents."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing.sellers.models import Seller
from invoices.overview.models import DayFigure

CHARTED_DAYS = 30
DUE_DAYS = 7
_M = DayFigure.Measure


@dataclass(frozen=True, slots=True)
class Figure:
    """How many there were, and what they came to in minor units of their currency."""

    currency: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What this month was invoiced up to today, and last month up to the same day: net."""

    currency: str
    amount_minor: int
    before_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    What the start page shows of a seller's days; sums are by currency, never added up.

    `net` has a value for each of `days`, by currency: invoices less credit notes.
    """

    today: date
    invoices: Sequence[Figure]
    credit_notes: Sequence[Figure]
    due: Sequence[Figure]
    months: Sequence[Month]
    days: Sequence[date]
    net: Mapping[str, Sequence[int]]
    events: Sequence[int]
    failures: Sequence[int]


def figures(seller: Seller, *, on: date) -> Figures:
    """
    Return what a seller's days brought up to `on`.

    One query, of at most some 70 days, whatever was issued on them.
    """
    days = [on - timedelta(days=back) for back in reversed(range(CHARTED_DAYS))]
    since = min(days[0], _first_of_last_month(on))
    until = on + timedelta(days=DUE_DAYS - 1)
    rows = list(DayFigure.objects.filter(seller=seller, day__range=(since, until)))
    return Figures(
        today=on,
        invoices=_together(row for row in rows if (row.measure, row.day) == (_M.INVOICES, on)),
        credit_notes=_together(
            row for row in rows if (row.measure, row.day) == (_M.CREDIT_NOTES, on)
        ),
        due=_together(row for row in rows if row.measure == _M.DUE and row.day >= on),
        months=_months(rows, on=on),
        days=days,
        net=_net(rows, days, own=seller.currency),
        events=_counts(rows, days, _M.EVENTS),
        failures=_counts(rows, days, _M.FAILURES),
    )


def same_day_last_month(on: date) -> date:
    """Return the day of last month that is as far into it; its last one if it is shorter."""
    last = on.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(on.day, last.day))


def _first_of_last_month(on: date) -> date:
    return (on.replace(day=1) - timedelta(days=1)).replace(day=1)


def _together(rows: Iterable[DayFigure]) -> list[Figure]:
    """Return figures by currency, in the order of currencies."""
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.currency] += row.count
        sums[row.currency] += row.amount_minor
    return [Figure(currency, counts[currency], sums[currency]) for currency in sorted(counts)]


def _months(rows: Sequence[DayFigure], *, on: date) -> list[Month]:
    now = _sums(rows, on.replace(day=1), on)
    before = _sums(rows, _first_of_last_month(on), same_day_last_month(on))
    return [
        Month(
            currency=currency,
            amount_minor=now.get(currency, 0),
            before_minor=before.get(currency, 0),
        )
        for currency in sorted({*now, *before})
    ]


def _sums(rows: Iterable[DayFigure], since: date, until: date) -> dict[str, int]:
    issued = (row for row in rows if row.measure in {_M.INVOICES, _M.CREDIT_NOTES})
    found = _together(row for row in issued if since <= row.day <= until)
    return {figure.currency: figure.amount_minor for figure in found}


def _net(rows: Sequence[DayFigure], days: Sequence[date], *, own: str) -> dict[str, list[int]]:
    """Return what was invoiced net on each day, by currency; the seller's own comes first."""
    by_day: dict[tuple[str, date], int] = defaultdict(int)
    for row in rows:
        if row.measure in {_M.INVOICES, _M.CREDIT_NOTES} and days[0] <= row.day <= days[-1]:
            by_day[row.currency, row.day] += row.amount_minor
    found = {currency for currency, _ in by_day} | {own}
    ordered = sorted(found, key=lambda currency: (currency != own, currency))
    return {currency: [by_day[currency, day] for day in days] for currency in ordered}


def _counts(rows: Iterable[DayFigure], days: Sequence[date], measure: str) -> list[int]:
    by_day = {row.day: row.count for row in rows if row.measure == measure}
    return [by_day.get(day, 0) for day in days]
