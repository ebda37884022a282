"""Payment, VAT and totals in CII."""

import re

from lxml import etree

from invoices.documents.cii.names import QDT, RAM
from invoices.documents.cii.shared import (
    add_allowance_charge,
    add_amount,
    add_date,
    add_identifiers,
    add_period,
    add_registration,
)
from invoices.documents.semantic.document import Document, Preceding, VatGroup
from invoices.documents.semantic.parties import Payee
from invoices.documents.semantic.payment import CreditTransfer, PaymentInstructions
from invoices.documents.xml import branch, leaf, nested, number

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}")


def add_settlement(transaction: etree._Element, document: Document) -> etree._Element:
    """Append and return what is to be paid, and how."""
    element = branch(transaction, RAM + "ApplicableHeaderTradeSettlement")
    _add_references(element, document)
    if document.payee:
        _add_payee(element, document.payee)
    if document.payment:
        for transfer in document.payment.transfers or (None,):
            _add_means(element, document.payment, transfer)
    for group in document.vat_groups:
        _add_group(element, group)
    if document.period:
        add_period(element, document.period)
    for each in document.allowances_charges:
        add_allowance_charge(element, each)
    _add_terms(element, document)
    _add_totals(element, document)
    for preceding in document.preceding:
        _add_preceding(element, preceding)
    return element


def _add_references(settlement: etree._Element, document: Document) -> None:
    payment = document.payment
    if payment and payment.direct_debit:
        leaf(settlement, RAM + "CreditorReferenceID", payment.direct_debit.creditor_id)
    leaf(settlement, RAM + "PaymentReference", payment.remittance if payment else "")
    leaf(settlement, RAM + "TaxCurrencyCode", document.tax_currency)
    leaf(settlement, RAM + "InvoiceCurrencyCode", document.currency)


def _add_payee(settlement: etree._Element, payee: Payee) -> None:
    element = branch(settlement, RAM + "PayeeTradeParty")
    add_identifiers(element, (payee.identifier,) if payee.identifier else ())
    leaf(element, RAM + "Name", payee.name)
    add_registration(element, payee.registration, "")


def _add_means(
    settlement: etree._Element, payment: PaymentInstructions, transfer: CreditTransfer | None
) -> None:
    element = branch(settlement, RAM + "SpecifiedTradeSettlementPaymentMeans")
    leaf(element, RAM + "TypeCode", payment.means)
    leaf(element, RAM + "Information", payment.means_text)
    if payment.direct_debit:
        debited = payment.direct_debit.debited_account
        nested(element, RAM + "PayerPartyDebtorFinancialAccount", RAM + "IBANID", debited)
    if transfer:
        account = branch(element, RAM + "PayeePartyCreditorFinancialAccount")
        is_iban = _IBAN.match(transfer.account) is not None
        leaf(account, RAM + "IBANID", transfer.account if is_iban else "")
        leaf(account, RAM + "AccountName", transfer.holder)
        leaf(account, RAM + "ProprietaryID", "" if is_iban else transfer.account)
        bank = RAM + "PayeeSpecifiedCreditorFinancialInstitution"
        nested(element, bank, RAM + "BICID", transfer.bic)


def _add_group(settlement: etree._Element, group: VatGroup) -> None:
    element = branch(settlement, RAM + "ApplicableTradeTax")
    add_amount(element, "CalculatedAmount", group.tax)
    leaf(element, RAM + "TypeCode", "VAT")
    leaf(element, RAM + "ExemptionReason", group.exemption_reason)
    add_amount(element, "BasisAmount", group.base)
    leaf(element, RAM + "CategoryCode", group.category)
    leaf(element, RAM + "ExemptionReasonCode", group.exemption_code)
    leaf(element, RAM + "RateApplicablePercent", number(group.rate))


def _add_terms(settlement: etree._Element, document: Document) -> None:
    element = branch(settlement, RAM + "SpecifiedTradePaymentTerms")
    leaf(element, RAM + "Description", document.terms.written() if document.terms else "")
    if document.due_date:
        add_date(element, "DueDateDateTime", document.due_date)
    if document.payment and document.payment.direct_debit:
        leaf(element, RAM + "DirectDebitMandateID", document.payment.direct_debit.mandate)


def _add_totals(settlement: etree._Element, document: Document) -> None:
    totals = document.totals
    element = branch(settlement, RAM + "SpecifiedTradeSettlementHeaderMonetarySummation")
    add_amount(element, "LineTotalAmount", totals.lines)
    if totals.charges:
        add_amount(element, "ChargeTotalAmount", totals.charges)
    if totals.allowances:
        add_amount(element, "AllowanceTotalAmount", totals.allowances)
    add_amount(element, "TaxBasisTotalAmount", totals.net)
    add_amount(element, "TaxTotalAmount", totals.vat, document.currency)
    if totals.vat_in_tax_currency is not None:
        add_amount(element, "TaxTotalAmount", totals.vat_in_tax_currency, document.tax_currency)
    if totals.rounding:
        add_amount(element, "RoundingAmount", totals.rounding)
    add_amount(element, "GrandTotalAmount", totals.gross)
    if totals.prepaid:
        add_amount(element, "TotalPrepaidAmount", totals.prepaid)
    add_amount(element, "DuePayableAmount", totals.payable)


def _add_preceding(settlement: etree._Element, preceding: Preceding) -> None:
    element = branch(settlement, RAM + "InvoiceReferencedDocument")
    leaf(element, RAM + "IssuerAssignedID", preceding.number)
    if preceding.issue_date:
        add_date(element, "FormattedIssueDateTime", preceding.issue_date, QDT)
