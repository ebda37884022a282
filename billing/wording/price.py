"""What a price comes to: the sentences on steps, share, bounds, discounts and commitment."""

from collections.abc import Iterator

from billing.wording.facts import ZERO, Facts
from billing.wording.steps import ONE, Telling, conditions, is_told_by_units, steps_told

AGREED_BY = {"override": "override_price", "index": "index_prices"}  # By the words of a tag.


def price_told(telling: Telling, days_owed: str = "") -> Iterator[str]:
    """Yield how the amount comes about that is owed, for the days where they aren't said yet."""
    facts = telling.facts
    if facts.is_commitment:
        yield _commitment(telling)
        return
    if facts.is_usage:
        yield from _usage(telling)
        yield from conditions(telling)
    elif facts.has("full_price"):
        yield from _recurring(telling, days_owed)
    yield from _bounds(telling)
    yield from _agreed(telling)


def _commitment(telling: Telling) -> str:
    facts = telling.facts
    return telling.say(
        "committed",
        committed=telling.amount(facts.sum("exact_amount")),
        counted=telling.language.minor(facts.minor("counted_minor"), telling.currency),
        missing=telling.language.minor(facts.minor("owed_minor"), telling.currency),
    )


def _recurring(telling: Telling, days_owed: str) -> Iterator[str]:
    facts = telling.facts
    full, begun = facts.sum("full_price"), facts.sum("begun_price")
    is_plain = facts.text("model") == "flat" or _is_one_unit(facts)
    steps = "" if is_plain else steps_told(telling, with_amounts=False)
    if facts.is_part or begun or facts.is_bounded or telling.is_correction:
        name = "whole_costs_by" if steps else "whole_costs"
        if facts.text("kind") == "once":
            name = "costs_by" if steps else "costs"
        yield telling.say(name, amount=telling.amount(full), steps=steps)
    elif steps:
        yield telling.say("costs_by", steps=steps)
    yield from conditions(telling)
    if begun:
        yield telling.say("begun_already", begun=telling.amount(begun))
    if days_owed:
        yield telling.say("days_owed", when=days_owed)
    if facts.is_part and facts.is_bounded and facts.text("proration") != "none":
        share = full * facts.sum("share_used") / facts.sum("share_whole")
        yield telling.say("for_these_days", amount=telling.amount(share))


def _usage(telling: Telling) -> Iterator[str]:
    facts = telling.facts
    if facts.has("counted_quantity"):
        yield _quantity(telling, "used_only", "")
        yield telling.say(
            "counted_on",
            steps=steps_told(telling, with_amounts=True),
            begun=telling.amount(facts.sum("begun_price")),
        )
    else:
        yield _used(telling, steps_told(telling, with_amounts=facts.is_bounded))
        if len(facts.rows("steps")) > 1 and facts.is_bounded:
            yield telling.say("sum_of_steps", amount=telling.amount(facts.sum("full_price")))
    yield from _late(telling)


def _used(telling: Telling, steps: str) -> str:
    facts, rows = telling.facts, telling.facts.rows("steps")
    quantity = facts.sum("quantity")
    if not quantity and not any(row.sum("units") for row in rows):
        return telling.say("used_nothing_but" if rows else "used_nothing", steps=steps)
    if not rows:
        return _quantity(telling, "used_only", "")
    if quantity and facts.text("model") != "flat" and not is_told_by_units(rows, quantity):
        return _quantity(telling, "used", steps)
    how = _aggregation(telling)
    how = how[:1].upper() + how[1:]
    return telling.say("aggregated" if how else "costs_by", aggregation=how, steps=steps)


def _is_one_unit(facts: Facts) -> bool:
    return facts.text("model") == "per_unit" and facts.sum("quantity") == ONE


def _quantity(telling: Telling, name: str, steps: str) -> str:
    quantity, aggregation = telling.units(telling.facts.sum("quantity")), _aggregation(telling)
    if aggregation:
        return telling.say(f"{name}_by", quantity=quantity, aggregation=aggregation, steps=steps)
    return telling.say(name, quantity=quantity, steps=steps)


def _aggregation(telling: Telling) -> str:
    """Return how records become a quantity, where they aren't simply added up or counted."""
    name = telling.facts.text("aggregation")
    return "" if name in ("", "sum", "count") else telling.say(f"aggregation_{name}")


def _late(telling: Telling) -> Iterator[str]:
    facts = telling.facts
    before, now = facts.number("measured_before"), facts.sum("quantity")
    if before is None or before == now:
        return
    name = "late_more" if now > before else "late_less"
    more = telling.units(abs(now - before))
    yield telling.say(name, more=more, before=telling.units(before))


def _bounds(telling: Telling) -> Iterator[str]:
    """Yield what changes the amount, in the order in which it does."""
    facts = telling.facts
    if facts.has("minimum"):
        yield telling.say("minimum", amount=telling.amount(facts.sum("minimum")))
    for discount in facts.discounts:
        taken, percent = telling.amount(discount.sum("taken")), discount.sum("percent")
        if percent == ZERO:
            yield telling.say("discount_amount", taken=taken)
        else:
            rate = telling.language.rate(percent)
            yield telling.say("discount_percent", percent=rate, taken=taken)
    if facts.has("maximum"):
        yield telling.say("maximum", amount=telling.amount(facts.sum("maximum")))


def _indexed(telling: Telling) -> Iterator[str]:
    """Yield by how much a price was adjusted lately, and when."""
    for index in telling.facts.rows("indexes")[-1:]:
        on, percent = index.day("effective_on"), index.sum("percent")
        if on:
            name = "index_raised" if percent > ZERO else "index_lowered"
            written = telling.language.rate(abs(percent))
            yield telling.say(name, day=telling.language.day_of(on), percent=written)


def _agreed(telling: Telling) -> Iterator[str]:
    """Yield where the price is another than the listed one, or a newer version of it."""
    facts = telling.facts
    tags = facts.text("tag").split()
    begins = facts.day("change_effective_on") == facts.day("stretch_starts_on")
    for name, kind in AGREED_BY.items():
        # Where it begins, it is told as the change that it is.
        if name not in tags or (begins and facts.text("change_kind") == kind):
            continue
        if name != "index" or not facts.has("indexes"):
            yield telling.say(name)
    yield from _indexed(telling)
    ended_on = facts.day("trial_ended_on")
    if ended_on and not telling.is_correction:
        yield telling.say("trial", day=telling.language.day_of(ended_on))
    since, begins_on = facts.day("price_valid_from"), facts.day("period_starts_on")
    agreed_on = facts.day("change_effective_on")
    if not since or not begins_on or not agreed_on or since <= agreed_on:
        return
    # Told in the first billing period that it reaches: later it is no news.
    if (begins_on - since).days < facts.minor("days_of_period"):
        yield telling.say("version", day=telling.language.day_of(since))
