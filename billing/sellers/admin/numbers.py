"""Decimals as people enter them: with a point, or with a comma."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.money import plain_decimal
from billing.staff.languages import is_german

_WITH_COMMA: Final = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+")  # 1.234,56 and 0,5
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}((,\d{3})+\.\d+|(,\d{3}){2,})")  # 1,234.56
_GROUPED_BY_POINTS: Final = re.compile(r"[+-]?\d{1,3}(\.\d{3}){2,}")  # 1.234.567
# A group in English, and in German: 1,234 and 1.234.
_EITHER_IN_ENGLISH: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_EITHER_IN_GERMAN: Final = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")


class DecimalField(forms.DecimalField):
    """A number with a decimal point or comma; groups of thousands may be set apart by the other."""

    def to_python(self, value: Any) -> Any:
        """Return the number."""
        return super().to_python(pointed(value) if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        """Return a number as the field shows it: saved as it is, it stays the same."""
        if isinstance(value, Decimal) and is_german():
            return plain_decimal(value).replace(".", ",")
        return super().prepare_value(value)


def pointed(text: str) -> str:
    """
    Return a number with a decimal point and without groups; what is no number as it is.

    :raises ValidationError: if a sign may be meant either way: in English a comma before three
        digits, in German a point.
    """
    text = text.strip()
    if (_EITHER_IN_GERMAN if is_german() else _EITHER_IN_ENGLISH).fullmatch(text):
        raise ValidationError(_either_way(text))
    if _GROUPED.fullmatch(text):
        return text.replace(",", "")
    if _GROUPED_BY_POINTS.fullmatch(text):
        return text.replace(".", "")
    if not _WITH_COMMA.fullmatch(text):
        return text
    return text.replace(".", "").replace(",", ".")


def _either_way(text: str) -> str:
    whole, decimals = re.split("[.,]", text)
    if is_german():
        says = gettext(
            "“{text}” may be {whole}{decimals} or {whole},{decimals}: write it without a point."
        )
    else:
        says = gettext(
            "“{text}” may be {whole}{decimals} or {whole}.{decimals}: write it without a comma."
        )
    return says.format(text=text, whole=whole, decimals=decimals)


# A number input would take what the browser's language writes, and drop other signs in silence.
NUMBERS: Final[Mapping[Any, Any]] = {
    models.DecimalField: {
        "form_class": DecimalField,
        "widget": UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
    }
}
