"""Fields of outputs: alike everywhere."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.money import from_minor


class PlainDecimalField(serializers.DecimalField):
    """Output of a decimal as a string without trailing zeros."""

    def __init__(self, **kwargs: Any) -> None:
        """Any size, whatever a model's column allows."""
        super().__init__(**{**kwargs, "max_digits": None, "decimal_places": None})

    def to_representation(self, value: Any) -> str:
        """Return all digits that say something."""
        text = format(Decimal(value), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text


MONEY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "amount": {"type": "string", "format": "decimal", "examples": ["35.70"]},
        "currency": {"type": "string", "examples": ["EUR"]},
    },
    "required": ["amount", "currency"],
}
MONEY_OR_NULL = {**MONEY, "type": ["object", "null"]}


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
