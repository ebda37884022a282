"""How a price comes about, step by step: units and prices, packages, tiers, percentages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.wording.facts import ZERO, Facts
from billing.wording.language import Language

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told, in which language; `most_steps` are told singly, the rest is summed up."""

    facts: Facts
    language: Language
    currency: str
    most_steps: int

    @property
    def is_correction(self) -> bool:
        """Whether the line changes what was charged before."""
        charged_before = self.facts.minor("charged_before_minor")
        return bool(charged_before) and not self.facts.is_true("rate_changed")

    def amount(self, value: Decimal) -> str:
        """Return a reckoned amount."""
        return self.language.amount(value, self.currency)

    def price(self, value: Decimal) -> str:
        """Return a price of one unit, with all its digits."""
        return self.language.price(value, self.currency)

    def units(self, value: Decimal) -> str:
        """Return so many units."""
        name = "unit" if value == ONE else "units"
        return self.language.say(name, number=self.language.number(value))

    def say(self, name: str, **gaps: str) -> str:
        """Return a text with its gaps filled."""
        return self.language.say(name, **gaps)


def steps_told(telling: Telling, *, with_amounts: bool) -> str:
    """Return the steps in one phrase; empty if there are none to tell."""
    rows = telling.facts.rows("steps")
    told = rows[: telling.most_steps]
    rest = rows[telling.most_steps :]
    with_amounts = with_amounts or len(rows) > 1
    phrases = [_step(telling, row, with_amounts=with_amounts) for row in told]
    if rest:
        more = telling.say("steps_more", number=str(len(rest)))
        amount = sum((row.sum("amount") for row in rest), ZERO)
        phrases.append(telling.say("step_is", step=more, amount=telling.amount(amount)))
    return "; ".join(phrases)


def conditions(telling: Telling) -> Iterator[str]:
    """Yield what else the model of the price says: what is free, and bounds of single records."""
    facts, number = telling.facts, telling.language.number
    events, amount = facts.sum("free_events"), facts.sum("free_amount")
    if units := facts.sum("free_units"):
        name = "free_unit" if units == ONE else "free_units"
        yield telling.say(name, units=telling.units(units))
    if events and amount:
        gaps = {"events": number(events), "number": number(amount)}
        name = "free_event_and_amount" if events == ONE else "free_events_and_amount"
        yield telling.say(name, **gaps)
    elif events:
        yield telling.say("free_event" if events == ONE else "free_events", number=number(events))
    elif amount:
        yield telling.say("free_amount", number=number(amount))
    for name in ("min_per_event", "max_per_event"):
        if facts.has(name):
            yield telling.say(name, amount=telling.price(facts.sum(name)))


def _step(telling: Telling, row: Facts, *, with_amounts: bool) -> str:
    told = MODELS.get(telling.facts.text("model"), _each)(telling, row)
    is_clear = not row.has("rate") and row.sum("amount") in (ZERO, row.sum("flat"))
    is_summed = bool(row.sum("flat") and row.sum("units")) and (
        bool(row.sum("unit_price")) or row.has("rate")
    )
    if (with_amounts and not is_clear) or is_summed:
        told = telling.say("step_is", step=told, amount=telling.amount(row.sum("amount")))
    if group := row.text("group"):
        told = telling.say("step_of_group", group=group.replace("_", " "), step=told)
    return told


def _flat(telling: Telling, row: Facts) -> str:
    return telling.say("step_flat_only", flat=telling.price(row.sum("unit_price")))


def _each(telling: Telling, row: Facts) -> str:
    """Tell units at a price, a flat for them, or both."""
    units, unit_price, flat = row.sum("units"), row.sum("unit_price"), row.sum("flat")
    if flat and not units:
        return telling.say("step_flat_only", flat=telling.price(flat))
    if flat and not unit_price:
        return telling.say("step_flat", units=telling.units(units), flat=telling.price(flat))
    if not unit_price:
        return telling.say("step_free", units=telling.units(units))
    name = "step_one" if units == ONE else "step_each"
    told = telling.say(name, units=telling.units(units), price=telling.price(unit_price))
    return telling.say("step_plus_flat", step=told, flat=telling.price(flat)) if flat else told


def _in_tier(telling: Telling, row: Facts) -> str:
    """Tell the one tier whose price holds for all units."""
    told, up_to = _each(telling, row), row.number("up_to")
    if up_to is None:
        return telling.say("step_all_above", step=told)
    return telling.say("step_all_in_tier", step=told, up_to=telling.language.number(up_to))


def _packages(telling: Telling, row: Facts) -> str:
    if not telling.facts.has("size"):
        return _each(telling, row)
    return telling.say(
        "step_package" if row.sum("units") == ONE else "step_packages",
        number=telling.language.number(row.sum("units")),
        size=telling.units(telling.facts.sum("size")),
        price=telling.price(row.sum("unit_price")),
    )


def _percentage(telling: Telling, row: Facts) -> str:
    """Tell a share of a value, with a fee for the tier, or the fees of single records."""
    number = telling.language.number(row.sum("units"))
    if not row.has("rate"):
        name = "step_fee" if row.sum("units") == ONE else "step_fees"
        return telling.say(name, number=number, price=telling.price(row.sum("unit_price")))
    if row.sum("flat") and not row.sum("units"):
        return telling.say("step_flat_only", flat=telling.price(row.sum("flat")))
    rate = telling.language.rate(row.sum("rate"))
    name = "step_rate_bounded" if _bounds_records(telling.facts) else "step_rate"
    told = telling.say(name, rate=rate, number=number)
    if flat := row.sum("flat"):
        return telling.say("step_plus_flat", step=told, flat=telling.price(flat))
    return told


def _bounds_records(facts: Facts) -> bool:
    return facts.has("min_per_event") or facts.has("max_per_event")


def _reported(telling: Telling, row: Facts) -> str:
    return telling.say("step_reported", units=telling.units(row.sum("units")))


MODELS: dict[str, Callable[[Telling, Facts], str]] = {
    "flat": _flat,
    "per_unit": _each,
    "graduated": _each,
    "volume": _in_tier,
    "stairstep": _in_tier,
    "package": _packages,
    "percentage": _percentage,
    "graduated_percentage": _percentage,
    "dynamic": _reported,
}


def is_told_by_units(rows: Sequence[Facts], quantity: Decimal) -> bool:
    """Return whether the first step names the whole quantity, so that it needn't be said apart."""
    return bool(rows) and rows[0].sum("units") == quantity
