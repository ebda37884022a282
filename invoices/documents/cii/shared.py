"""What several parts of a CII document are made of."""

from datetime import date
from decimal import Decimal

from lxml import etree

from invoices.documents.cii.names import RAM, UDT
from invoices.documents.semantic.lines import AllowanceCharge, Span, Vat
from invoices.documents.semantic.parties import Address, Identifier
from invoices.documents.xml import amount, branch, leaf, number

_DAY = {"format": "102"}  # UNTDID 2379: CCYYMMDD.


def add_amount(parent: etree._Element, name: str, value: Decimal, currency: str = "") -> None:
    """Append an amount; only VAT totals name their currency."""
    leaf(parent, RAM + name, amount(value), {"currencyID": currency} if currency else None)


def add_date(parent: etree._Element, name: str, on: date, namespace: str = UDT) -> None:
    """Append a day."""
    element = branch(parent, RAM + name)
    leaf(element, namespace + "DateTimeString", on.strftime("%Y%m%d"), _DAY)


def add_identifier(parent: etree._Element, identifier: Identifier) -> None:
    """Append an identifier: with a scheme it is a global one."""
    if identifier.scheme:
        leaf(parent, RAM + "GlobalID", identifier.value, {"schemeID": identifier.scheme})
    else:
        leaf(parent, RAM + "ID", identifier.value)


def add_identifiers(parent: etree._Element, identifiers: tuple[Identifier, ...]) -> None:
    """Append identifiers; the schema wants those without a scheme first."""
    for identifier in sorted(identifiers, key=lambda each: bool(each.scheme)):
        add_identifier(parent, identifier)


def add_registration(parent: etree._Element, registration: Identifier | None, name: str) -> None:
    """Append the number in a register, and the trading name."""
    element = branch(parent, RAM + "SpecifiedLegalOrganization")
    if registration:
        scheme = {"schemeID": registration.scheme} if registration.scheme else None
        leaf(element, RAM + "ID", registration.value, scheme)
    leaf(element, RAM + "TradingBusinessName", name)


def add_address(parent: etree._Element, address: Address) -> None:
    """Append a postal address."""
    element = branch(parent, RAM + "PostalTradeAddress")
    leaf(element, RAM + "PostcodeCode", address.postcode)
    leaf(element, RAM + "LineOne", address.street)
    leaf(element, RAM + "LineTwo", address.additional)
    leaf(element, RAM + "LineThree", address.further)
    leaf(element, RAM + "CityName", address.city)
    leaf(element, RAM + "CountryID", address.country)
    leaf(element, RAM + "CountrySubDivisionName", address.region)


def add_period(parent: etree._Element, period: Span) -> None:
    """Append a period."""
    element = branch(parent, RAM + "BillingSpecifiedPeriod")
    add_date(element, "StartDateTime", period.first_day)
    add_date(element, "EndDateTime", period.last_day)


def add_vat(parent: etree._Element, tag: str, vat: Vat) -> None:
    """Append the VAT category and rate of a line, allowance or charge."""
    element = branch(parent, tag)
    leaf(element, RAM + "TypeCode", "VAT")
    leaf(element, RAM + "CategoryCode", vat.category)
    if vat.rate is not None:
        leaf(element, RAM + "RateApplicablePercent", number(vat.rate))


def add_allowance_charge(parent: etree._Element, each: AllowanceCharge) -> None:
    """Append an allowance or a charge."""
    element = branch(parent, RAM + "SpecifiedTradeAllowanceCharge")
    indicator = branch(element, RAM + "ChargeIndicator")
    leaf(indicator, UDT + "Indicator", "true" if each.is_charge else "false")
    if each.percent is not None:
        leaf(element, RAM + "CalculationPercent", number(each.percent))
    if each.base is not None:
        add_amount(element, "BasisAmount", each.base)
    add_amount(element, "ActualAmount", each.amount)
    leaf(element, RAM + "ReasonCode", each.reason_code)
    leaf(element, RAM + "Reason", each.reason)
    if each.vat:
        add_vat(element, RAM + "CategoryTradeTax", each.vat)
