"""Until when what is issued must be kept: a table of years with its sources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from billing.pricing.tax_area import is_in_eu, tax_country
from invoices.issuing.models import Invoice


class Kept(StrEnum):
    """What is kept: documents, the books made of them, letters."""

    VOUCHERS = "vouchers"
    BOOKS = "books"
    LETTERS = "letters"


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many years from the end of the calendar year something is kept, and by which law."""

    years: int
    source: str


_GERMANY = {
    # Since 1 January 2025, for what hadn't run out by then (EGAO Art. 97 § 19a).
    Kept.VOUCHERS: Retention(8, "AO § 147 (1) no. 4, (3); UStG § 14b (1) (BEG IV)"),
    Kept.BOOKS: Retention(10, "AO § 147 (1) no. 1, (3)"),
    Kept.LETTERS: Retention(6, "AO § 147 (1) no. 2 and 3, (3)"),
}
_AUSTRIA = dict.fromkeys(Kept, Retention(7, "BAO § 132 (1)"))
# Elsewhere the longest that is common: who must keep less loses nothing.
_ELSEWHERE = dict.fromkeys(Kept, Retention(10, "2006/112/EC Art. 247: ask a tax adviser"))
RETENTION: Mapping[str, Mapping[Kept, Retention]] = {"DE": _GERMANY, "AT": _AUSTRIA}
ONE_STOP_SHOP = Retention(10, "2006/112/EC Art. 369k (2); UStG § 22 (1)")


def retention(invoice: Invoice) -> Retention:
    """Return how long a document is kept, by the countries of its seller and of its VAT."""
    home = tax_country(invoice.seller_as_printed["country"])
    rules = [rule_of(home, Kept.VOUCHERS)]
    if any(tax["tax_minor"] for tax in invoice.taxes):
        rules += _abroad(invoice, home)
    return max(rules, key=lambda rule: rule.years)


def retained_until(invoice: Invoice) -> date:
    """
    Return the last day on which a document must be kept.

    Longer, while a tax assessment that it matters to can still be changed (AO § 147 (3) 5).
    """
    return end_of(retention(invoice), since=invoice.issue_date)


def end_of(rule: Retention, *, since: date) -> date:
    """Return the last day of a retention that begins at the end of a day's calendar year."""
    return date(since.year + rule.years, 12, 31)


def rule_of(country: str, kept: Kept) -> Retention:
    """Return how long something is kept by a country's law."""
    return RETENTION.get(country, _ELSEWHERE)[kept]


def _abroad(invoice: Invoice, home: str) -> Iterator[Retention]:
    """Yield the rules of other countries whose VAT a document bears, or may: goods go elsewhere."""
    seller: Mapping[str, Any] = invoice.seller_as_printed
    customer: Mapping[str, Any] = invoice.customer_as_printed
    delivery = customer.get("delivery") or {}
    places = {customer["country"], delivery.get("country")} - {"", None}
    for country in {tax_country(place) for place in places} - {home}:
        if seller.get("home_vat_id"):  # It shows the VAT id of a registration there.
            yield rule_of(country, Kept.VOUCHERS)
        elif seller.get("oss") and is_in_eu(country):
            yield ONE_STOP_SHOP
