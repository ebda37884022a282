"""A language: its texts, and how it writes numbers, money, days and periods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from billing.money import EXACT, from_minor, minor_digits, plain_decimal

_DAY = timedelta(days=1)
_SIGNS = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
_FINEST = Decimal("0.000001")
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """
    Texts with named gaps, by name, and the habits of writing.

    `money` has the gaps `sign` and `number`, `coded_money` is for currencies without a sign.
    """

    code: str
    texts: Mapping[str, str]
    months: Sequence[str]
    quarters: Sequence[str]
    thousands: str
    decimal_point: str
    money: str
    coded_money: str
    percent: str
    day: str

    def say(self, name: str, **gaps: str) -> str:
        """Return a text with its gaps filled."""
        return self.texts[name].format(**gaps)

    def number(self, value: Decimal, places: int = 0) -> str:
        """Return a number with all its decimal places, but at least so many."""
        whole, _, rest = plain_decimal(abs(value)).partition(".")
        grouped = f"{int(whole):,}".replace(",", self.thousands)
        rest = rest.ljust(places, "0")
        return (MINUS if value < 0 else "") + (
            f"{grouped}{self.decimal_point}{rest}" if rest else grouped
        )

    def price(self, value: Decimal, currency: str) -> str:
        """Return money with all its digits, at least those of the currency."""
        number = self.number(abs(value), minor_digits(currency))
        pattern = self.money if currency in _SIGNS else self.coded_money
        written = pattern.format(sign=_SIGNS.get(currency, currency), number=number)
        return MINUS + written if value < 0 else written

    def amount(self, value: Decimal, currency: str) -> str:
        """Return a reckoned amount, which needs no more than six places to be followed."""
        return self.price(value.quantize(_FINEST, ROUND_HALF_UP, EXACT), currency)

    def minor(self, amount_minor: int, currency: str) -> str:
        """Return an amount given in minor units."""
        return self.price(from_minor(amount_minor, currency), currency)

    def rate(self, value: Decimal) -> str:
        """Return so many percent."""
        return self.percent.format(number=self.number(value))

    def day_of(self, on: date) -> str:
        """Return a day."""
        return self.day.format(
            day=on.day, month=on.month, year=on.year, name=self.months[on.month - 1][:3]
        )

    def span(self, starts_on: date, ends_on: date) -> str:
        """Return "for" the days of a half-open period: a month, a quarter, a year, or from … to."""
        if calendar := self._calendar_span(starts_on, ends_on):
            return calendar
        if ends_on - starts_on <= _DAY:
            return self.say("for_day", day=self.day_of(starts_on))
        return self.say("for_days", first=self.day_of(starts_on), last=self.day_of(ends_on - _DAY))

    def _calendar_span(self, starts_on: date, ends_on: date) -> str:
        if starts_on.day != 1 or ends_on.day != 1:
            return ""
        months = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month
        year = str(starts_on.year)
        if months == 1:
            return self.say("for_month", month=self.months[starts_on.month - 1], year=year)
        if months == 3 and starts_on.month % 3 == 1:
            return self.say("for_quarter", quarter=self.quarters[starts_on.month // 3], year=year)
        return self.say("for_year", year=year) if (months, starts_on.month) == (12, 1) else ""
