"""
Filters of lists: declared with django-filter, said and refused like everything else.

A value is read by a field of the API, not by a form: so it means the same here as in a body. Ranges
are half-open: `…_from` is the first that is wanted, `…_until` the first that no longer is. A range
that nothing narrows leads: the list is in its order, so that a page costs the same however many
rows lie outside of it.
"""

import re
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet
from django_filters import Filter, FilterSet
from rest_framework import serializers

from billing.api.inputs.fields import (
    DATE,
    CurrencyField,
    DayField,
    ExactField,
    IdField,
    OneOfField,
    ReferenceField,
    TextField,
)
from billing.api.references import LONGEST
from billing.api.scoped import Endpoint
from billing.money import from_minor, to_minor

Row = TypeVar("Row", bound=Model)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class MomentField(TextField):
    """An instant with its offset, or a day, which stands for its first moment."""

    default_error_messages = {
        "invalid": "Give a day (2026-03-01) or an instant with its offset (2026-03-01T12:00:00Z)."
    }

    def to_internal_value(self, data: Any) -> str:
        """Return the text; which moment a day begins at is known with the seller."""
        text = super().to_internal_value(data.replace(" ", "+") if isinstance(data, str) else data)
        if DATE.fullmatch(text):
            DayField().run_validation(text)
        elif not INSTANT.fullmatch(text):
            self.fail("invalid")
        else:
            try:
                datetime.fromisoformat(text)
            except ValueError:
                self.fail("invalid")
        return text


class Said(Filter):  # type: ignore[misc]  # The package has no types.
    """
    A filter by one column, its value said as a field of the API.

    It `narrows` if few rows have a value. Only what narrows can go with a range that `needs` that.
    """

    needs = False

    def __init__(
        self,
        said: serializers.Field[Any, Any, Any, Any],
        *,
        column: str = "",
        lookup: str = "exact",
        narrows: bool = False,
        leads: bool = False,
    ) -> None:
        """The column is that of the filter's name unless it is given; some `leads` the order."""
        super().__init__(field_name=column or None, lookup_expr=lookup)
        self.said, self.narrows, self.leads = said, narrows, leads

    def __deepcopy__(self, memo: object) -> Self:
        """Return a copy for a request: what was declared stays shared."""
        return copy(self)

    def value(self, endpoint: Endpoint, said: Any, asked: Mapping[str, Any], name: str) -> Any:
        """Return what the column is compared with."""
        return said


class Word(Said):
    """One of some words."""

    def __init__(self, choices: Iterable[str], *, column: str = "", help_text: str = "") -> None:
        """The words that there are."""
        said = OneOfField(choices=list(choices), required=False, help_text=help_text or None)
        super().__init__(said, column=column)


class Text(Said):
    """A text that a column holds exactly."""

    def __init__(
        self, max_length: int = LONGEST, *, column: str = "", narrows: bool = False, help_text: str
    ) -> None:
        """As long as the column at most."""
        said = TextField(max_length=max_length, required=False, help_text=help_text)
        super().__init__(said, column=column, narrows=narrows)


class OwnId(Text):
    """The caller's own id."""

    def __init__(self) -> None:
        """It names one row at most."""
        super().__init__(column="external_id", narrows=True, help_text="Your own id of it.")


class Identifier(Said):
    """An id of something that has no rows of its own here."""

    def __init__(self, *, column: str, help_text: str = "") -> None:
        """Few rows have it."""
        said = IdField(required=False, help_text=help_text or None)
        super().__init__(said, column=column, narrows=True)


class Of(Said):
    """A row of the seller that others belong to, by its id or `ext:…` or `code:…`."""

    def __init__(
        self,
        model: type[Model],
        *,
        known_as: str = "ext",
        column: str = "",
        narrows: bool = True,
        required: bool = False,
    ) -> None:
        """`known_as` is the scheme that may stand instead of an id."""
        said = ReferenceField(known_as=known_as, required=required)
        super().__init__(said, column=column, narrows=narrows)
        self.of = model

    def value(self, endpoint: Endpoint, said: Any, asked: Mapping[str, Any], name: str) -> Any:
        """
        Return the row.

        :raises ValidationError: if the seller has none such.
        """
        return endpoint.resolve(self.of, said, field=name)


def _in_order(told: str, what: str, *, leads: bool) -> str:
    """Return what is told of a range: one that nothing narrows puts the list in its order."""
    return f"{told} The list is then in this order, the {what} first." if leads else told


class Days(Said):
    """One end of a range of days."""

    def __init__(
        self, column: str, lookup: str, *, leads: bool = True, needs: bool = False
    ) -> None:
        """`lookup` is gte or lt."""
        told = "First day wanted." if lookup == "gte" else "First day no longer wanted."
        super().__init__(
            DayField(required=False, help_text=_in_order(told, "latest", leads=leads)),
            column=column,
            lookup=lookup,
            leads=leads,
        )
        self.needs = needs


class Moments(Said):
    """One end of a range of instants."""

    def __init__(
        self, column: str, lookup: str, *, leads: bool = True, needs: bool = False
    ) -> None:
        """`lookup` is gte or lt."""
        told = "First moment wanted" if lookup == "gte" else "First moment no longer wanted"
        text = f"{told}: an instant with its offset, or a day of the seller's time zone."
        said = MomentField(required=False, help_text=_in_order(text, "latest", leads=leads))
        super().__init__(said, column=column, lookup=lookup, leads=leads)
        self.needs = needs

    def value(self, endpoint: Endpoint, said: Any, asked: Mapping[str, Any], name: str) -> Any:
        """Return the instant."""
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is None:
            zone = ZoneInfo(endpoint.seller.timezone)
            moment = datetime.combine(moment.date(), time.min, zone)
        return moment


class Amounts(Said):
    """One end of a range of amounts in the currency that is asked for, or the seller's."""

    def __init__(self, column: str, lookup: str) -> None:
        """`lookup` is gte or lt."""
        told = "Least amount wanted" if lookup == "gte" else "Least amount no longer wanted"
        text = f"{told}; in `currency`, or the seller's."
        said = ExactField(required=False, help_text=_in_order(text, "largest", leads=True))
        super().__init__(said, column=column, lookup=lookup, leads=True)

    def value(self, endpoint: Endpoint, said: Any, asked: Mapping[str, Any], name: str) -> Any:
        """
        Return the amount in minor units.

        :raises ValidationError: if the currency has no such small amounts.
        """
        currency = asked.get("currency", endpoint.seller.currency)
        amount: Decimal = said
        minor = to_minor(amount, currency)
        if from_minor(minor, currency) != amount:
            raise serializers.ValidationError(
                {name: [f"{currency} has no such small amounts."]}, code="max_decimal_places"
            )
        return minor


def days(column: str, *, leads: bool = True, needs: bool = False) -> tuple[Days, Days]:
    """Return the two ends of a range of days."""
    return (
        Days(column, "gte", leads=leads, needs=needs),
        Days(column, "lt", leads=leads, needs=needs),
    )


def moments(column: str, *, leads: bool = True, needs: bool = False) -> tuple[Moments, Moments]:
    """Return the two ends of a range of instants."""
    return (
        Moments(column, "gte", leads=leads, needs=needs),
        Moments(column, "lt", leads=leads, needs=needs),
    )


def amounts(column: str) -> tuple[Amounts, Amounts]:
    """Return the two ends of a range of amounts."""
    return Amounts(column, "gte"), Amounts(column, "lt")


def currency() -> Said:
    """Return the filter of rows in a currency."""
    return Said(CurrencyField(required=False), column="currency")


class Filters(FilterSet):  # type: ignore[misc]  # The package has no types.
    """What a list can be filtered by. Its values are checked before: by the list's query."""

    @classmethod
    def declared(cls) -> dict[str, Said]:
        """Return the filters by their names."""
        return dict(cls.base_filters)

    @classmethod
    def fields(cls) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields by which their values are said."""
        return {name: each.said for name, each in cls.declared().items()}

    @classmethod
    def wanted(
        cls, endpoint: Endpoint, asked: Mapping[str, Any], *, wholly: bool = False
    ) -> dict[str, Any]:
        """
        Return what is wanted, by filter; `wholly`: in one file, not in pages.

        :raises ValidationError: naming what isn't there, or can't be asked like that.
        """
        declared = cls.declared()
        mine = {name: asked[name] for name in declared if name in asked}
        is_narrow = wholly or any(declared[name].narrows for name in mine)
        for name in mine:
            if declared[name].needs and not is_narrow:
                narrow = ", ".join(each for each, one in declared.items() if one.narrows)
                why = f"Give it together with one of {narrow}, or take all as a file."
                raise serializers.ValidationError({name: [why]}, code="too_wide")
        wanted = {
            name: declared[name].value(endpoint, said, asked, name) for name, said in mine.items()
        }
        if "currency" in declared and any(isinstance(declared[name], Amounts) for name in mine):
            wanted.setdefault("currency", endpoint.seller.currency)
        return wanted

    @classmethod
    def leading(cls, wanted: Mapping[str, Any]) -> str:
        """Return the column whose order the list is in; empty: its own."""
        found = [cls.declared()[name] for name in wanted]
        if any(each.narrows for each in found):
            return ""
        return next((str(each.field_name) for each in found if each.leads), "")

    def filter_queryset(self, queryset: QuerySet[Row]) -> QuerySet[Row]:
        """Return those of the rows that are wanted."""
        for name, value in self.data.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    @property
    def qs(self) -> QuerySet[Any]:
        """The rows that are wanted."""
        return self.filter_queryset(self.queryset)
