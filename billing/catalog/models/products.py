"""Products, the plans to subscribe to them, and what is measured."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from billing.catalog.models.columns import (
    SUPPLY_KINDS,
    choices,
    decimal_column,
    is_json,
    not_negative,
    supply_column,
)
from billing.columns import (
    exemption_code_column,
    exemption_text_column,
    optional_text,
    unit_column,
)
from billing.ids import new_id
from billing.pricing.prices import Aggregation
from billing.sellers.models import Seller

INTERVALS = ["day", "week", "month", "quarter", "half_year", "year"]
AGGREGATIONS = [kind.value for kind in Aggregation]


class Product(models.Model):
    """Something that a seller sells."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="products", db_index=False)
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200, help_text="As printed.")
    description = optional_text(500, "More about it, as printed.")
    supply = supply_column()
    unit = unit_column()
    exemption_code = exemption_code_column()
    exemption_text = exemption_text_column()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "code"], name="product_code_once"),
            models.CheckConstraint(
                condition=Q(supply__in=SUPPLY_KINDS), name="product_supply_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Meter(models.Model):
    """
    What is measured of a subscription, and how its records become a quantity.

    Prices may filter and group by its `dimensions` only: usage is kept apart by these.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="meters", db_index=False)
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200, help_text="As printed.")
    aggregation = models.CharField(max_length=12, choices=choices(AGGREGATIONS))
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
                condition=is_json("dimensions", "array"), name="meter_dimensions_listed"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """A way to subscribe to a product: how long a period is, and where it begins."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seller = models.ForeignKey(Seller, models.PROTECT, related_name="plans", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="plans", db_constraint=False)
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200, help_text="As printed.")
    interval = models.CharField(max_length=9, choices=choices(INTERVALS))
    interval_count = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    alignment = models.CharField(
        max_length=11,
        choices=choices(["anniversary", "calendar"]),
        help_text="Periods begin on the anniversary of the start, or with the calendar's.",
    )
    anchor_day = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text="Day of month on which periods begin; 31 means the last day where shorter.",
    )
    trial_days = models.PositiveSmallIntegerField(
        default=0, help_text="Days from the start for which recurring prices aren't owed."
    )
    minimum_commitment = decimal_column("What the charges of a whole period come to at least.")
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
            models.CheckConstraint(
                condition=not_negative("minimum_commitment"), name="plan_commitment_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name
