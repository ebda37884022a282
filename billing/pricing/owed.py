"""What a subscription owes up to a day, as a pure function of its facts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.money import EXACT, share_of, to_minor
from billing.periods import Period
from billing.pricing.proration import share
from billing.pricing.rating import full_price, unit_price
from billing.pricing.stretches import Stretch, facts_on, stretches
from billing.pricing.terms import PlanTerms, PriceTerms, Proration
from billing.pricing.timeline import Timeline, standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """
    An amount owed for a price and a stretch of constant terms, rounded once.

    `used` of `whole` is the share of the full price in the unit of the proration. `begun` is
    what the same price owes already for the same period where a period that is begun is owed
    whole (proration `none`): only what exceeds it is owed here.
    """

    price: PriceTerms
    plan_id: str
    period: Period
    starts_on: date
    ends_on: date
    quantity: Decimal
    unit_price: Decimal
    full_price: Decimal
    used: int
    whole: int
    begun: Decimal
    amount_minor: int
    due_on: date
    change_id: str
    ended_by: str | None


_Begun = dict[str, tuple[Period, Decimal]]


def owed(timeline: Timeline, *, until: date, since: date | None = None) -> tuple[Owed, ...]:
    """
    Return all that is owed and due up to and including a day, by the facts of the timeline.

    The facts are taken as they are: restrict them with `known` to what is known on that day.
    With `since`, the first day of a billing period, only the stretches that start on or after
    it: enough to renew a subscription without new facts; compare with the charges of those.
    """
    facts = facts_on(standing(timeline.changes), until)
    begun: _Begun = {}
    found: list[Owed] = []
    for part in facts.course.parts:
        for price in part.plan.prices:
            found += (
                _owed(price, part.plan, stretch, timeline.zone, begun)
                for stretch in stretches(facts, part, price, since or date.min)
                if since is None or stretch.starts_on >= since
            )
    return tuple(found)


def _owed(price: PriceTerms, plan: PlanTerms, stretch: Stretch, zone: str, begun: _Begun) -> Owed:
    full = full_price(price, stretch.quantity)
    paid = _begun_already(price, stretch, full, begun)
    part = Period(stretch.starts_on, stretch.ends_on)
    portion = share(price.proration, part=part, period=stretch.period, zone=zone)
    amount = share_of(max(EXACT.subtract(full, paid), Decimal(0)), portion.used, portion.whole)
    return Owed(
        price=price,
        plan_id=plan.id,
        period=stretch.period,
        starts_on=stretch.starts_on,
        ends_on=stretch.ends_on,
        quantity=stretch.quantity,
        unit_price=unit_price(price),
        full_price=full,
        used=portion.used,
        whole=portion.whole,
        begun=paid,
        amount_minor=to_minor(amount, price.currency),
        due_on=stretch.due_on,
        change_id=stretch.change.id,
        ended_by=stretch.ended_by.id if stretch.ended_by else None,
    )


def _begun_already(price: PriceTerms, stretch: Stretch, full: Decimal, begun: _Begun) -> Decimal:
    """Return what an undivided price owes already for the period, and remember the higher."""
    if price.proration is not Proration.NONE:
        return Decimal(0)
    period, paid = begun.get(price.id, (stretch.period, Decimal(0)))
    if period != stretch.period:
        paid = Decimal(0)
    begun[price.id] = (stretch.period, max(paid, full))
    return paid
