"""Who sells, who buys, and what their contract says."""

from collections.abc import Iterator
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

from iso3166 import countries_by_alpha2

from billing.money import UnknownCurrency, minor_digits
from billing.simulation.reading.fields import Fields
from billing.simulation.reading.values import hint
from billing.simulation.scenario import (
    ContractTerms,
    CustomerTerms,
    Grouping,
    SellerTerms,
    TermMonths,
)

MOST_MONTHS = 1200
_SELLER = ("country", "timezone", "currency", "oss", "small_business", "registrations")
_CUSTOMER = ("country", "kind", "vat_id", "delivery_country")
_REGISTRATION = ("country", "vat_id")


class CustomerKind(StrEnum):
    """Whom the law takes a customer for."""

    BUSINESS = "business"
    CONSUMER = "consumer"


def seller_terms(scenario: Fields) -> SellerTerms:
    """Return who sells; by default a German company that charges euros."""
    if not scenario.given("seller"):
        return SellerTerms()
    fields = Fields(scenario.at("seller"), "seller", _SELLER)
    default = SellerTerms()
    return SellerTerms(
        country=_country(fields, default.country),
        zone=_zone(fields, default.zone),
        currency=_currency(fields, default.currency),
        oss=fields.flag("oss"),
        small_business=fields.flag("small_business"),
        registrations=tuple(_registrations(fields)),
    )


def customer_terms(scenario: Fields) -> CustomerTerms:
    """Return who buys. A VAT id isn't checked here: one that isn't valid doesn't count."""
    if not scenario.given("customer"):
        return CustomerTerms()
    fields = Fields(scenario.at("customer"), "customer", _CUSTOMER)
    return CustomerTerms(
        country=_country(fields, CustomerTerms().country),
        kind=fields.choice("kind", CustomerKind, CustomerKind.BUSINESS).value,
        vat_id=fields.maybe(fields.text, "vat_id"),
        delivery_country=_country(fields, "", key="delivery_country") or None,
    )


def contract_terms(scenario: Fields) -> ContractTerms:
    """Return what is agreed of invoices and of the end."""
    if not scenario.given("contract"):
        return ContractTerms()
    fields = Fields(scenario.at("contract"), "contract", ("grouping", "invoice_day", "term"))
    return ContractTerms(
        grouping=fields.choice("grouping", Grouping, Grouping.PER_EVENT),
        invoice_day=fields.month_day("invoice_day") if fields.given("invoice_day") else 1,
        term=_term(fields) if fields.given("term") else None,
    )


def _term(contract: Fields) -> TermMonths:
    known = ("initial_months", "renewal_months", "notice_months")
    fields = Fields(contract.at("term"), "term", known)
    term = TermMonths(
        initial_months=fields.whole("initial_months"),
        renewal_months=fields.maybe(fields.whole, "renewal_months"),
        notice_months=fields.whole("notice_months", 0),
    )
    for name in known:
        if (getattr(term, name) or 0) > MOST_MONTHS:
            raise fields.refuse(name, f"{name} must be at most {MOST_MONTHS}.")
    return term


def _registrations(seller: Fields) -> Iterator[tuple[str, str]]:
    for told in seller.items("registrations"):
        fields = Fields(told, "a registration", _REGISTRATION)
        fields.at("country")
        yield _country(fields, ""), fields.text("vat_id")


def _country(fields: Fields, default: str, *, key: str = "country") -> str:
    code = fields.text(key, default)
    if code not in countries_by_alpha2 and fields.given(key):
        raise fields.refuse(
            key, f"there is no country {code[:60]!r}: give an ISO 3166 code such as DE."
        )
    return code


def _zone(fields: Fields, default: str) -> str:
    name = fields.text("timezone", default)
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        known = hint(name, sorted(available_timezones()))
        example = known if known.endswith("?") else "give one such as Europe/Berlin."
        problem = f"there is no time zone {name[:60]!r}: {example}"
        raise fields.refuse("timezone", problem) from None
    return name


def _currency(fields: Fields, default: str) -> str:
    code = fields.text("currency", default)
    try:
        minor_digits(code)
    except UnknownCurrency as error:
        raise fields.refuse("currency", str(error)) from error
    return code
