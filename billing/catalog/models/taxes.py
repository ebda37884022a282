"""Rates of tax."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from billing.catalog.models.columns import TAX_CLASS_LENGTH, TAX_CLASSES, choices, validity
from billing.sellers.models import check_country


class TaxRate(models.Model):
    """A VAT rate of a country from one day to another. Shared by all sellers."""

    country = models.CharField(max_length=2, validators=[check_country])
    tax_class = models.CharField(max_length=TAX_CLASS_LENGTH, choices=choices(TAX_CLASSES))
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
                    (validity(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=0) & Q(percent__lt=100), name="tax_rate_is_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.tax_class} {self.percent.normalize():f} %"
