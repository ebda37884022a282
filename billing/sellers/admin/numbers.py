"""Decimals as people enter them: with a point, or with a comma."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language, gettext
from unfold.widgets import UnfoldAdminTextInputWidget

_WITH_COMMA: Final = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+")  # 1.234,56 and 0,5
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}((,\d{3})+\.\d+|(,\d{3}){2,})")  # 1,234.56
_EITHER: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")  # 1,234: a group in English.


class DecimalField(forms.DecimalField):
    """A number with a decimal point or comma; groups of thousands may be set apart by the other."""

    def to_python(self, value: Any) -> Any:
        """Return the number."""
        return super().to_python(pointed(value) if isinstance(value, str) else value)


def pointed(text: str) -> str:
    """
    Return a number with a decimal point and without groups; what is no number as it is.

    :raises ValidationError: if a comma may be meant either way; to readers of German it is clear.
    """
    text = text.strip()
    if _GROUPED.fullmatch(text):
        return text.replace(",", "")
    if not _WITH_COMMA.fullmatch(text):
        return text
    if _EITHER.fullmatch(text) and not (get_language() or "").startswith("de"):
        whole, decimals = text.split(",")
        raise ValidationError(
            gettext(
                "“{text}” may be {whole}{decimals} or {whole}.{decimals}: write it without a comma."
            ).format(text=text, whole=whole, decimals=decimals)
        )
    return text.replace(".", "").replace(",", ".")


# A number input would take what the browser's language writes, and drop other signs in silence.
NUMBERS: Final[Mapping[Any, Any]] = {
    models.DecimalField: {
        "form_class": DecimalField,
        "widget": UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
    }
}
