"""What several parts of a UBL document are made of."""

from decimal import Decimal

from lxml import etree

from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.lines import AllowanceCharge, Span
from invoices.documents.semantic.parties import Address, Identifier
from invoices.documents.ubl.names import CAC, CBC
from invoices.documents.xml import amount, branch, leaf, nested, number


def add_amount(parent: etree._Element, tag: str, value: Decimal, currency: str) -> None:
    """Append an amount with its currency."""
    leaf(parent, tag, amount(value), {"currencyID": currency})


def add_identifier(parent: etree._Element, tag: str, identifier: Identifier) -> None:
    """Append an identifier with its scheme, if it has one."""
    scheme = {"schemeID": identifier.scheme} if identifier.scheme else None
    leaf(parent, tag, identifier.value, scheme)


def add_period(parent: etree._Element, period: Span) -> None:
    """Append a period."""
    element = branch(parent, CAC + "InvoicePeriod")
    leaf(element, CBC + "StartDate", period.first_day.isoformat())
    leaf(element, CBC + "EndDate", period.last_day.isoformat())


def add_address(parent: etree._Element, tag: str, address: Address) -> None:
    """Append a postal address."""
    element = branch(parent, tag)
    leaf(element, CBC + "StreetName", address.street)
    leaf(element, CBC + "AdditionalStreetName", address.additional)
    leaf(element, CBC + "CityName", address.city)
    leaf(element, CBC + "PostalZone", address.postcode)
    leaf(element, CBC + "CountrySubentity", address.region)
    nested(element, CAC + "AddressLine", CBC + "Line", address.further)
    nested(element, CAC + "Country", CBC + "IdentificationCode", address.country)


def add_tax_category(
    parent: etree._Element, tag: str, category: Category, rate: Decimal | None
) -> etree._Element:
    """Append a VAT category but for its scheme, which comes last: `close_tax_category`."""
    element = branch(parent, tag)
    leaf(element, CBC + "ID", category)
    if rate is not None:
        leaf(element, CBC + "Percent", number(rate))
    return element


def close_tax_category(element: etree._Element) -> None:
    """Append to a tax category what tax it is of."""
    leaf(branch(element, CAC + "TaxScheme"), CBC + "ID", "VAT")


def add_allowance_charge(parent: etree._Element, each: AllowanceCharge, currency: str) -> None:
    """Append an allowance or a charge."""
    element = branch(parent, CAC + "AllowanceCharge")
    leaf(element, CBC + "ChargeIndicator", "true" if each.is_charge else "false")
    leaf(element, CBC + "AllowanceChargeReasonCode", each.reason_code)
    leaf(element, CBC + "AllowanceChargeReason", each.reason)
    if each.percent is not None:
        leaf(element, CBC + "MultiplierFactorNumeric", number(each.percent))
    add_amount(element, CBC + "Amount", each.amount, currency)
    if each.base is not None:
        add_amount(element, CBC + "BaseAmount", each.base, currency)
    if each.vat:
        close_tax_category(
            add_tax_category(element, CAC + "TaxCategory", each.vat.category, each.vat.rate)
        )
