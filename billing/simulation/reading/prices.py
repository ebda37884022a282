"""The prices of a plan, each of them one version."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from billing.pricing.prices import (
    AppliesTo,
    ContradictoryPlan,
    MeterTerms,
    PriceKind,
    PriceModel,
    PriceTerms,
    Proration,
    Rounding,
    Tier,
    Timing,
)
from billing.pricing.taxes import SupplyKind, TaxClass
from billing.simulation.reading.fields import Fields
from billing.simulation.reading.nodes import Told
from billing.simulation.reading.values import word_of
from billing.simulation.scenario import BadScenario

_AMOUNTS = (
    "amount", "unit_price", "size", "rate", "free_amount", "min_per_event", "max_per_event",
    "minimum", "maximum",
)  # fmt: skip
_ZEROES = ("free_units", "fixed_fee")
_PRICE = (
    "code", "charge", "timing", "model", *_AMOUNTS, *_ZEROES, "tiers", "round", "free_events",
    "meter", "filters", "group_by", "proration", "tax", "tax_included", "valid_from",
    "valid_until", "applies_to", "supply",
)  # fmt: skip
_KEY_OF = {"kind": "charge"}
_TIER = ("up_to", "unit_price", "flat", "rate")


def price_terms(
    told: Told, *, plan: str, meters: Mapping[str, MeterTerms], currency: str
) -> PriceTerms:
    """
    Return a version of a price; its id names the plan, the code and from when it is valid.

    :raises BadScenario: also if its terms contradict each other.
    """
    fields = Fields(told, "a price", _PRICE)
    code = fields.text("code")
    valid_from = fields.maybe(fields.day, "valid_from")
    kind = fields.choice("charge", PriceKind)
    model = fields.choice("model", PriceModel)
    amounts: dict[str, Any] = {name: fields.maybe(fields.decimal, name) for name in _AMOUNTS}
    amounts |= {name: fields.decimal(name, Decimal(0)) for name in _ZEROES}
    try:
        return PriceTerms(
            id=f"{plan}.{code}@{valid_from}" if valid_from else f"{plan}.{code}",
            code=code,
            kind=kind,
            timing=_timing(fields, kind),
            model=model,
            **amounts,
            tiers=tiers(fields),
            round=_rounding(fields, model),
            free_events=fields.maybe(fields.whole, "free_events"),
            meter=_meter_of(fields, meters),
            filters=_filters(fields),
            group_by=_group_by(fields),
            currency=currency,
            tax_class=fields.choice("tax", TaxClass, TaxClass.STANDARD).value,
            supply_kind=fields.choice("supply", SupplyKind, SupplyKind.DIGITAL),
            tax_included=fields.flag("tax_included"),
            proration=fields.choice("proration", Proration, Proration.DAILY),
            valid_from=valid_from,
            valid_until=fields.maybe(fields.day, "valid_until"),
            applies_to=fields.choice("applies_to", AppliesTo, AppliesTo.NEXT_PERIOD),
        )
    except ContradictoryPlan as error:
        raise fields.refuse(_KEY_OF.get(error.field, error.field), str(error)) from error


def tiers(fields: Fields) -> tuple[Tier, ...]:
    """Return the tiers of a price, in their order."""
    return tuple(_tier(Fields(told, "a tier", _TIER)) for told in fields.items("tiers"))


def _timing(fields: Fields, kind: PriceKind) -> Timing:
    usual = Timing.ARREARS if kind is PriceKind.USAGE else Timing.ADVANCE
    timing = fields.choice("timing", Timing, usual)
    if kind is not PriceKind.RECURRING and timing is not usual:
        raise fields.refuse(
            "timing",
            f"a price with charge: {kind} is always charged in {usual}: leave out the timing.",
        )
    return timing


def _meter_of(fields: Fields, meters: Mapping[str, MeterTerms]) -> MeterTerms | None:
    return fields.reference("meter", meters, "meter") if fields.given("meter") else None


def _rounding(fields: Fields, model: PriceModel) -> Rounding:
    if fields.given("round") and model is not PriceModel.PACKAGE:
        raise fields.refuse("round", f"the model {model} has no round: leave it out.")
    return fields.choice("round", Rounding, Rounding.UP)


def _group_by(fields: Fields) -> tuple[str, ...]:
    return tuple(_words(fields.at("group_by"), "group_by")) if fields.given("group_by") else ()


def _filters(fields: Fields) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (name, tuple(_words(told, f"filters.{name}")))
        for name, told in fields.named("filters").items()
    )


def _words(told: Told, name: str) -> list[str]:
    """Return a list of words; a single one may stand without list."""
    parts = told.value if isinstance(told.value, list) else [told]
    words = [word_of(each, name) for each in parts]
    if not words:
        raise BadScenario(f"{name} is empty: name something, or leave it out.", where=told.where)
    return words


def _tier(fields: Fields) -> Tier:
    return Tier(
        up_to=fields.maybe(fields.decimal, "up_to"),
        unit_price=fields.decimal("unit_price", Decimal(0)),
        flat=fields.decimal("flat", Decimal(0)),
        rate=fields.maybe(fields.decimal, "rate"),
    )
