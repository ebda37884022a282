"""A language of printed documents: its labels, and how it writes what stands beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date

from billing.money import minor_digits
from billing.wording.language import MINUS, Language
from invoices.documents.pdf.titles import Title
from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.lines import Span

_NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """
    Labels by name, some with gaps; the names of titles, categories and units (one, many).

    Numbers and money are written as in the explanations, which stand on the same page.
    """

    language: Language
    locale: Locale
    date_format: str
    short_date_format: str
    titles: Mapping[Title, str]
    corrects: Mapping[Title, str]
    categories: Mapping[Category, str]
    units: Mapping[str, tuple[str, str]]
    labels: Mapping[str, str]

    def say(self, label: str, /, **gaps: str) -> str:
        """Return a label with its gaps filled."""
        return self.labels[label].format(**gaps)

    def amount(self, value: Decimal, currency: str) -> str:
        """Return money with the decimals of its currency; with two at least if it has any."""
        places = minor_digits(currency)
        if value != value.to_integral_value():
            places = max(places, 2)
        number = self.language.number(abs(value), places)
        # The language's own pattern around another number of decimals.
        zero = self.language.price(Decimal(0), currency)
        money = zero.replace(self.language.number(Decimal(0), minor_digits(currency)), number)
        return (MINUS if value < 0 else "") + _unbroken(money)

    def price(self, value: Decimal, currency: str) -> str:
        """Return a unit price with all its decimals."""
        return _unbroken(self.language.price(value, currency))

    def number(self, value: Decimal) -> str:
        """Return a number with all its decimals."""
        return self.language.number(value)

    def percent(self, value: Decimal) -> str:
        """Return so many percent."""
        return _unbroken(self.language.rate(value))

    def day(self, on: date) -> str:
        """Return a day: 31.12.2026, 31 December 2026."""
        return _unbroken(format_date(on, self.date_format, self.locale))

    def month(self, of: date) -> str:
        """Return the month of a day: Dezember 2026."""
        return _unbroken(format_date(of, "LLLL yyyy", self.locale))

    def span(self, span: Span) -> str:
        """Return a period by its first and last day, in as few signs as are clear."""
        if span.first_day == span.last_day:
            return self._short_day(span.last_day)
        return f"{self._short_day(span.first_day)} \N{EN DASH} {self._short_day(span.last_day)}"

    def quantity(self, value: Decimal, unit: str) -> str:
        """Return a quantity with its unit."""
        return f"{self.number(value)}{_NO_BREAK}{_unbroken(self.unit(value, unit))}"

    def unit(self, value: Decimal, code: str) -> str:
        """Return the name of a unit for a quantity; its code if it has none here."""
        one, many = self.units.get(code, (code, code))
        return one if abs(value) == 1 else many

    def country(self, code: str) -> str:
        """Return the name of a country."""
        return str(self.locale.territories.get(code, code))

    def _short_day(self, on: date) -> str:
        return _unbroken(format_date(on, self.short_date_format, self.locale))


def _unbroken(text: str) -> str:
    return text.replace(" ", _NO_BREAK)
