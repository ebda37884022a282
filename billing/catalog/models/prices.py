"""Prices, by every model."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from billing.catalog.models.columns import (
    SUPPLY_KINDS,
    TAX_CLASS_LENGTH,
    TAX_CLASSES,
    choices,
    decimal_column,
    in_order,
    is_json,
    not_negative,
    supply_column,
    validity,
)
from billing.catalog.models.products import Meter, Plan, Product
from billing.columns import exemption_code_column, exemption_text_column, unit_column
from billing.ids import new_id
from billing.pricing.prices import (
    COMMITMENT,
    AppliesTo,
    PriceKind,
    PriceModel,
    Proration,
    Rounding,
    Timing,
)
from billing.sellers.models import CURRENCY, Seller

PRICE_KINDS = [kind.value for kind in PriceKind]
TIMINGS = [timing.value for timing in Timing]
MODELS = [model.value for model in PriceModel]
PRORATIONS = [proration.value for proration in Proration]
ROUNDINGS = [rounding.value for rounding in Rounding]
APPLIES_TO = [whom.value for whom in AppliesTo]
TIERED = ["graduated", "volume", "stairstep", "graduated_percentage"]
_OF_SOME_MODELS = (
    "amount", "unit_price", "size", "free_units", "rate", "fixed_fee", "free_events",
    "free_amount", "min_per_event", "max_per_event",
)  # fmt: skip
_NEEDED = {
    "flat": ("amount",),
    "per_unit": ("unit_price",),
    "package": ("amount", "size"),
    "percentage": ("rate",),
}
_POSSIBLE = {
    "package": ("free_units",),
    "percentage": (
        "fixed_fee", "free_events", "free_amount", "min_per_event", "max_per_event",
    ),
}  # fmt: skip


def _amounts_of_models() -> Q:
    """Each model has the amounts that it needs, and none that it can't use."""
    found = Q()
    for model in MODELS:
        mine = Q(model=model) & (is_json("tiers", "array") & ~Q(tiers=[]))
        if model not in TIERED:
            mine = Q(model=model, tiers=[])
        for name in _OF_SOME_MODELS:
            if name in _NEEDED.get(model, ()):
                mine &= Q(**{f"{name}__isnull": False})
            elif name not in _POSSIBLE.get(model, ()):
                mine &= Q(**{f"{name}__isnull": True})
        found |= mine
    return found


def _kind_and_timing() -> Func:
    return Func(F("kind"), F("timing"), function="textcat", output_field=models.TextField())


class Price(models.Model):
    """
    What one thing costs, in one currency, from one day on. A new price is a new row.

    Belongs to a plan (charged for its periods) or to a product (charged for an order's line). Which
    amounts it needs depends on its model; amounts are in major units.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="prices", db_index=False)
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, blank=True, related_name="prices", db_constraint=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="prices", db_constraint=False
    )
    code = models.CharField(max_length=100)
    text = models.CharField(max_length=200, help_text="As printed on the line.")
    kind = models.CharField(max_length=9, choices=choices(PRICE_KINDS))
    timing = models.CharField(max_length=7, choices=choices(TIMINGS))
    model = models.CharField(max_length=20, choices=choices(MODELS))
    amount = decimal_column(
        "Of a period where the model is flat, of a package where it is package."
    )
    unit_price = decimal_column("Of one unit, where the model is per unit.")
    tiers = models.JSONField(
        default=list,
        blank=True,
        help_text="In order; each: up_to (null in the last), unit_price, flat, rate (percent).",
    )
    size = decimal_column("Units in a package.")
    free_units = decimal_column("Units before the first package is paid.")
    rounding = models.CharField(
        max_length=4,
        choices=choices(ROUNDINGS),
        default="up",
        help_text="Whether a begun package counts (up) or not (down).",
    )
    rate = decimal_column("Percent of the values, where the model is percentage.")
    fixed_fee = decimal_column("For each record, where the model is percentage.")
    free_events = models.PositiveIntegerField(
        null=True, blank=True, help_text="Records of a period that are free of rate and fee."
    )
    free_amount = decimal_column("Sum of a period's values that is free of rate and fee.")
    min_per_event = decimal_column("Least that the rate takes of one record.")
    max_per_event = decimal_column("Most that the rate takes of one record.")
    minimum = decimal_column("Least that a period costs.")
    maximum = decimal_column("Most that a period costs.")
    meter = models.ForeignKey(
        Meter, models.PROTECT, null=True, blank=True, related_name="prices", db_constraint=False
    )
    filters = models.JSONField(
        default=dict,
        blank=True,
        help_text="Property of a record: the values that count.",
    )
    group_by = models.JSONField(
        default=list, blank=True, help_text="Properties whose values have the tiers for themselves."
    )
    currency = models.CharField(max_length=3, validators=[CURRENCY])
    tax_class = models.CharField(max_length=TAX_CLASS_LENGTH, choices=choices(TAX_CLASSES))
    tax_included = models.BooleanField(help_text="Whether the price is gross.")
    supply = supply_column()
    exemption_code = exemption_code_column()
    exemption_text = exemption_text_column()
    unit = unit_column()
    proration = models.CharField(max_length=11, choices=choices(PRORATIONS))
    valid_from = models.DateField(help_text="First day on sale.")
    valid_until = models.DateField(
        null=True, blank=True, help_text="First day no longer on sale; may be set once."
    )
    applies_to = models.CharField(
        max_length=11,
        choices=choices(APPLIES_TO),
        default="next_period",
        help_text="Whom it reaches: only those who agree on it (new), or also who has an earlier"
        " version, from the next period that begins while it is valid, or at once.",
    )
    recorded_on = models.DateField(editable=False, help_text="Day on which it became known.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    plan__isnull=True,
                    product__isnull=False,
                    kind="once",
                    model__in=["flat", "per_unit"],
                    minimum__isnull=True,
                    maximum__isnull=True,
                )
                | Q(plan__isnull=False, product__isnull=True),
                name="price_of_plan_or_product",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PRICE_KINDS)
                & Q(timing__in=TIMINGS)
                & Q(model__in=MODELS)
                & Q(tax_class__in=TAX_CLASSES)
                & Q(proration__in=PRORATIONS)
                & Q(rounding__in=ROUNDINGS)
                & Q(applies_to__in=APPLIES_TO)
                & Q(supply__in=SUPPLY_KINDS),
                name="price_can_be_rated",
            ),
            models.CheckConstraint(
                condition=Q(kind="recurring")
                | Q(kind="once", timing="advance")
                | Q(kind="usage", timing="arrears"),
                name="price_timing_of_its_kind",
            ),
            models.CheckConstraint(
                condition=~Q(code=COMMITMENT),  # The engine's own, for what tops up to one.
                name="price_code_not_reserved",
            ),
            models.CheckConstraint(
                condition=_amounts_of_models(), name="price_has_amounts_of_its_model"
            ),
            models.CheckConstraint(
                condition=not_negative(*_OF_SOME_MODELS, "minimum", "maximum") & ~Q(size=0),
                name="price_not_negative",
            ),
            models.CheckConstraint(
                condition=in_order("minimum", "maximum")
                & in_order("min_per_event", "max_per_event"),
                name="price_bounds_in_order",
            ),
            models.CheckConstraint(
                condition=Q(kind="usage", meter__isnull=False)
                | Q(meter__isnull=True, filters={}, group_by=[])
                & ~Q(kind="usage")
                & ~Q(model__in=["percentage", "dynamic"]),
                name="price_of_usage_has_meter",
            ),
            models.CheckConstraint(
                condition=is_json("filters", "object") & is_json("group_by", "array"),
                name="price_filters_and_groups_listed",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="price_validity_forward",
            ),
            ExclusionConstraint(
                name="price_code_on_sale_once",
                expressions=[
                    (F("seller"), RangeOperators.EQUAL),
                    (Func(F("plan"), F("product"), function="coalesce"), RangeOperators.EQUAL),
                    (F("code"), RangeOperators.EQUAL),
                    (F("currency"), RangeOperators.EQUAL),
                    (validity(), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="price_code_of_one_kind",  # A timeline charges all versions at one time.
                expressions=[
                    (F("plan"), RangeOperators.EQUAL),
                    (F("code"), RangeOperators.EQUAL),
                    (F("currency"), RangeOperators.EQUAL),
                    (_kind_and_timing(), RangeOperators.NOT_EQUAL),
                ],
            ),
            ExclusionConstraint(
                name="price_of_product_on_sale_once",
                expressions=[
                    (F("product"), RangeOperators.EQUAL),
                    (F("currency"), RangeOperators.EQUAL),
                    (validity(), RangeOperators.OVERLAPS),
                ],
                condition=Q(product__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        single = self.amount if self.model == "flat" else self.unit_price
        what = self.model.replace("_", " ") if single is None else f"{single.normalize():f}"
        return f"{self.code}: {what} {self.currency}"
