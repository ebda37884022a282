"""Prices and plans as values that can be rated: what can't be is refused when it is made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from billing.mending import Mend
from billing.periods import DAYS, Alignment, Interval
from billing.pricing.prices.choices import (
    Aggregation,
    AppliesTo,
    PriceKind,
    PriceModel,
    Proration,
    Rounding,
    Timing,
)
from billing.pricing.refused import Refused
from billing.pricing.taxes import Supply, SupplyKind

ZERO = Decimal(0)
COMMITMENT = "minimum_commitment"


class ContradictoryPlan(Refused):
    """The terms of a price or plan exclude each other or leave something open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """
    Units up to and including `up_to`; without it, all that are left.

    `unit_price` and `flat` are money; `rate` is in percent.
    """

    up_to: Decimal | None
    unit_price: Decimal = ZERO
    flat: Decimal = ZERO
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTerms:
    """
    What is measured, and how records become a quantity.

    `property` names the record's property that is aggregated; without it its value is. The level
    of a `carried` meter goes on from period to period.
    """

    id: str
    code: str
    aggregation: Aggregation
    property: str | None = None
    carried: bool = False


Filter = tuple[str, tuple[str, ...]]  # A property, and the values that are let through.


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTerms:
    """
    One version of a price of a plan.

    Which amounts it needs depends on its model: `amount` for flat and package, `unit_price` for
    per_unit, `tiers` for graduated, volume, stairstep and graduated_percentage, `rate` (percent)
    for percentage. `minimum` and `maximum` hold for a whole period. `recorded_on` is the day from
    which the version is known; None: always.
    """

    id: str
    code: str
    kind: PriceKind
    timing: Timing
    model: PriceModel
    amount: Decimal | None = None
    unit_price: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    size: Decimal | None = None
    free_units: Decimal = ZERO
    round: Rounding = Rounding.UP
    rate: Decimal | None = None
    fixed_fee: Decimal = ZERO
    free_events: int | None = None
    free_amount: Decimal | None = None
    min_per_event: Decimal | None = None
    max_per_event: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    meter: MeterTerms | None = None
    filters: tuple[Filter, ...] = ()
    group_by: tuple[str, ...] = ()
    currency: str
    tax_class: str
    supply_kind: SupplyKind = SupplyKind.DIGITAL
    exemption_code: str = ""
    exemption_text: str = ""
    product_id: str = ""
    tax_included: bool = False
    proration: Proration = Proration.DAILY
    valid_from: date | None = None
    valid_until: date | None = None
    applies_to: AppliesTo = AppliesTo.NEXT_PERIOD
    recorded_on: date | None = None
    told: dict[Decimal | None, Any] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )  # What explanations tell of it, by quantity: the same for all who pay it.

    def __post_init__(self) -> None:
        for name, problem in _problems(self):
            raise ContradictoryPlan(
                f"Price {self.code}: {problem}.", field=name, mend=Mend("price", self.id, name)
            )

    @property
    def supply(self) -> Supply:
        """What decides its VAT."""
        return Supply(
            tax_class=self.tax_class,
            kind=self.supply_kind,
            exemption_code=self.exemption_code,
            exemption_text=self.exemption_text,
            product_id=self.product_id,
        )

    def is_on_sale(self, on: date) -> bool:
        """Return whether the version can be agreed on a day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or on < self.valid_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """
    A plan: its billing period and all versions of its prices. Equal ids are the same plan.

    `minimum_commitment` is what a whole period's charges come to at least.
    """

    id: str
    code: str
    interval: Interval
    interval_count: int = 1
    alignment: Alignment = Alignment.ANNIVERSARY
    anchor_day: int | None = None
    trial_days: int = 0
    minimum_commitment: Decimal | None = None
    prices: tuple[PriceTerms, ...]

    def __post_init__(self) -> None:
        for name, problem in _plan_problems(self):
            raise ContradictoryPlan(
                f"Plan {self.code}: {problem}.", field=name, mend=Mend("plan", self.id, name)
            )

    @property
    def currency(self) -> str | None:
        """The currency of its prices; None if it has none."""
        return self.prices[0].currency if self.prices else None


_TIERED = (
    PriceModel.GRADUATED,
    PriceModel.VOLUME,
    PriceModel.STAIRSTEP,
    PriceModel.GRADUATED_PERCENTAGE,
)
_NEEDS: dict[PriceModel, tuple[str, ...]] = {
    PriceModel.FLAT: ("amount",),
    PriceModel.PER_UNIT: ("unit_price",),
    PriceModel.PACKAGE: ("amount", "size"),
    PriceModel.PERCENTAGE: ("rate",),
    PriceModel.DYNAMIC: (),
    **dict.fromkeys(_TIERED, ("tiers",)),
}
_TAKES: dict[PriceModel, tuple[str, ...]] = {
    **_NEEDS,
    PriceModel.PACKAGE: ("amount", "size", "free_units"),
    PriceModel.PERCENTAGE: (
        "rate",
        "fixed_fee",
        "free_events",
        "free_amount",
        "min_per_event",
        "max_per_event",
    ),
}
_ONLY_SOME_TAKE = (
    "amount", "unit_price", "tiers", "size", "free_units", "rate", "fixed_fee", "free_events",
    "free_amount", "min_per_event", "max_per_event",
)  # fmt: skip
_NOT_NEGATIVE = (
    "amount", "unit_price", "free_units", "rate", "fixed_fee", "free_events", "free_amount",
    "min_per_event", "max_per_event", "minimum", "maximum",
)  # fmt: skip


_Problem = tuple[str, str]  # The field that is at fault, and what is wrong with it.


def amounts_of(model: PriceModel) -> tuple[str, ...]:
    """Return the names of the amounts that a model takes, those that every model takes left out."""
    return _TAKES[model]


def _problems(price: PriceTerms) -> Iterator[_Problem]:
    yield from _model_problems(price)
    for name in _NOT_NEGATIVE:
        value = getattr(price, name)
        if value is not None and value < 0:
            yield name, f"{name} must not be negative: use 0 or more"
    if price.size is not None and price.size <= 0:
        yield "size", "size must be more than 0"
    yield from _bounds_problems(price)
    yield from _usage_problems(price)
    yield from _tier_problems(price)


def _model_problems(price: PriceTerms) -> Iterator[_Problem]:
    for name in _NEEDS[price.model]:
        if getattr(price, name) in (None, ()):
            yield name, f"the model {price.model} needs {name}: give it"
    for name in _ONLY_SOME_TAKE:
        if getattr(price, name) not in (None, (), ZERO) and name not in _TAKES[price.model]:
            problem = f"the model {price.model} has no {name}: leave it out"
            yield name, f"{problem}, or choose another model"


def _bounds_problems(price: PriceTerms) -> Iterator[_Problem]:
    for low, high in (("minimum", "maximum"), ("min_per_event", "max_per_event")):
        least, most = getattr(price, low), getattr(price, high)
        if least is not None and most is not None and least > most:
            yield low, f"{low} must not be more than {high}"
    if price.valid_from and price.valid_until and price.valid_until <= price.valid_from:
        yield "valid_until", "valid_until must be after valid_from"


def _usage_problems(price: PriceTerms) -> Iterator[_Problem]:
    if price.kind is PriceKind.USAGE:
        if price.meter is None:
            yield "meter", "a price of usage needs its meter: name one"
        elif price.model is PriceModel.PERCENTAGE and price.meter.aggregation not in (
            Aggregation.SUM,
            Aggregation.COUNT,
        ):
            problem = "the model percentage rates single records"
            yield "meter", f"{problem}: its meter must be a sum or a count"
        return
    for name in ("meter", "filters", "group_by"):
        if getattr(price, name):
            yield name, "meter, filters and group_by belong to a price of usage: leave them out"
    if price.model in (PriceModel.PERCENTAGE, PriceModel.DYNAMIC):
        problem = f"the model {price.model} rates the records of a meter"
        yield "model", f"{problem}: it needs charge usage"


def _tier_problems(price: PriceTerms) -> Iterator[_Problem]:
    bounds = [tier.up_to for tier in price.tiers]
    if bounds and bounds[-1] is not None and None not in bounds:
        problem = f"tiers leave a gap above {bounds[-1]}"
        yield "tiers", f"{problem}: the last tier has no upper bound (up_to: null)"
    for bound in bounds[:-1]:
        if bound is None:
            yield "tiers", "tiers overlap: the one without upper bound (up_to: null) comes last"
        elif bound <= 0:
            yield "tiers", "the up_to of a tier must be more than 0"
    for lower, upper in pairwise(bounds):
        if lower is not None and upper is not None and upper <= lower:
            yield "tiers", f"tiers overlap: up_to {upper} must be more than {lower}"
    for tier in price.tiers:
        yield from _single_tier_problems(price.model, tier)


def _single_tier_problems(model: PriceModel, tier: Tier) -> Iterator[_Problem]:
    if min(tier.unit_price, tier.flat, tier.rate or ZERO) < 0:
        yield "tiers", "the amounts of a tier must not be negative: use 0 or more"
    if tier.rate is not None and model is not PriceModel.GRADUATED_PERCENTAGE:
        yield "tiers", f"the tiers of the model {model} have no rate: leave it out"
    if tier.rate is None and model is PriceModel.GRADUATED_PERCENTAGE:
        problem = f"each tier of the model {model} needs its rate"
        yield "tiers", f"{problem}: give it, 0 where it is free"
    if tier.unit_price and model in (PriceModel.STAIRSTEP, PriceModel.GRADUATED_PERCENTAGE):
        yield "tiers", f"the tiers of the model {model} have no unit_price: leave it out"


def _plan_problems(plan: PlanTerms) -> Iterator[_Problem]:
    yield from _period_problems(plan)
    if any(price.code == COMMITMENT for price in plan.prices):
        yield "code", f"the code {COMMITMENT} is the engine's own: choose another"
    if plan.trial_days < 0:
        yield "trial_days", "trial_days must not be negative: use 0 or more"
    if plan.minimum_commitment is not None:
        yield from _commitment_problems(plan, plan.minimum_commitment)
    if plan.interval in DAYS and any(
        price.proration is Proration.THIRTY_DAYS for price in plan.prices
    ):
        yield "proration", "proration thirty_days needs months, not days or weeks"
    if len({price.currency for price in plan.prices}) > 1:
        yield "currency", "prices must have one currency"
    versions = [(price.code, price.valid_from, price.recorded_on) for price in plan.prices]
    for code in {version[0] for version in versions if versions.count(version) > 1}:
        problem = f"two versions of the price {code} are valid from the same day"
        yield "valid_from", f"{problem}: give each its own"


def _period_problems(plan: PlanTerms) -> Iterator[_Problem]:
    if plan.interval_count < 1:
        yield "interval_count", "interval_count must be at least 1"
    if plan.anchor_day is not None and not 1 <= plan.anchor_day <= 31:
        yield "anchor_day", "anchor_day must be 1 to 31"
    if plan.anchor_day is not None and plan.interval in DAYS:
        problem = "anchor_day is a day of the month"
        yield "anchor_day", f"{problem}: periods of days or weeks have none"
    if _calendar_is_impossible(plan):
        yield (
            "alignment",
            "calendar periods are single weeks, months, quarters, half-years or years, "
            "without an anchor_day",
        )


def _commitment_problems(plan: PlanTerms, commitment: Decimal) -> Iterator[_Problem]:
    if commitment < 0:
        yield "minimum_commitment", "minimum_commitment must not be negative: use 0 or more"
    if not plan.prices:
        problem = "minimum_commitment needs a price"
        yield "minimum_commitment", f"{problem}: its currency and tax are the first one's"


def _calendar_is_impossible(plan: PlanTerms) -> bool:
    return plan.alignment is Alignment.CALENDAR and (
        plan.interval_count != 1 or plan.interval is Interval.DAY or plan.anchor_day is not None
    )


def commitment_price(plan: PlanTerms) -> PriceTerms:
    """Return what tops a plan's charges up to its minimum commitment, as a price of the plan."""
    first = plan.prices[0]
    return PriceTerms(
        id=f"commitment {plan.id}",
        code=COMMITMENT,
        kind=PriceKind.RECURRING,
        timing=Timing.ARREARS,
        model=PriceModel.FLAT,
        amount=plan.minimum_commitment,
        currency=first.currency,
        tax_class=first.tax_class,
        supply_kind=first.supply_kind,
        exemption_code=first.exemption_code,
        exemption_text=first.exemption_text,
        product_id=first.product_id,
        tax_included=first.tax_included,
    )
