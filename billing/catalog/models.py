"""What is sold, and for how much."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact

from billing.ids import new_id
from billing.pricing.prices import Aggregation
from billing.sellers.models import CURRENCY, Seller, check_country

TAX_CLASSES = ["standard", "reduced", "zero", "exempt"]
INTERVALS = ["day", "week", "month", "quarter", "half_year", "year"]
AGGREGATIONS = [kind.value for kind in Aggregation]


def _choices(values: list[str]) -> list[tuple[str, str]]:
    return [(value, value.replace("_", " ")) for value in values]


def _validity() -> Func:
    return Func(
        F("valid_from"), F("valid_until"), function="daterange", output_field=DateRangeField()
    )


class Product(models.Model):
    """Something that a seller sells."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="products")
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200, help_text="As printed.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "code"], name="product_code_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Meter(models.Model):
    """
    What is measured of a subscription, and how its records become a quantity.

    Prices may filter and group by its `dimensions` only: usage is kept apart by these.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="meters")
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200, help_text="As printed.")
    aggregation = models.CharField(max_length=12, choices=_choices(AGGREGATIONS))
    property = models.CharField(
        max_length=100,
        null=True,
        blank=True,
        help_text="The record's property that is aggregated; empty: its value.",
    )
    carried = models.BooleanField(help_text="Whether its level goes on from period to period.")
    dimensions = models.JSONField(
        default=list,
        blank=True,
        help_text="Names of the properties that prices may filter or group by.",
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "code"], name="meter_code_once"),
            models.CheckConstraint(
                condition=Q(aggregation__in=AGGREGATIONS), name="meter_aggregation_known"
            ),
            models.CheckConstraint(
                condition=Q(property__isnull=True) | ~Q(property=""), name="meter_property_named"
            ),
            models.CheckConstraint(
                condition=Exact(
                    Func(F("dimensions"), function="jsonb_typeof", output_field=models.TextField()),
                    Value("array"),
                ),
                name="meter_dimensions_listed",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """A way to subscribe to a product: how long a period is, and where it begins."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="plans")
    product = models.ForeignKey(Product, models.PROTECT, related_name="plans", db_constraint=False)
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200, help_text="As printed.")
    interval = models.CharField(max_length=9, choices=_choices(INTERVALS))
    interval_count = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    alignment = models.CharField(
        max_length=11,
        choices=_choices(["anniversary", "calendar"]),
        help_text="Periods begin on the anniversary of the start, or with the calendar's.",
    )
    anchor_day = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text="Day of month on which periods begin; 31 means the last day where shorter.",
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "code"], name="plan_code_once"),
            models.CheckConstraint(
                condition=Q(interval__in=INTERVALS) & Q(interval_count__gte=1),
                name="plan_interval_known",
            ),
            models.CheckConstraint(
                condition=Q(alignment="anniversary")
                | Q(alignment="calendar", interval_count=1, anchor_day__isnull=True)
                & ~Q(interval="day"),
                name="plan_calendar_has_no_count_or_anchor",
            ),
            models.CheckConstraint(
                condition=Q(anchor_day__isnull=True)
                | Q(anchor_day__range=(1, 31)) & ~Q(interval__in=["day", "week"]),
                name="plan_anchor_day_in_month",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """
    What one thing costs, in one currency, from one day on. A new price is a new row.

    Belongs to a plan (charged for its periods) or to a product (charged for an order's line).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="prices")
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, blank=True, related_name="prices", db_constraint=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="prices", db_constraint=False
    )
    code = models.CharField(max_length=100)
    text = models.CharField(max_length=200, help_text="As printed on the line.")
    kind = models.CharField(max_length=9, choices=_choices(["recurring", "once"]))
    timing = models.CharField(max_length=7, choices=_choices(["advance", "arrears"]))
    model = models.CharField(max_length=20, choices=_choices(["flat", "per_unit"]))
    unit_price = models.DecimalField(
        max_digits=30,
        decimal_places=12,
        help_text="Of one unit, or of the period where the model is flat; major units.",
    )
    currency = models.CharField(max_length=3, validators=[CURRENCY])
    tax_class = models.CharField(max_length=8, choices=_choices(TAX_CLASSES))
    tax_included = models.BooleanField(help_text="Whether the price is gross.")
    proration = models.CharField(
        max_length=11, choices=_choices(["daily", "second", "thirty_days", "none"])
    )
    valid_from = models.DateField(help_text="First day on sale.")
    valid_until = models.DateField(
        null=True, blank=True, help_text="First day no longer on sale; may be set once."
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(plan__isnull=True, product__isnull=False, kind="once")
                | Q(plan__isnull=False, product__isnull=True),
                name="price_of_plan_or_product",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["recurring", "once"])
                & Q(timing__in=["advance", "arrears"])
                & Q(model__in=["flat", "per_unit"])
                & Q(tax_class__in=TAX_CLASSES)
                & Q(proration__in=["daily", "second", "thirty_days", "none"]),
                name="price_can_be_rated",
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
                    (_validity(), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="price_of_product_on_sale_once",
                expressions=[
                    (F("product"), RangeOperators.EQUAL),
                    (F("currency"), RangeOperators.EQUAL),
                    (_validity(), RangeOperators.OVERLAPS),
                ],
                condition=Q(product__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.unit_price.normalize():f} {self.currency}"


class TaxRate(models.Model):
    """A VAT rate of a country from one day to another. Shared by all sellers."""

    country = models.CharField(max_length=2, validators=[check_country])
    tax_class = models.CharField(max_length=8, choices=_choices(TAX_CLASSES))
    category = models.CharField(max_length=2, help_text="UNCL 5305 code, for example S.")
    percent = models.DecimalField(max_digits=6, decimal_places=3)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="First day no longer valid.")
    source = models.CharField(max_length=200, help_text="The law that says so.")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="tax_rate_once_a_day",
                expressions=[
                    (F("country"), RangeOperators.EQUAL),
                    (F("tax_class"), RangeOperators.EQUAL),
                    (_validity(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=0) & Q(percent__lt=100), name="tax_rate_is_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.tax_class} {self.percent.normalize():f} %"
