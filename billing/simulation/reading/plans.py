"""What is sold: meters, and plans with all versions of their prices."""

from collections.abc import Mapping

from billing.money import check_whole_minor
from billing.periods import MONTHS, Alignment, Interval
from billing.pricing.prices import (
    Aggregation,
    ContradictoryPlan,
    MeterTerms,
    PlanTerms,
    PriceKind,
    PriceTerms,
    Timing,
)
from billing.simulation.reading.fields import Fields
from billing.simulation.reading.nodes import Told
from billing.simulation.reading.prices import price_terms
from billing.simulation.scenario import BadScenario

_METER = ("aggregation", "property", "carried")
_PLAN = (
    "interval", "interval_count", "alignment", "anchor_day", "trial_days", "minimum_commitment",
    "prices",
)  # fmt: skip
_MONTHS_AT_MOST = 1200
_LONGEST_TRIAL = 3660


def meters(scenario: Fields) -> dict[str, MeterTerms]:
    """Return the meters by their codes."""
    return {code: _meter(code, told) for code, told in scenario.named("meters").items()}


def plans(
    scenario: Fields, *, meters: Mapping[str, MeterTerms], currency: str
) -> dict[str, PlanTerms]:
    """
    Return the plans by their codes; their prices are in the seller's currency.

    :raises BadScenario: also if the terms of a plan contradict each other.
    """
    return {
        code: _plan(code, told, meters, currency) for code, told in scenario.named("plans").items()
    }


def _meter(code: str, told: Told) -> MeterTerms:
    fields = Fields(told, f"meter {code}", _METER)
    return MeterTerms(
        id=code,
        code=code,
        aggregation=fields.choice("aggregation", Aggregation),
        property=fields.maybe(fields.text, "property"),
        carried=fields.flag("carried"),
    )


def _plan(code: str, told: Told, meters: Mapping[str, MeterTerms], currency: str) -> PlanTerms:
    fields = Fields(told, f"plan {code}", _PLAN)
    fields.at("prices")
    interval = fields.choice("interval", Interval)
    count = fields.whole("interval_count", 1, least=1)
    trial_days = fields.whole("trial_days", 0)
    if count * MONTHS.get(interval, 1) > _MONTHS_AT_MOST:
        raise fields.refuse("interval_count", "a billing period lasts 100 years at most.")
    if trial_days > _LONGEST_TRIAL:
        raise fields.refuse("trial_days", f"trial_days are at most {_LONGEST_TRIAL}.")
    commitment = fields.maybe(fields.decimal, "minimum_commitment")
    if commitment is not None and (problem := check_whole_minor(commitment, currency)):
        raise fields.refuse("minimum_commitment", f"a minimum_commitment of {problem}.")
    try:
        return PlanTerms(
            id=code,
            code=code,
            interval=interval,
            interval_count=count,
            alignment=fields.choice("alignment", Alignment, Alignment.ANNIVERSARY),
            anchor_day=fields.maybe(fields.month_day, "anchor_day"),
            trial_days=trial_days,
            minimum_commitment=commitment,
            prices=_prices(code, fields, meters, currency),
        )
    except ContradictoryPlan as error:
        raise fields.refuse(error.field, str(error)) from error


def _prices(
    plan: str, fields: Fields, meters: Mapping[str, MeterTerms], currency: str
) -> tuple[PriceTerms, ...]:
    found: dict[str, PriceTerms] = {}
    kinds: dict[str, tuple[PriceKind, Timing]] = {}
    for told in fields.items("prices"):
        price = price_terms(told, plan=plan, meters=meters, currency=currency)
        if price.id in found:
            since = f"valid_from {price.valid_from}" if price.valid_from else "no valid_from"
            raise BadScenario(
                f"the price {price.code} is there already with {since}: give it another code, or "
                "the version another valid_from.",
                where=told.where,
            )
        charged = (price.kind, price.timing)
        if kinds.setdefault(price.code, charged) != charged:
            raise BadScenario(
                f"the versions of the price {price.code} are charged differently: give one of "
                "them another code.",
                where=told.where,
            )
        found[price.id] = price
    return tuple(found.values())
