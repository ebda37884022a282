"""Fields for what prices list: tiers, filters and names, as people write them."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from billing.catalog.queries import TIER_AMOUNTS, written_tiers
from billing.pricing.prices import Tier

_TIER = re.compile(r"(?:up to\s+(?P<up_to>\S+)|rest)\s*:\s*(?P<amounts>.*)", re.IGNORECASE)
_AMOUNT = re.compile(r"(?P<name>unit price|flat|rate)\s+(?P<value>\S+)", re.IGNORECASE)
_LONGEST = 24  # Digits of an amount, its sign and point among them.
HOW_TO_WRITE_TIERS = _(
    "A line for each tier, the last one for the rest. For example: "
    "up to 100: unit price 0.05, flat 1 / rest: unit price 0.02"
)


class TiersField(forms.CharField):
    """Tiers, a line each: `up to 100: unit price 0.05, flat 1`, and `rest: unit price 0.02`."""

    def __init__(self, **given: Any) -> None:
        """Take several lines."""
        given.setdefault("help_text", HOW_TO_WRITE_TIERS)
        super().__init__(widget=UnfoldAdminTextareaWidget({"rows": 4}), **given)

    def prepare_value(self, value: Any) -> Any:
        """Return what the field shows: the tiers of a row as lines."""
        return "\n".join(lines_of(value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[dict[str, str | None]]:
        """Return the tiers as a row holds them."""
        lines = [line.strip() for line in str(super().clean(value)).splitlines()]
        return written_tiers(_tier(line) for line in lines if line)


class FiltersField(forms.CharField):
    """The values that count, a line for each property: `region: eu, us`."""

    def __init__(self, **given: Any) -> None:
        """Take several lines."""
        given.setdefault(
            "help_text", _("A line for each dimension with the values that count: region: eu, us")
        )
        super().__init__(widget=UnfoldAdminTextareaWidget({"rows": 2}), **given)

    def prepare_value(self, value: Any) -> Any:
        """Return what the field shows: the filters of a row as lines."""
        if not isinstance(value, Mapping):
            return value
        return "\n".join(f"{name}: {', '.join(values)}" for name, values in value.items())

    def clean(self, value: Any) -> dict[str, list[str]]:
        """Return the values by property."""
        found: dict[str, list[str]] = {}
        for line in filter(str.strip, str(super().clean(value)).splitlines()):
            name, colon, values = line.partition(":")
            if not colon or not name.strip() or name.strip() in found:
                raise ValidationError(
                    gettext(
                        "“{line}” is no filter: write a property once, a colon and its values."
                    ).format(line=line)
                )
            found[name.strip()] = _names(values)
        return found


class NamesField(forms.CharField):
    """Names with commas between them."""

    def __init__(self, **given: Any) -> None:
        """Take one line."""
        super().__init__(widget=UnfoldAdminTextInputWidget(), **given)

    def prepare_value(self, value: Any) -> Any:
        """Return what the field shows."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Return the names."""
        return _names(str(super().clean(value)))


def lines_of(tiers: Iterable[Mapping[str, str | None]]) -> list[str]:
    """Return tiers, as a price's row holds them, as people write them."""
    return [
        (f"up to {tier['up_to']}: " if tier["up_to"] is not None else "rest: ")
        + ", ".join(
            f"{name.replace('_', ' ')} {tier[name]}" for name in TIER_AMOUNTS if name in tier
        )
        for tier in tiers
    ]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _tier(line: str) -> Tier:
    found = _TIER.fullmatch(line)
    parts = found["amounts"].split(",") if found else []
    amounts = [_AMOUNT.fullmatch(part.strip()) for part in parts]
    if found is None or not all(amounts):
        raise ValidationError(
            gettext("“{line}” is no tier. {how}").format(line=line, how=HOW_TO_WRITE_TIERS)
        )
    given = {
        each["name"].lower().replace(" ", "_"): _decimal(each["value"]) for each in amounts if each
    }
    return Tier(up_to=_decimal(found["up_to"]) if found["up_to"] else None, **given)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(text) > _LONGEST:
        raise ValidationError(
            gettext("“{text}” is no amount: write it like 1234.56.").format(text=text[:40])
        )
    return value
