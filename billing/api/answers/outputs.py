"""Fields of outputs: alike everywhere."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.money import from_minor

OutputField = serializers.Field[Any, Any, Any, Any]


class PlainDecimalField(serializers.DecimalField):
    """Output of a decimal as a string without trailing zeros."""

    def __init__(self, **kwargs: Any) -> None:
        """Any size, whatever a model's column allows."""
        super().__init__(**{**kwargs, "max_digits": None, "decimal_places": None})

    def to_representation(self, value: Any) -> str:
        """Return all digits that say something."""
        text = format(Decimal(value), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text


# The schema itself stands in `description`: one for all amounts.
MONEY: dict[str, Any] = {"$ref": "#/components/schemas/Money"}
MONEY_OR_NULL: dict[str, Any] = {"oneOf": [MONEY, {"type": "null"}]}


@extend_schema_field(MONEY)
class AmountField(serializers.JSONField):
    """Output of what `money` made of an amount."""


@extend_schema_field(MONEY)
class MoneyField(serializers.Field[Any, Any, Any, Any]):
    """Output of a column in minor units as an amount with its currency."""

    def __init__(self, minor: str, **kwargs: Any) -> None:
        """`minor` names the column; the row has a `currency`."""
        self.minor = minor
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> dict[str, str] | None:
        """Return the amount; None where it, or its currency, isn't known."""
        amount_minor = getattr(value, self.minor)
        if amount_minor is None or not value.currency:
            return None
        return money(amount_minor, value.currency)


@extend_schema_field(MONEY_OR_NULL)
class KnownMoneyField(MoneyField):
    """Output like `MoneyField`, of a column that may be empty: null is foreseen."""


def money(amount_minor: int, currency: str) -> dict[str, str]:
    """Return an amount as the API gives it."""
    return {"amount": format(from_minor(amount_minor, currency), "f"), "currency": currency}


class RowsShown:
    """What shows rows by an output that needs nothing but the row. Its fields are made once."""

    def __init__(self, output: type[serializers.BaseSerializer[Any]]) -> None:
        """Making the fields takes longer than showing a page."""
        self._output = output

    @cached_property
    def fields(self) -> dict[str, OutputField]:
        """The output's fields by name."""
        return dict(self._output().fields)  # type: ignore[attr-defined]

    def show(self, rows: Iterable[Any], names: Collection[str] | None = None) -> list[Any]:
        """Return rows with all their fields, or with those of some names."""
        fields = [
            (name, each) for name, each in self.fields.items() if names is None or name in names
        ]
        return [{name: _said(each, row) for name, each in fields} for row in rows]


def _said(each: OutputField, row: Any) -> Any:
    value = each.get_attribute(row)
    return None if value is None else each.to_representation(value)
