"""Prices and plans as values that can be rated: what can't be is refused when it is made."""

from billing.pricing.prices.choices import (
    Aggregation,
    AppliesTo,
    PriceKind,
    PriceModel,
    Proration,
    Rounding,
    Timing,
)
from billing.pricing.prices.terms import (
    COMMITMENT,
    ZERO,
    ContradictoryPlan,
    Filter,
    MeterTerms,
    PlanTerms,
    PriceTerms,
    Tier,
    amounts_of,
    commitment_price,
)

__all__ = [
    "COMMITMENT",
    "ZERO",
    "Aggregation",
    "AppliesTo",
    "ContradictoryPlan",
    "Filter",
    "MeterTerms",
    "PlanTerms",
    "PriceKind",
    "PriceModel",
    "PriceTerms",
    "Proration",
    "Rounding",
    "Tier",
    "Timing",
    "amounts_of",
    "commitment_price",
]
