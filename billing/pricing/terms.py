"""What can change in a subscription, as values."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from billing.pricing.prices import PlanTerms, Tier


class ChangeKind(StrEnum):
    """What a subscription change does."""

    START = "start"
    CHANGE_PLAN = "change_plan"
    CHANGE_QUANTITY = "change_quantity"
    OVERRIDE_PRICE = "override_price"
    INDEX_PRICES = "index_prices"
    DISCOUNT = "discount"
    SET_ANCHOR_DAY = "set_anchor_day"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    UNDO = "undo"


class Credit(StrEnum):
    """
    What a cancellation gives back of what was paid in advance.

    At a period's end nothing of it is left, whichever is said.
    """

    PRORATED = "prorated"
    NONE = "none"
    FULL = "full"


class When(StrEnum):
    """When an order to change a subscription shall take effect."""

    NOW = "now"
    PERIOD_END = "period_end"
    TERM_END = "term_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """
    A reduction, in `percent` or as an `amount` per billing period, one of the two.

    `periods` is for how many billing periods, the one in which it begins included; None: for
    ever. `price_codes` are the prices it reduces; None: all recurring ones.
    """

    percent: Decimal | None = None
    amount: Decimal | None = None
    periods: int | None = None
    price_codes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Another amount for one price of the subscription's plan, until the plan ends."""

    price_code: str
    amount: Decimal | None = None
    unit_price: Decimal | None = None
    tiers: tuple[Tier, ...] = ()


class Change(Struct, frozen=True, kw_only=True):
    """
    A recorded fact of a subscription, in force from the first moment of `effective_on`.

    `position` grows strictly in the order of recording. `start` and `change_plan` name a
    plan and may set the quantity (a start without one means 1); `credit` belongs to `cancel`,
    `percent` to `index_prices`.
    """

    id: str
    position: int
    recorded_on: date
    effective_on: date
    kind: ChangeKind
    plan: PlanTerms | None = None
    quantity: Decimal | None = None
    credit: Credit = Credit.PRORATED
    discount: Discount | None = None
    override: Override | None = None
    anchor_day: int | None = None
    percent: Decimal | None = None
