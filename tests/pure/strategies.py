"""Random scenarios that can be told: every model, kind, timing, change and meter there is."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from billing.periods import DAYS, Alignment, Interval
from billing.pricing.prices import (
    Aggregation,
    AppliesTo,
    MeterTerms,
    PlanTerms,
    PriceKind,
    PriceModel,
    PriceTerms,
    Proration,
    Rounding,
    Tier,
    Timing,
)
from billing.pricing.terms import ChangeKind, Credit, Discount, Override, When
from billing.pricing.usage import UsageRecord
from billing.simulation.run import timelines
from billing.simulation.scenario import (
    BadScenario,
    ContractTerms,
    Grouping,
    Ordered,
    OrderedLine,
    Row,
    Scenario,
    SellerTerms,
    TermMonths,
    Used,
)

T = TypeVar("T")
SUBSCRIPTIONS = ("a", "b")
# The end of a month, a leap year, both changes of the clock, and both of the German tax rate.
FIRST_DAYS = [
    date(2026, 1, 31), date(2024, 1, 30), date(2026, 3, 20), date(2026, 10, 10),
    date(2020, 6, 11), date(2020, 12, 20), date(2025, 6, 1), date(2025, 12, 31),
]  # fmt: skip
AMOUNTS = st.decimals("0.01", "99.99", places=2) | st.sampled_from([Decimal(0), Decimal("10.00")])
FINE_AMOUNTS = AMOUNTS | st.decimals("0", "3", places=4)
QUANTITIES = st.integers(0, 12).map(Decimal) | st.decimals("0", "12", places=1)
FEES = st.just(Decimal(0)) | AMOUNTS
RATES = st.decimals("0", "100", places=1)
REGIONS, COLOURS = ("eu", "us"), ("red", "blue")
_UNIT_MODELS = (
    PriceModel.FLAT, PriceModel.PER_UNIT, PriceModel.GRADUATED, PriceModel.VOLUME,
    PriceModel.PACKAGE, PriceModel.STAIRSTEP, PriceModel.GRADUATED_PERCENTAGE,
)  # fmt: skip


def days(least: int, most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(timedelta)


def maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


@st.composite
def tiers(draw: st.DrawFn, model: PriceModel) -> tuple[Tier, ...]:
    bounds = draw(st.lists(st.integers(1, 20), unique=True, max_size=2).map(sorted))
    has_unit_price = model in (PriceModel.GRADUATED, PriceModel.VOLUME)
    return tuple(
        Tier(
            up_to=None if bound is None else Decimal(bound),
            unit_price=draw(FINE_AMOUNTS) if has_unit_price else Decimal(0),
            flat=draw(FEES),
            rate=draw(RATES) if model is PriceModel.GRADUATED_PERCENTAGE else None,
        )
        for bound in (*bounds, None)
    )


@st.composite
def percentages(draw: st.DrawFn) -> dict[str, Any]:
    least, most = sorted(draw(st.tuples(AMOUNTS, AMOUNTS)))
    return {
        "rate": draw(RATES),
        "fixed_fee": draw(FEES),
        "free_events": draw(maybe(st.integers(0, 3))),
        "free_amount": draw(maybe(AMOUNTS)),
        "min_per_event": draw(maybe(st.just(least))),
        "max_per_event": draw(maybe(st.just(most))),
    }


PACKAGES = st.fixed_dictionaries(
    {
        "amount": AMOUNTS,
        "size": st.integers(1, 5).map(Decimal),
        "free_units": st.integers(0, 3).map(Decimal),
        "round": st.sampled_from(Rounding),
    }
)
# What a model needs, and some of what it may have.
TERMS_OF: dict[PriceModel, st.SearchStrategy[dict[str, Any]]] = {
    PriceModel.FLAT: st.fixed_dictionaries({"amount": AMOUNTS}),
    PriceModel.PER_UNIT: st.fixed_dictionaries({"unit_price": FINE_AMOUNTS}),
    PriceModel.GRADUATED: st.fixed_dictionaries({"tiers": tiers(PriceModel.GRADUATED)}),
    PriceModel.VOLUME: st.fixed_dictionaries({"tiers": tiers(PriceModel.VOLUME)}),
    PriceModel.PACKAGE: PACKAGES,
    PriceModel.STAIRSTEP: st.fixed_dictionaries({"tiers": tiers(PriceModel.STAIRSTEP)}),
    PriceModel.PERCENTAGE: percentages(),
    PriceModel.GRADUATED_PERCENTAGE: st.fixed_dictionaries(
        {"tiers": tiers(PriceModel.GRADUATED_PERCENTAGE)}
    ),
    PriceModel.DYNAMIC: st.just({}),
}


@st.composite
def _usage_terms(draw: st.DrawFn, meters: Sequence[MeterTerms]) -> dict[str, Any]:
    meter = draw(st.sampled_from(meters))
    is_rated_singly = meter.aggregation in (Aggregation.SUM, Aggregation.COUNT)
    extra = [PriceModel.DYNAMIC, *([PriceModel.PERCENTAGE] if is_rated_singly else [])]
    return {
        "meter": meter,
        "timing": Timing.ARREARS,
        "model": draw(st.sampled_from([*_UNIT_MODELS, *extra])),
        "filters": draw(maybe(st.just((("region", ("eu",)),)))) or (),
        "group_by": draw(maybe(st.just(("colour",)))) or (),
    }


@st.composite
def _prices(
    draw: st.DrawFn, plan: str, code: str, interval: Interval, meters: Sequence[MeterTerms],
    first_day: date,
) -> list[PriceTerms]:  # fmt: skip
    """The versions of a price."""
    kind = draw(
        st.sampled_from([PriceKind.RECURRING] * 3 + [PriceKind.USAGE] * 2 + [PriceKind.ONCE])
    )
    if kind is PriceKind.USAGE:
        terms = draw(_usage_terms(meters))
    else:
        terms = {
            "timing": draw(st.sampled_from(Timing)),
            "model": draw(st.sampled_from(_UNIT_MODELS)),
        }
    prorations = [item for item in Proration if interval not in DAYS or item != "thirty_days"]
    low, high = sorted(draw(st.tuples(AMOUNTS, AMOUNTS)))
    first = PriceTerms(
        id=f"{plan}.{code}",
        code=code,
        kind=kind,
        currency="EUR",
        tax_class=draw(st.sampled_from(["standard", "standard", "reduced", "zero", "exempt"])),
        tax_included=draw(maybe(st.just(True))) is True,
        proration=draw(st.sampled_from([Proration.DAILY, *prorations])),
        minimum=draw(maybe(st.just(low))),
        maximum=draw(maybe(st.just(high))),
        **terms,
        **draw(TERMS_OF[terms["model"]]),
    )
    later = draw(st.lists(days(1, 120), unique=True, max_size=draw(st.sampled_from([0, 0, 2]))))
    return [first, *(draw(_version(first, first_day + after)) for after in later)]


@st.composite
def _version(draw: st.DrawFn, first: PriceTerms, valid_from: date) -> PriceTerms:
    """A later version of a price with other amounts."""
    return replace(
        first,
        id=f"{first.id}@{valid_from}",
        valid_from=valid_from,
        applies_to=draw(st.sampled_from(AppliesTo)),
        **draw(TERMS_OF[first.model]),
    )


@st.composite
def plans(draw: st.DrawFn, code: str, meters: Sequence[MeterTerms], first_day: date) -> PlanTerms:
    interval = draw(st.sampled_from([*Interval, *[Interval.MONTH] * 4]))
    is_calendar = interval is not Interval.DAY and draw(st.booleans())
    has_anchor_day = not is_calendar and interval not in DAYS
    count = 1 if is_calendar else draw(st.sampled_from([1, 1, 2, 3]))
    prices = [
        price
        for number in range(draw(st.integers(1, 3)))
        for price in draw(_prices(code, f"p{number}", interval, meters, first_day))
    ]
    return PlanTerms(
        id=code,
        code=code,
        interval=interval,
        interval_count=count * 7 if interval is Interval.DAY else count,
        alignment=Alignment.CALENDAR if is_calendar else Alignment.ANNIVERSARY,
        anchor_day=draw(maybe(st.integers(1, 31))) if has_anchor_day else None,
        trial_days=draw(st.sampled_from([0, 0, 0, 7, 40])),
        minimum_commitment=draw(maybe(AMOUNTS)),
        prices=tuple(prices),
    )


@st.composite
def meter_terms(draw: st.DrawFn, code: str) -> MeterTerms:
    return MeterTerms(
        id=code,
        code=code,
        aggregation=draw(st.sampled_from(Aggregation)),
        property=draw(maybe(st.just("size"))),
        carried=draw(maybe(st.just(True))) is True,
    )


@st.composite
def records(draw: st.DrawFn, first_day: date, number: int) -> UsageRecord:
    """A record of a day; late by up to two months. No two records are of one moment."""
    on = first_day + draw(days(0, 110))
    midnight = datetime(on.year, on.month, on.day, tzinfo=ZoneInfo("Europe/Berlin"))
    return UsageRecord(
        key=f"u{number}",
        at=midnight + timedelta(hours=draw(st.integers(0, 22)), seconds=number),
        recorded_on=on + draw(st.just(timedelta(0)) | days(0, 60)),
        value=draw(st.integers(-2, 15).map(Decimal) | st.decimals("0", "15", places=1)),
        amount=draw(AMOUNTS),
        properties={
            "region": draw(st.sampled_from(REGIONS)),
            "colour": draw(st.sampled_from(COLOURS)),
            "size": str(draw(st.integers(0, 9))),
        },
    )


@st.composite
def _discounts(draw: st.DrawFn, codes: Sequence[str]) -> Discount:
    in_percent = draw(st.booleans())
    return Discount(
        percent=draw(st.integers(1, 100).map(Decimal)) if in_percent else None,
        amount=None if in_percent else draw(st.decimals("0.01", "40", places=2)),
        periods=draw(st.none() | st.integers(1, 3)),
        price_codes=draw(maybe(st.just(codes[:1]).map(tuple))),
    )


@st.composite
def _overrides(draw: st.DrawFn, known: Sequence[PlanTerms]) -> Override:
    price = draw(st.sampled_from([price for plan in known for price in plan.prices]))
    given = draw(TERMS_OF[price.model])
    names = ("amount", "unit_price", "tiers")
    return Override(price_code=price.code, **{n: given[n] for n in names if n in given})


_KINDS = [
    *[ChangeKind.CHANGE_PLAN, ChangeKind.CHANGE_QUANTITY, ChangeKind.PAUSE] * 2,
    *[ChangeKind.DISCOUNT, ChangeKind.UNDO] * 2,
    *[ChangeKind.OVERRIDE_PRICE, ChangeKind.SET_ANCHOR_DAY, ChangeKind.CANCEL],
]


@st.composite
def rows(draw: st.DrawFn, told: Scenario, recorded_on: date, kinds: Sequence[ChangeKind]) -> Row:
    known = list(told.plans.values())
    kind = draw(st.sampled_from(kinds))
    shift = draw(st.one_of(st.just(timedelta(0)), days(-25, 0), days(1, 40)))
    return Row(
        subscription=draw(st.sampled_from(sorted({row.subscription for row in told.timeline}))),
        on=recorded_on + (timedelta(0) if kind is ChangeKind.UNDO else shift),
        recorded_on=recorded_on,
        kind=kind,
        when=draw(st.sampled_from([When.NOW, When.NOW, When.NOW, When.PERIOD_END, When.TERM_END])),
        plan=draw(st.sampled_from(known)) if kind is ChangeKind.CHANGE_PLAN else None,
        quantity=draw(QUANTITIES) if kind is ChangeKind.CHANGE_QUANTITY else None,
        credit=draw(st.sampled_from(Credit)),
        discount=draw(_discounts(["p0"])) if kind is ChangeKind.DISCOUNT else None,
        override=draw(_overrides(known)) if kind is ChangeKind.OVERRIDE_PRICE else None,
        anchor_day=draw(st.integers(1, 31)) if kind is ChangeKind.SET_ANCHOR_DAY else None,
    )


@st.composite
def orders(draw: st.DrawFn, first_day: date) -> Ordered:
    line = OrderedLine(
        text="Training",
        quantity=draw(QUANTITIES),
        unit_price=draw(FINE_AMOUNTS),
        tax_class=draw(st.sampled_from(["standard", "reduced"])),
        tax_included=draw(st.booleans()),
    )
    return Ordered(on=first_day + draw(days(0, 150)), lines=(line,))


@st.composite
def contracts(draw: st.DrawFn) -> ContractTerms:
    term = TermMonths(
        initial_months=draw(st.integers(0, 4)),
        renewal_months=draw(st.none() | st.integers(0, 3)),
        notice_months=draw(st.integers(0, 2)),
    )
    return ContractTerms(
        grouping=draw(st.sampled_from(Grouping)),
        invoice_day=draw(st.integers(1, 31)),
        term=draw(maybe(st.just(term))),
    )


@st.composite
def scenarios(
    draw: st.DrawFn, kinds: Sequence[ChangeKind] = tuple(_KINDS), most_rows: int = 7
) -> Scenario:
    """A scenario that can be told; changes that contradict those before them are left out."""
    first_day = draw(st.sampled_from(FIRST_DAYS)) + draw(days(0, 3))
    meters = [draw(meter_terms(code)) for code in ("m", "n")]
    known = [draw(plans(code, meters, first_day)) for code in ("x", "y")]
    told = replace(
        Scenario(title="random", until=first_day),
        seller=SellerTerms(zone=draw(st.sampled_from(["Europe/Berlin", "America/New_York"]))),
        contract=draw(contracts()),
        meters={meter.code: meter for meter in meters},
        plans={plan.code: plan for plan in known},
        orders=tuple(draw(st.lists(orders(first_day), max_size=1))),
    )
    told = _started(draw, told, first_day)
    on = first_day
    for _ in range(draw(st.integers(1, most_rows))):
        on += draw(days(0, 30))
        told = with_row(told, draw(rows(told, on, kinds)))
    usage = [
        Used(
            meter=draw(st.sampled_from("mn")),
            subscription=told.timeline[-1].subscription,
            record=draw(records(first_day, number)),
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    until = on + draw(days(0, 150))
    return replace(told, usage=tuple(usage), until=until)


def _started(draw: st.DrawFn, told: Scenario, first_day: date) -> Scenario:
    for name in SUBSCRIPTIONS[: draw(st.sampled_from([1, 1, 2]))]:
        start = Row(
            subscription=name,
            on=first_day + draw(days(0, 0) | days(-20, 20)),
            recorded_on=first_day,
            kind=ChangeKind.START,
            plan=draw(st.sampled_from([*told.plans.values()])),
            quantity=draw(st.none() | QUANTITIES),
        )
        told = with_row(told, start)
    return told


def with_row(told: Scenario, row: Row) -> Scenario:
    """
    The scenario with one row more; without it, if it contradicts what is known.

    A pause in a pause is told as its end.
    """
    for kind in (row.kind, ChangeKind.RESUME) if row.kind is ChangeKind.PAUSE else (row.kind,):
        longer = replace(told, timeline=(*told.timeline, replace(row, kind=kind)))
        with suppress(BadScenario):
            timelines(longer)
            return longer
    return told
