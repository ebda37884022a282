"""Lines in CII."""

from lxml import etree

from invoices.documents.cii.names import RAM
from invoices.documents.cii.shared import (
    add_allowance_charge,
    add_amount,
    add_identifier,
    add_period,
    add_vat,
)
from invoices.documents.semantic.lines import Item, Line, Price
from invoices.documents.xml import branch, leaf, nested, number


def add_line(transaction: etree._Element, line: Line) -> None:
    """Append a line."""
    element = branch(transaction, RAM + "IncludedSupplyChainTradeLineItem")
    head = branch(element, RAM + "AssociatedDocumentLineDocument")
    leaf(head, RAM + "LineID", line.id)
    nested(head, RAM + "IncludedNote", RAM + "Content", line.note)
    _add_product(element, line.item)
    unit = {"unitCode": line.unit}
    agreement = branch(element, RAM + "SpecifiedLineTradeAgreement")
    nested(agreement, RAM + "BuyerOrderReferencedDocument", RAM + "LineID", line.order_line)
    _add_price(agreement, line.price, unit)
    delivery = branch(element, RAM + "SpecifiedLineTradeDelivery")
    leaf(delivery, RAM + "BilledQuantity", number(line.quantity), unit)
    _add_settlement(element, line)


def _add_product(line: etree._Element, item: Item) -> None:
    element = branch(line, RAM + "SpecifiedTradeProduct")
    if item.standard_id:
        add_identifier(element, item.standard_id)
    leaf(element, RAM + "SellerAssignedID", item.sellers_id)
    leaf(element, RAM + "BuyerAssignedID", item.buyers_id)
    leaf(element, RAM + "Name", item.name)
    leaf(element, RAM + "Description", item.description)
    for name, value in item.attributes:
        attribute = branch(element, RAM + "ApplicableProductCharacteristic")
        leaf(attribute, RAM + "Description", name)
        leaf(attribute, RAM + "Value", value)
    nested(element, RAM + "OriginTradeCountry", RAM + "ID", item.origin_country)


def _add_price(agreement: etree._Element, price: Price, unit: dict[str, str]) -> None:
    element = branch(agreement, RAM + "NetPriceProductTradePrice")
    leaf(element, RAM + "ChargeAmount", number(price.amount))
    if price.base_quantity is not None:
        leaf(element, RAM + "BasisQuantity", number(price.base_quantity), unit)


def _add_settlement(element: etree._Element, line: Line) -> None:
    settlement = branch(element, RAM + "SpecifiedLineTradeSettlement")
    add_vat(settlement, RAM + "ApplicableTradeTax", line.vat)
    if line.period:
        add_period(settlement, line.period)
    for each in line.allowances_charges:
        add_allowance_charge(settlement, each)
    summation = branch(settlement, RAM + "SpecifiedTradeSettlementLineMonetarySummation")
    add_amount(summation, "LineTotalAmount", line.net)
