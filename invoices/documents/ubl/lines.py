"""Lines in UBL."""

from lxml import etree

from invoices.documents.semantic.lines import Item, Line, Vat
from invoices.documents.ubl.names import CAC, CBC, Kind
from invoices.documents.ubl.shared import (
    add_allowance_charge,
    add_amount,
    add_identifier,
    add_period,
    add_tax_category,
    close_tax_category,
)
from invoices.documents.xml import branch, clean, leaf, nested, number


def add_line(root: etree._Element, line: Line, kind: Kind, currency: str) -> None:
    """Append a line."""
    element = branch(root, kind.line)
    leaf(element, CBC + "ID", line.id)
    leaf(element, CBC + "Note", line.note)
    unit = {"unitCode": line.unit}
    leaf(element, kind.quantity, number(line.quantity), unit)
    add_amount(element, CBC + "LineExtensionAmount", line.net, currency)
    if line.period:
        add_period(element, line.period)
    nested(element, CAC + "OrderLineReference", CBC + "LineID", line.order_line)
    for each in line.allowances_charges:
        add_allowance_charge(element, each, currency)
    _add_item(element, line.item, line.vat)
    price = branch(element, CAC + "Price")
    leaf(price, CBC + "PriceAmount", number(line.price.amount), {"currencyID": currency})
    if line.price.base_quantity is not None:
        leaf(price, CBC + "BaseQuantity", number(line.price.base_quantity), unit)


def _add_item(line: etree._Element, item: Item, vat: Vat) -> None:
    element = branch(line, CAC + "Item")
    leaf(element, CBC + "Description", item.description)
    leaf(element, CBC + "Name", item.name)
    nested(element, CAC + "BuyersItemIdentification", CBC + "ID", item.buyers_id)
    nested(element, CAC + "SellersItemIdentification", CBC + "ID", item.sellers_id)
    if item.standard_id and clean(item.standard_id.value):
        standard = branch(element, CAC + "StandardItemIdentification")
        add_identifier(standard, CBC + "ID", item.standard_id)
    nested(element, CAC + "OriginCountry", CBC + "IdentificationCode", item.origin_country)
    close_tax_category(
        add_tax_category(element, CAC + "ClassifiedTaxCategory", vat.category, vat.rate)
    )
    for name, value in item.attributes:
        attribute = branch(element, CAC + "AdditionalItemProperty")
        leaf(attribute, CBC + "Name", name)
        leaf(attribute, CBC + "Value", value)
