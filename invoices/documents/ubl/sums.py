"""VAT and totals in UBL."""

from lxml import etree

from invoices.documents.semantic.document import Document, VatGroup
from invoices.documents.ubl.names import CAC, CBC
from invoices.documents.ubl.shared import add_amount, add_tax_category, close_tax_category
from invoices.documents.xml import branch, leaf


def add_sums(root: etree._Element, document: Document) -> None:
    """Append VAT by category and rate, VAT in the tax currency, and the totals."""
    tax = branch(root, CAC + "TaxTotal")
    add_amount(tax, CBC + "TaxAmount", document.totals.vat, document.currency)
    for group in document.vat_groups:
        _add_group(tax, group, document.currency)
    if document.totals.vat_in_tax_currency is not None:
        again = branch(root, CAC + "TaxTotal")
        translated = document.totals.vat_in_tax_currency
        add_amount(again, CBC + "TaxAmount", translated, document.tax_currency)
    _add_totals(root, document)


def _add_group(tax: etree._Element, group: VatGroup, currency: str) -> None:
    element = branch(tax, CAC + "TaxSubtotal")
    add_amount(element, CBC + "TaxableAmount", group.base, currency)
    add_amount(element, CBC + "TaxAmount", group.tax, currency)
    category = add_tax_category(element, CAC + "TaxCategory", group.category, group.rate)
    leaf(category, CBC + "TaxExemptionReasonCode", group.exemption_code)
    leaf(category, CBC + "TaxExemptionReason", group.exemption_reason)
    close_tax_category(category)


def _add_totals(root: etree._Element, document: Document) -> None:
    totals, currency = document.totals, document.currency
    element = branch(root, CAC + "LegalMonetaryTotal")
    add_amount(element, CBC + "LineExtensionAmount", totals.lines, currency)
    add_amount(element, CBC + "TaxExclusiveAmount", totals.net, currency)
    add_amount(element, CBC + "TaxInclusiveAmount", totals.gross, currency)
    for name, value in (
        ("AllowanceTotalAmount", totals.allowances),
        ("ChargeTotalAmount", totals.charges),
        ("PrepaidAmount", totals.prepaid),
        ("PayableRoundingAmount", totals.rounding),
    ):
        if value:
            add_amount(element, CBC + name, value, currency)
    add_amount(element, CBC + "PayableAmount", totals.payable, currency)
