"""Payment in UBL: each account has payment means of its own."""

from dataclasses import replace

from lxml import etree

from invoices.documents.semantic.document import Document
from invoices.documents.semantic.payment import CreditTransfer, DirectDebit, PaymentInstructions
from invoices.documents.ubl.names import CAC, CBC, CREDIT_NOTE, Kind
from invoices.documents.xml import branch, clean, leaf, nested


def add_payment(root: etree._Element, document: Document, kind: Kind) -> None:
    """Append payment means and terms."""
    if document.payment:
        due = document.due_date.isoformat() if document.due_date and kind is CREDIT_NOTE else ""
        said = document.payment  # Words and due date stand with the first account only.
        for transfer in document.payment.transfers or (None,):
            element = _add_means(root, said, due)
            said, due = replace(said, means_text=""), ""
            if transfer:
                _add_transfer(element, transfer)
            if document.payment.direct_debit:
                _add_debit(element, document.payment.direct_debit)
    if document.terms:
        nested(root, CAC + "PaymentTerms", CBC + "Note", document.terms.written())


def _add_means(root: etree._Element, payment: PaymentInstructions, due: str) -> etree._Element:
    element = branch(root, CAC + "PaymentMeans")
    named = {"name": words} if (words := clean(payment.means_text)) else None
    leaf(element, CBC + "PaymentMeansCode", payment.means, named)
    leaf(element, CBC + "PaymentDueDate", due)
    leaf(element, CBC + "PaymentID", payment.remittance)
    return element


def _add_transfer(means: etree._Element, transfer: CreditTransfer) -> None:
    account = branch(means, CAC + "PayeeFinancialAccount")
    leaf(account, CBC + "ID", transfer.account)
    leaf(account, CBC + "Name", transfer.holder)
    nested(account, CAC + "FinancialInstitutionBranch", CBC + "ID", transfer.bic)


def _add_debit(means: etree._Element, debit: DirectDebit) -> None:
    element = branch(means, CAC + "PaymentMandate")
    leaf(element, CBC + "ID", debit.mandate)
    nested(element, CAC + "PayerFinancialAccount", CBC + "ID", debit.debited_account)
