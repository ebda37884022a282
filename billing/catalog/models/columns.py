"""What the catalog's tables are made of: kinds of columns, and conditions on them."""

from decimal import Decimal

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact

from billing.pricing.taxes import SupplyKind, TaxClass

TAX_CLASSES = [each.value for each in TaxClass]
TAX_CLASS_LENGTH = 20
SUPPLY_KINDS = [each.value for each in SupplyKind]


def decimal_column(help_text: str) -> "models.DecimalField[Decimal | None, Decimal | None]":
    """Return a column of an exact figure that may be absent."""
    return models.DecimalField(
        max_digits=30, decimal_places=12, null=True, blank=True, help_text=help_text
    )


def supply_column() -> "models.CharField[str, str]":
    """Return a column of what kind of thing is sold."""
    return models.CharField(
        max_length=7,
        choices=choices(SUPPLY_KINDS),
        default=SupplyKind.DIGITAL.value,
        db_default=SupplyKind.DIGITAL.value,
        help_text="Across borders: digital services to consumers are taxed where they live, others "
        "where the seller is.",
    )


def not_negative(*names: str) -> Q:
    """Whether each of the columns is absent or at least 0."""
    found = Q()
    for name in names:
        found &= Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0})
    return found


def in_order(low: str, high: str) -> Q:
    """Whether one column is at most the other, where both are given."""
    is_open = Q(**{f"{low}__isnull": True}) | Q(**{f"{high}__isnull": True})
    return is_open | Q(**{f"{low}__lte": F(high)})


def is_json(name: str, kind: str) -> Exact:
    """Whether a column holds a list (array) or names with values (object)."""
    found = Func(F(name), function="jsonb_typeof", output_field=models.TextField())
    return Exact(found, Value(kind))


def choices(values: list[str]) -> list[tuple[str, str]]:
    """Return values as choices of a column, in words."""
    return [(value, value.replace("_", " ")) for value in values]


def validity() -> Func:
    """Return the days from `valid_from` on, without `valid_until`."""
    return Func(
        F("valid_from"), F("valid_until"), function="daterange", output_field=DateRangeField()
    )
