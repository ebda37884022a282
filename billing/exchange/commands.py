"""Recording rates of exchange: a seller's own, and those of a file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from billing.events.commands import expect_healing
from billing.exchange.models import (
    BMF,
    DAY,
    ECB,
    MONTH,
    SMALLEST,
    ExchangeRate,
    OwnExchangeRate,
)
from billing.exchange.queries import EURO
from billing.mending import Mend
from billing.money import UnknownCurrency, minor_digits, plain_decimal
from billing.pricing.refused import Refused
from billing.sellers.models import Seller

MOST, PLACES = Decimal(10) ** 12, 12
_AT_ONCE = 2000


class RateRefused(Refused):
    """A rate can't be recorded so; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRate:
    """
    A rate to be recorded: so many units of `currency` for one of `base`.

    Of a month any of its days will do. Without `base` it is the seller's currency.
    """

    currency: str
    rate: Decimal
    day: date
    period: str = DAY
    base: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """How many rates of a file are new and were there already; those that differ from these."""

    new: int
    already_there: int
    different: list[str]


def record_own_rate(*, seller: Seller, new: NewRate, by: str, at: datetime) -> OwnExchangeRate:
    """
    Record a seller's own rate; of several for the same day the latest counts.

    :raises RateRefused: if it is no rate between two currencies, or has no source.
    """
    base = new.base or seller.currency
    for name, problem in _problems(new, base):
        raise RateRefused(problem, field=name)
    return OwnExchangeRate.objects.create(
        seller=seller,
        currency=new.currency,
        base=base,
        rate=new.rate,
        period=new.period,
        day=_named_by(new),
        source=new.source,
        recorded_by=by,
        created_at=at,
    )


def import_own_rates(
    *, seller: Seller, rates: Iterable[NewRate], by: str, at: datetime
) -> Recorded:
    """
    Record a seller's own rates; those that are there already are passed over.

    :raises RateRefused: as `record_own_rate` does.
    """
    known = set(
        OwnExchangeRate.objects.filter(seller=seller).values_list(
            "currency", "base", "period", "day", "rate", "source"
        )
    )
    new = already = 0
    for each in rates:
        base = each.base or seller.currency
        key = each.currency, base, each.period, _named_by(each), each.rate, each.source
        if key in known:
            already += 1
            continue
        record_own_rate(seller=seller, new=each, by=by, at=at)
        known.add(key)
        new += 1
    return Recorded(new=new, already_there=already, different=[])


def import_published_rates(*, rates: Iterable[NewRate], at: datetime) -> Recorded:
    """
    Record rates that the ECB (of days) and the BMF (of months) published, for one euro.

    What is there stays: rates never change. A seller's own comes before a wrong one.

    :raises RateRefused: if one is no rate between two currencies.
    """
    rows = [_published(each, at=at) for each in rates]
    periods = {row.period for row in rows}
    days = [row.day for row in rows]
    known = {
        (row.currency, row.period, row.day): row.rate
        for row in ExchangeRate.objects.filter(
            period__in=periods,
            day__range=(min(days, default=at.date()), max(days, default=at.date())),
        ).iterator(chunk_size=_AT_ONCE)
    }
    new = [row for row in rows if (row.currency, row.period, row.day) not in known]
    ExchangeRate.objects.bulk_create(new, batch_size=_AT_ONCE, ignore_conflicts=True)
    if new:  # They send no signals.
        expect_healing(Seller.objects.values_list("pk", flat=True), of=Mend("own_rate"), at=at)
    different = [
        f"{row} is here as {plain_decimal(there)}"
        for row in rows
        if (there := known.get((row.currency, row.period, row.day), row.rate)) != row.rate
    ]
    return Recorded(new=len(new), already_there=len(rows) - len(new), different=different)


def _published(new: NewRate, *, at: datetime) -> ExchangeRate:
    for name, problem in _problems(new, EURO, needs_source=False):
        raise RateRefused(f"{new.day} {new.currency}: {problem}", field=name)
    return ExchangeRate(
        currency=new.currency,
        base=EURO,
        rate=new.rate,
        period=new.period,
        day=_named_by(new),
        source=BMF if new.period == MONTH else ECB,
        created_at=at,
    )


def _named_by(new: NewRate) -> date:
    return new.day.replace(day=1) if new.period == MONTH else new.day


def _problems(new: NewRate, base: str, *, needs_source: bool = True) -> Iterable[tuple[str, str]]:
    for name, code in (("currency", new.currency), ("base", base)):
        try:
            minor_digits(code)
        except UnknownCurrency as unknown:
            yield name, str(unknown)
    if new.currency == base:
        yield "currency", f"A rate is between two currencies: {base} needs none in itself."
    if not SMALLEST <= new.rate < MOST or new.rate != round(new.rate, PLACES):
        yield "rate", "A rate is above zero, below 10^12, and has at most 12 decimals."
    if needs_source and not new.source.strip():
        yield "source", "Say whose rate it is: it is printed, and an auditor will ask."
