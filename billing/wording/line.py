"""The line of an invoice as far as its explanation needs it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedLine:
    """
    What an invoice says of a line beside its explanation.

    `net_minor` is the line's amount net of tax, with its sign. `ends_on` is the first day after
    the service; an order has none, and its `starts_on` is the day of the order. Without
    `plan_name` the plan is called by its code.
    """

    text: str
    currency: str
    net_minor: int
    quantity: Decimal
    starts_on: date | None = None
    ends_on: date | None = None
    plan_name: str | None = None
