"""Parties and delivery in UBL."""

from dataclasses import replace

from lxml import etree

from invoices.documents.semantic.document import Delivery, Document
from invoices.documents.semantic.parties import (
    Contact,
    Identifier,
    Party,
    Payee,
    TaxRepresentative,
)
from invoices.documents.ubl.names import CAC, CBC
from invoices.documents.ubl.shared import add_address, add_identifier
from invoices.documents.xml import branch, clean, leaf, nested


def add_parties(root: etree._Element, document: Document) -> None:
    """Append seller, buyer, payee and tax representative."""
    seller = replace(document.seller, identifiers=document.seller.identifiers + _creditor(document))
    # Tax number and register are the seller's to say.
    buyer = replace(document.buyer, tax_number="", legal_information="")
    _add_party(root, "AccountingSupplierParty", seller)
    _add_party(root, "AccountingCustomerParty", buyer)
    if document.payee:
        _add_payee(root, document.payee)
    if document.tax_representative:
        _add_representative(root, document.tax_representative)


def _creditor(document: Document) -> tuple[Identifier, ...]:
    """Return the creditor id of a direct debit: in UBL it is one of the seller's identifiers."""
    debit = document.payment.direct_debit if document.payment else None
    return (Identifier(debit.creditor_id, "SEPA"),) if debit else ()


def _add_party(root: etree._Element, tag: str, party: Party) -> None:
    element = branch(branch(root, CAC + tag), CAC + "Party")
    if party.electronic_address:
        add_identifier(element, CBC + "EndpointID", party.electronic_address)
    for identifier in party.identifiers:
        add_identifier(branch(element, CAC + "PartyIdentification"), CBC + "ID", identifier)
    nested(element, CAC + "PartyName", CBC + "Name", party.trading_name)
    add_address(element, CAC + "PostalAddress", party.address)
    _add_tax_id(element, party.vat_id, "VAT")
    _add_tax_id(element, party.tax_number, "FC")
    legal = branch(element, CAC + "PartyLegalEntity")
    leaf(legal, CBC + "RegistrationName", party.name)
    if party.registration:
        add_identifier(legal, CBC + "CompanyID", party.registration)
    leaf(legal, CBC + "CompanyLegalForm", party.legal_information)
    if party.contact:
        _add_contact(element, party.contact)


def _add_tax_id(party: etree._Element, tax_id: str, scheme: str) -> None:
    if clean(tax_id):
        element = branch(party, CAC + "PartyTaxScheme")
        leaf(element, CBC + "CompanyID", tax_id)
        leaf(branch(element, CAC + "TaxScheme"), CBC + "ID", scheme)


def _add_contact(party: etree._Element, contact: Contact) -> None:
    element = branch(party, CAC + "Contact")
    leaf(element, CBC + "Name", contact.name)
    leaf(element, CBC + "Telephone", contact.phone)
    leaf(element, CBC + "ElectronicMail", contact.email)


def _add_payee(root: etree._Element, payee: Payee) -> None:
    element = branch(root, CAC + "PayeeParty")
    if payee.identifier:
        add_identifier(branch(element, CAC + "PartyIdentification"), CBC + "ID", payee.identifier)
    nested(element, CAC + "PartyName", CBC + "Name", payee.name)
    if payee.registration:
        legal = branch(element, CAC + "PartyLegalEntity")
        add_identifier(legal, CBC + "CompanyID", payee.registration)


def _add_representative(root: etree._Element, representative: TaxRepresentative) -> None:
    element = branch(root, CAC + "TaxRepresentativeParty")
    nested(element, CAC + "PartyName", CBC + "Name", representative.name)
    add_address(element, CAC + "PostalAddress", representative.address)
    _add_tax_id(element, representative.vat_id, "VAT")


def add_delivery(root: etree._Element, delivery: Delivery | None) -> None:
    """Append when and where it was supplied."""
    if delivery is None:
        return
    element = branch(root, CAC + "Delivery")
    if delivery.on:
        leaf(element, CBC + "ActualDeliveryDate", delivery.on.isoformat())
    if delivery.address:
        add_address(branch(element, CAC + "DeliveryLocation"), CAC + "Address", delivery.address)
    name = branch(branch(element, CAC + "DeliveryParty"), CAC + "PartyName")
    leaf(name, CBC + "Name", delivery.name)
