"""The pure engine's speed: a renewal, and timelines of growing length, on one core."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from billing.periods import Interval
from billing.pricing.owed import owed
from billing.pricing.prices import PlanTerms, PriceKind, PriceModel, PriceTerms, Timing
from billing.pricing.terms import Change, ChangeKind
from billing.pricing.timeline import Timeline

STARTED_ON = date(2016, 1, 1)
TEN_YEARS = 3652
ROUNDS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PricingSpeed:
    """Medians: microseconds of a loop of nothing but Decimal, and of what the engine does."""

    baseline_us: float
    renewal_us: float
    daily_changes_s: dict[int, float]


def measure() -> PricingSpeed:
    """Measure a three-line renewal in its fourth year, and timelines that change every day."""
    return PricingSpeed(
        baseline_us=median(_baseline() for _ in range(ROUNDS)),
        renewal_us=median(_renewals() for _ in range(ROUNDS)),
        daily_changes_s={
            days: _daily(days) for days in (TEN_YEARS // 4, TEN_YEARS // 2, TEN_YEARS)
        },
    )


def _baseline() -> float:
    """Return microseconds of three exact products, sums and roundings: what pricing can't avoid."""
    prices = [Decimal("29.00"), Decimal("9.90"), Decimal("5.00")]

    def once() -> Decimal:
        total = Decimal(0)
        for price in prices:
            total += (price * 7 * 31 / 31).quantize(Decimal("0.01"))
        return total

    return _microseconds(once, 20_000)


def _renewals() -> float:
    timeline = Timeline("renewed", (_start(),), "Europe/Berlin").known(date(2019, 3, 1))
    on = date(2019, 3, 1)
    return _microseconds(lambda: owed(timeline, until=on, since=on), 2_000)


def _daily(days: int) -> float:
    changes = [_start()]
    for number in range(1, days):
        on = STARTED_ON + timedelta(days=number)
        changes.append(
            Change(
                id=str(number),
                position=number + 1,
                recorded_on=on,
                effective_on=on,
                kind=ChangeKind.CHANGE_QUANTITY,
                quantity=Decimal(number % 9 + 1),
            )
        )
    timeline = Timeline("daily", tuple(changes), "Europe/Berlin")
    started = time.perf_counter()
    owed(timeline, until=STARTED_ON + timedelta(days=days))
    return time.perf_counter() - started


def _start() -> Change:
    prices = (
        _price("base", PriceModel.FLAT, amount=Decimal("29.00")),
        _price("seats", PriceModel.PER_UNIT, unit_price=Decimal("9.90")),
        _price("support", PriceModel.FLAT, amount=Decimal("5.00")),
    )
    return Change(
        id="0",
        position=1,
        recorded_on=STARTED_ON,
        effective_on=STARTED_ON,
        kind=ChangeKind.START,
        plan=PlanTerms(id="team", code="team", interval=Interval.MONTH, prices=prices),
        quantity=Decimal(7),
    )


def _price(code: str, model: PriceModel, **amounts: Decimal) -> PriceTerms:
    return PriceTerms(
        id=code,
        code=code,
        kind=PriceKind.RECURRING,
        timing=Timing.ADVANCE,
        model=model,
        currency="EUR",
        tax_class="standard",
        amount=amounts.get("amount"),
        unit_price=amounts.get("unit_price"),
    )


def _microseconds(work: Callable[[], object], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times * 1e6
