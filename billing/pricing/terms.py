"""The words of a contract that pricing understands: prices, plans and changes, as values."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.periods import DAYS, Alignment, Interval


class PriceKind(StrEnum):
    """What a price is charged for."""

    RECURRING = "recurring"
    ONCE = "once"


class Timing(StrEnum):
    """Whether a recurring price is charged when its period begins or when it has ended."""

    ADVANCE = "advance"
    ARREARS = "arrears"


class PriceModel(StrEnum):
    """How a quantity becomes an amount."""

    FLAT = "flat"
    PER_UNIT = "per_unit"


class Proration(StrEnum):
    """How a part of a billing period is measured."""

    DAILY = "daily"
    SECOND = "second"
    THIRTY_DAYS = "thirty_days"
    NONE = "none"


class ChangeKind(StrEnum):
    """What a subscription change does."""

    START = "start"
    CHANGE_PLAN = "change_plan"
    CHANGE_QUANTITY = "change_quantity"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    UNDO = "undo"


class Credit(StrEnum):
    """What a cancellation gives back of what was paid in advance."""

    PRORATED = "prorated"
    NONE = "none"
    FULL = "full"


class When(StrEnum):
    """When an order to change a subscription shall take effect."""

    NOW = "now"
    PERIOD_END = "period_end"


class ContradictoryPlan(ValueError):
    """The terms of a price or plan exclude each other or leave something open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTerms:
    """One price of a plan. `amount` belongs to `flat`, `unit_price` to `per_unit`."""

    id: str
    code: str
    kind: PriceKind
    timing: Timing
    model: PriceModel
    amount: Decimal | None = None
    unit_price: Decimal | None = None
    currency: str
    tax_class: str
    tax_included: bool = False
    proration: Proration = Proration.DAILY

    def __post_init__(self) -> None:
        name = "amount" if self.model is PriceModel.FLAT else "unit_price"
        money = self.amount if self.model is PriceModel.FLAT else self.unit_price
        if money is None:
            raise ContradictoryPlan(f"Price {self.code} ({self.model}) needs its {name}.")
        if money < 0:
            raise ContradictoryPlan(f"Price {self.code}: {name} must not be negative.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """A plan: its billing period and its prices. Two plans with one id are the same plan."""

    id: str
    code: str
    interval: Interval
    interval_count: int = 1
    alignment: Alignment = Alignment.ANNIVERSARY
    anchor_day: int | None = None
    prices: tuple[PriceTerms, ...]

    def __post_init__(self) -> None:
        for is_refused, reason in (
            (self.interval_count < 1, "interval_count must be at least 1"),
            (self._anchor_is_no_day, "anchor_day must be 1 to 31"),
            (
                self._calendar_is_impossible,
                "calendar periods are single weeks, months, quarters, "
                "half-years or years, without an anchor_day",
            ),
            (
                self._thirty_days_have_no_month,
                "proration thirty_days needs months, not days or weeks",
            ),
            (len({price.currency for price in self.prices}) > 1, "prices must have one currency"),
        ):
            if is_refused:
                raise ContradictoryPlan(f"Plan {self.code}: {reason}.")

    @property
    def currency(self) -> str | None:
        """The currency of its prices; None if it has none."""
        return self.prices[0].currency if self.prices else None

    @property
    def _anchor_is_no_day(self) -> bool:
        return self.anchor_day is not None and not 1 <= self.anchor_day <= 31

    @property
    def _calendar_is_impossible(self) -> bool:
        return self.alignment is Alignment.CALENDAR and (
            self.interval_count != 1 or self.interval is Interval.DAY or self.anchor_day is not None
        )

    @property
    def _thirty_days_have_no_month(self) -> bool:
        return self.interval in DAYS and any(
            price.proration is Proration.THIRTY_DAYS for price in self.prices
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    A recorded fact of a subscription, in force from the first moment of `effective_on`.

    `position` grows strictly in the order of recording. `start` and `change_plan` name a
    plan and may set the quantity (a start without one means 1); `credit` belongs to `cancel`.
    """

    id: str
    position: int
    recorded_on: date
    effective_on: date
    kind: ChangeKind
    plan: PlanTerms | None = None
    quantity: Decimal | None = None
    credit: Credit = Credit.PRORATED
