"""Fields of inputs: strict about what they take."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn

from iso3166 import countries_by_alpha2
from rest_framework import serializers

from billing.api import messages
from billing.api.messages import printable
from billing.api.references import Reference, read_reference
from billing.identifiers import check_unit
from billing.money import UnknownCurrency, minor_digits
from billing.texts import first_control

FIRST_DAY, END_OF_DAYS = date(2000, 1, 1), date(2100, 1, 1)
DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
WHOLE_DIGITS, PLACES = 12, 12
LONGEST_NUMBER = 40
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class TextField(serializers.CharField):
    """A line of text: a JSON string without control characters."""

    told_pattern = ""  # Of the API's description, where it is more than a length.
    default_error_messages = {
        **messages.TEXT,
        "control": "This holds a control character ({code}): leave it out.",
    }

    def to_internal_value(self, data: Any) -> str:
        """Return the text without blanks around it."""
        if not isinstance(data, str):
            self.fail("invalid")
        text = data.strip()
        if control := first_control(text):
            self.fail("control", code=control)
        return text


class MailField(serializers.EmailField):
    """An e-mail address."""

    default_error_messages = messages.EMAIL

    def __init__(self, **kwargs: Any) -> None:
        """As long as a column of addresses is."""
        super().__init__(**{"max_length": 254, **kwargs})


class IdField(serializers.UUIDField):
    """The id of something."""

    default_error_messages = messages.ID


def optional(
    max_length: int, help_text: str = "", check: Callable[[str], None] | None = None
) -> TextField:
    """Return a field of text that may be empty; what isn't is checked."""
    return TextField(
        max_length=max_length,
        allow_blank=True,
        default="",
        help_text=help_text or None,
        validators=[partial(_unless_empty, check)] if check else None,
    )


def _unless_empty(check: Callable[[str], None], text: str) -> None:
    if text:
        check(text)


class ExternalIdField(TextField):
    """The caller's own id of something."""

    def __init__(self, **kwargs: Any) -> None:
        """Optional: null means none."""
        super().__init__(required=False, allow_null=True, default=None, max_length=100, **kwargs)


class FlagField(serializers.BooleanField):
    """JSON's true or false, nothing else."""

    default_error_messages = messages.FLAG

    def to_internal_value(self, data: Any) -> bool:
        """Return the flag."""
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:100])
        return data


class WholeField(serializers.IntegerField):
    """A whole number, as JSON number."""

    default_error_messages = messages.WHOLE

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class ExactField(serializers.DecimalField):
    """A price of a unit or a quantity: a decimal string, or a JSON number taken digit by digit."""

    default_error_messages = messages.EXACT

    def __init__(self, *, places: int = PLACES, **kwargs: Any) -> None:
        """At most 12 digits before the decimal point, and `places` after it: what is stored."""
        super().__init__(max_digits=WHOLE_DIGITS + places, decimal_places=places, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the number as given."""
        text = _written_out(data) if isinstance(data, (int, Decimal)) else data
        if not isinstance(text, str) or not DECIMAL.fullmatch(text.strip()):
            self.fail("invalid")
        return self.validate_precision(Decimal(text.strip()))


class DayField(serializers.DateField):
    """A day from 2000 to 2099, as `2026-03-01`."""

    default_error_messages = {
        **messages.ANY,
        "invalid": "Give a day that there is, as YYYY-MM-DD, for example 2026-03-01.",
        "out_of_range": f"Give a day from {FIRST_DAY} up to, but without, {END_OF_DAYS}.",
    }

    def to_internal_value(self, data: Any) -> date:
        """Return the day."""
        if not isinstance(data, str) or not DATE.fullmatch(data):
            self.fail("invalid")
        try:
            day = date.fromisoformat(data)
        except ValueError:
            self.fail("invalid")
        if not FIRST_DAY <= day < END_OF_DAYS:
            self.fail("out_of_range")
        return day


class InstantField(serializers.DateTimeField):
    """An instant with its offset, as `2026-03-01T08:00:00Z`."""

    default_error_messages = {
        **messages.ANY,
        "invalid": "Give an instant with its offset, for example 2026-03-01T08:00:00Z.",
        "out_of_range": f"Give an instant from {FIRST_DAY} up to, but without, {END_OF_DAYS}.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        """Return the instant."""
        if not isinstance(value, str) or not INSTANT.fullmatch(value):
            self.fail("invalid")
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail("invalid")
        if not FIRST_DAY < instant.date() < END_OF_DAYS:
            self.fail("out_of_range")
        return instant


class OneOfField(serializers.ChoiceField):
    """One of several words."""

    default_error_messages = messages.CHOICE

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        """Refuse, and name the choices."""
        named = json.dumps(kwargs.get("input"), default=str)
        words = ", ".join(str(choice) for choice in self.choices)
        super().fail(key, **{**kwargs, "input": printable(named), "choices": words})


class ListField(serializers.ListField):
    """Several values."""

    default_error_messages = messages.LIST


class ObjectField(serializers.DictField):
    """Values by their names."""

    default_error_messages = messages.OBJECT


class CurrencyField(TextField):
    """An ISO 4217 code that amounts can be charged in."""

    told_pattern = "[A-Z]{3}"

    def to_internal_value(self, data: Any) -> str:
        """Return the code."""
        code = super().to_internal_value(data)
        try:
            minor_digits(code)
        except UnknownCurrency as error:
            raise serializers.ValidationError(str(error)[:200], code="unknown_currency") from error
        return code


class CountryField(TextField):
    """An ISO 3166-1 alpha-2 code."""

    told_pattern = "[A-Z]{2}"
    default_error_messages = {"unknown_country": "Give an ISO 3166-1 alpha-2 code, for example DE."}

    def to_internal_value(self, data: Any) -> str:
        """Return the code."""
        code = super().to_internal_value(data)
        if code and code not in countries_by_alpha2:
            self.fail("unknown_country")
        return code


class UnitField(TextField):
    """A unit of quantity, by its code."""

    def __init__(self, **kwargs: Any) -> None:
        """Optional unless it is said otherwise."""
        kwargs.setdefault("help_text", "UN/ECE recommendation 20 code: C62 piece, HUR hour, KWH …")
        super().__init__(max_length=3, validators=[check_unit], **kwargs)


class ReferenceField(TextField):
    """Names a row of the seller by its id, or by `ext:…` or `code:…`."""

    default_error_messages = {"malformed_reference": "Give an id (UUID){or_scheme}."}

    def __init__(self, *, known_as: str, **kwargs: Any) -> None:
        """`known_as` is the scheme that may stand instead of an id."""
        self.known_as = known_as
        or_own = {"ext": " or `ext:` and your own id", "code": " or `code:` and its code"}
        kwargs.setdefault("help_text", f"Its id{or_own.get(known_as, '')}.")
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Reference:  # type: ignore[override]
        """Return what is referred to; the view looks it up among the seller's rows."""
        reference = read_reference(super().to_internal_value(data), known_as=self.known_as)
        if reference is None:
            or_scheme = f" or {self.known_as}:…" if self.known_as else ""
            self.fail("malformed_reference", or_scheme=or_scheme)
        return reference

    def run_validators(self, value: Any) -> None:
        """Nothing more to check: the validators of texts don't know references."""


def _written_out(number: int | Decimal) -> str | None:
    """Return a number of JSON as digits; None for what is too long to be one, and for a flag."""
    if isinstance(number, bool):
        return None
    exact = Decimal(number)
    _, digits, exponent = exact.as_tuple()
    is_short = len(digits) <= LONGEST_NUMBER and abs(int(exponent)) <= LONGEST_NUMBER
    return format(exact, "f") if is_short else None
