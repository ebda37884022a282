"""
Writes a document as UBL 2.1: an Invoice or a CreditNote.

The order of the elements is the schema's. Source: EN 16931-3-2.
"""

from typing import Final

from lxml import etree

from invoices.documents.profiles import Specification
from invoices.documents.semantic.document import Document, Preceding
from invoices.documents.ubl.lines import add_line
from invoices.documents.ubl.names import CAC, CBC, CREDIT_NOTE, INVOICE, NAMESPACES, Kind
from invoices.documents.ubl.parties import add_delivery, add_parties
from invoices.documents.ubl.payment import add_payment
from invoices.documents.ubl.shared import add_allowance_charge, add_period
from invoices.documents.ubl.sums import add_sums
from invoices.documents.xml import branch, clean, drop_empty, leaf, nested, serialized

_REFERENCE: Final = CAC + "InvoiceDocumentReference"
_PROJECT: Final = "50"  # UNTDID 1001


def write(document: Document, specification: Specification) -> bytes:
    """Return the document's XML."""
    kind = CREDIT_NOTE if document.type_code.is_credit_note else INVOICE
    # The stubs don't know that a namespace can be the default one.
    namespaces: dict[str, str] = {None: kind.namespace, **NAMESPACES}  # type: ignore[dict-item]
    root = etree.Element(kind.root, nsmap=namespaces)
    leaf(root, CBC + "CustomizationID", specification.id)
    leaf(root, CBC + "ProfileID", specification.process)
    _add_head(root, document, kind)
    _add_references(root, document)
    add_parties(root, document)
    add_delivery(root, document.delivery)
    add_payment(root, document, kind)
    for each in document.allowances_charges:
        add_allowance_charge(root, each, document.currency)
    add_sums(root, document)
    drop_empty(root)
    for line in document.lines:
        add_line(root, line, kind, document.currency)
    return serialized(root)


def _add_head(root: etree._Element, document: Document, kind: Kind) -> None:
    leaf(root, CBC + "ID", document.number)
    leaf(root, CBC + "IssueDate", document.issue_date.isoformat())
    if document.due_date and kind is INVOICE:  # A credit note says it with the payment means.
        leaf(root, CBC + "DueDate", document.due_date.isoformat())
    leaf(root, kind.type_code, document.type_code)
    for note in document.notes:
        leaf(root, CBC + "Note", f"#{note.subject}#{note.text}" if note.subject else note.text)
    leaf(root, CBC + "DocumentCurrencyCode", document.currency)
    leaf(root, CBC + "TaxCurrencyCode", document.tax_currency)
    leaf(root, CBC + "BuyerReference", document.buyer_reference)


def _add_references(root: etree._Element, document: Document) -> None:
    if document.period:
        add_period(root, document.period)
    nested(root, CAC + "OrderReference", CBC + "ID", document.order)
    for each in document.preceding:
        _add_preceding(root, each)
    nested(root, CAC + "ContractDocumentReference", CBC + "ID", document.contract)
    if not document.type_code.is_credit_note:
        nested(root, CAC + "ProjectReference", CBC + "ID", document.project)
    elif clean(document.project):  # A credit note has no element for it.
        reference = branch(root, CAC + "AdditionalDocumentReference")
        leaf(reference, CBC + "ID", document.project)
        leaf(reference, CBC + "DocumentTypeCode", _PROJECT)


def _add_preceding(root: etree._Element, preceding: Preceding) -> None:
    reference = branch(branch(root, CAC + "BillingReference"), _REFERENCE)
    leaf(reference, CBC + "ID", preceding.number)
    if preceding.issue_date:
        leaf(reference, CBC + "IssueDate", preceding.issue_date.isoformat())
