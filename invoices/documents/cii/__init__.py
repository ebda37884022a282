"""
Writes a document as UN/CEFACT Cross Industry Invoice D16B: XRechnung's other syntax, and ZUGFeRD's.

The order of the elements is the schema's: lines come first. Source: EN 16931-3-3.
"""

from lxml import etree

from invoices.documents.cii.lines import add_line
from invoices.documents.cii.names import NAMESPACES, RAM, RSM
from invoices.documents.cii.parties import add_agreement, add_delivery
from invoices.documents.cii.settlement import add_settlement
from invoices.documents.cii.shared import add_date
from invoices.documents.profiles import Specification
from invoices.documents.semantic.document import Document
from invoices.documents.xml import branch, drop_empty, leaf, serialized


def write(document: Document, specification: Specification) -> bytes:
    """Return the document's XML."""
    root = etree.Element(RSM + "CrossIndustryInvoice", nsmap=NAMESPACES)
    _add_context(root, specification)
    _add_head(root, document)
    transaction = branch(root, RSM + "SupplyChainTradeTransaction")
    for line in document.lines:
        add_line(transaction, line)
    drop_empty(add_agreement(transaction, document))
    drop_empty(add_delivery(transaction, document.delivery))  # Must be there, even if empty.
    drop_empty(add_settlement(transaction, document))
    return serialized(root)


def _add_context(root: etree._Element, specification: Specification) -> None:
    context = branch(root, RSM + "ExchangedDocumentContext")
    if specification.process:
        process = branch(context, RAM + "BusinessProcessSpecifiedDocumentContextParameter")
        leaf(process, RAM + "ID", specification.process)
    guideline = branch(context, RAM + "GuidelineSpecifiedDocumentContextParameter")
    leaf(guideline, RAM + "ID", specification.id)


def _add_head(root: etree._Element, document: Document) -> None:
    head = branch(root, RSM + "ExchangedDocument")
    leaf(head, RAM + "ID", document.number)
    leaf(head, RAM + "TypeCode", document.type_code)
    add_date(head, "IssueDateTime", document.issue_date)
    for note in document.notes:
        element = branch(head, RAM + "IncludedNote")
        leaf(element, RAM + "Content", note.text)
        leaf(element, RAM + "SubjectCode", note.subject)
    drop_empty(head)
