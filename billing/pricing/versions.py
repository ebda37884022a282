"""Which version of a price holds: what was agreed, and the later versions that reach it."""

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from billing.pricing.prices import AppliesTo, PlanTerms, PriceTerms
from billing.pricing.schedule import Schedule
from billing.pricing.terms import Change


class Agreed(Struct, frozen=True):
    """
    The version of a price that holds from a day on, and the day on which its plan began.

    Without a version, the price is one that was announced then, and is still to come.
    """

    code: str
    version: PriceTerms | None
    plan_since: date
    known_since: date


def known_prices(plan: PlanTerms, on: date | None) -> Sequence[PriceTerms]:
    """Return the versions that are known on a day; None: all."""
    if on is None:
        return plan.prices
    return [price for price in plan.prices if price.recorded_on is None or price.recorded_on <= on]


def agreed_versions(prices: Iterable[PriceTerms], change: Change) -> dict[str, Agreed]:
    """
    Return the version of each price that a change of plan agrees on, by code; none for prices that
    are announced for later.

    On sale are those whose validity holds on the day, known when the change was recorded; of
    several, the latest. Only where none was known a later one counts: so that it can be mended.
    """
    found: dict[str, PriceTerms] = {}
    announced: dict[str, None] = {}
    for price in prices:
        if _is_announced(price, change):
            announced[price.code] = None
        if price.is_on_sale(change.effective_on):
            best = found.get(price.code)
            if best is None or _rank(price, change) > _rank(best, change):
                found[price.code] = price
    return {
        code: Agreed(code, found.get(code), change.effective_on, change.recorded_on)
        for code in {**announced, **found}
    }


def next_version(
    held: Agreed, prices: Iterable[PriceTerms], schedule: Schedule, after: date
) -> tuple[date, PriceTerms] | None:
    """Return the next version that reaches who holds one, and from which day; None if none will."""
    reached = [
        (_reaches_on(held, price, schedule), price)
        for price in prices
        if price.code == held.code and _is_later(held, price)
    ]
    coming = [(on, price) for on, price in reached if on > after]
    if not coming:
        return None
    first = min(on for on, _ in coming)
    return max((pair for pair in coming if pair[0] == first), key=lambda pair: _valid_from(pair[1]))


def _rank(price: PriceTerms, change: Change) -> tuple[bool, date]:
    was_known = price.recorded_on is None or price.recorded_on <= change.recorded_on
    return was_known, _valid_from(price)


def _is_announced(price: PriceTerms, change: Change) -> bool:
    was_known = price.recorded_on is None or price.recorded_on <= change.recorded_on
    is_later = _valid_from(price) > change.effective_on
    return was_known and is_later and price.applies_to is not AppliesTo.NEW


def _is_later(held: Agreed, price: PriceTerms) -> bool:
    if price.applies_to is AppliesTo.NEW:
        return False
    version = held.version
    if version and (price.id == version.id or _valid_from(price) < _valid_from(version)):
        return False
    is_news = price.recorded_on is not None and price.recorded_on > held.known_since
    return is_news or _valid_from(price) > held.plan_since


def _reaches_on(held: Agreed, price: PriceTerms, schedule: Schedule) -> date:
    on = max(_valid_from(price), held.plan_since)
    if price.applies_to is AppliesTo.AT_ONCE:
        return on
    slot = schedule.slot(on)
    return on if on in (slot.starts_on, held.plan_since) else slot.ends_on


def _valid_from(price: PriceTerms) -> date:
    return price.valid_from or date.min
