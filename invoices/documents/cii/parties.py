"""Parties, references and delivery in CII."""

from dataclasses import replace

from lxml import etree

from invoices.documents.cii.names import RAM
from invoices.documents.cii.shared import (
    add_address,
    add_date,
    add_identifiers,
    add_registration,
)
from invoices.documents.semantic.document import Delivery, Document
from invoices.documents.semantic.parties import Contact, Party, TaxRepresentative
from invoices.documents.xml import branch, clean, leaf, nested


def add_agreement(transaction: etree._Element, document: Document) -> etree._Element:
    """Append and return what the parties agreed: who they are, and their references."""
    agreement = branch(transaction, RAM + "ApplicableHeaderTradeAgreement")
    leaf(agreement, RAM + "BuyerReference", document.buyer_reference)
    _add_party(agreement, "SellerTradeParty", document.seller)
    # Tax number and register are the seller's to say.
    buyer = replace(document.buyer, tax_number="", legal_information="")
    _add_party(agreement, "BuyerTradeParty", buyer)
    if document.tax_representative:
        _add_representative(agreement, document.tax_representative)
    for name, reference in (
        ("BuyerOrderReferencedDocument", document.order),
        ("ContractReferencedDocument", document.contract),
    ):
        nested(agreement, RAM + name, RAM + "IssuerAssignedID", reference)
    if clean(document.project):
        project = branch(agreement, RAM + "SpecifiedProcuringProject")
        leaf(project, RAM + "ID", document.project)
        leaf(project, RAM + "Name", "Project reference")  # The schema wants one.
    return agreement


def _add_party(agreement: etree._Element, name: str, party: Party) -> None:
    element = branch(agreement, RAM + name)
    add_identifiers(element, party.identifiers)
    leaf(element, RAM + "Name", party.name)
    leaf(element, RAM + "Description", party.legal_information)
    add_registration(element, party.registration, party.trading_name)
    if party.contact:
        _add_contact(element, party.contact)
    add_address(element, party.address)
    if address := party.electronic_address:
        scheme = {"schemeID": address.scheme}
        nested(element, RAM + "URIUniversalCommunication", RAM + "URIID", address.value, scheme)
    _add_tax_id(element, party.vat_id, "VA")
    _add_tax_id(element, party.tax_number, "FC")


def _add_contact(party: etree._Element, contact: Contact) -> None:
    element = branch(party, RAM + "DefinedTradeContact")
    leaf(element, RAM + "PersonName", contact.name)
    phone = RAM + "TelephoneUniversalCommunication"
    nested(element, phone, RAM + "CompleteNumber", contact.phone)
    nested(element, RAM + "EmailURIUniversalCommunication", RAM + "URIID", contact.email)


def _add_tax_id(party: etree._Element, tax_id: str, scheme: str) -> None:
    nested(party, RAM + "SpecifiedTaxRegistration", RAM + "ID", tax_id, {"schemeID": scheme})


def _add_representative(agreement: etree._Element, representative: TaxRepresentative) -> None:
    element = branch(agreement, RAM + "SellerTaxRepresentativeTradeParty")
    leaf(element, RAM + "Name", representative.name)
    add_address(element, representative.address)
    _add_tax_id(element, representative.vat_id, "VA")


def add_delivery(transaction: etree._Element, delivery: Delivery | None) -> etree._Element:
    """Append and return when and where it was supplied."""
    element = branch(transaction, RAM + "ApplicableHeaderTradeDelivery")
    if delivery is None:
        return element
    receiver = branch(element, RAM + "ShipToTradeParty")
    leaf(receiver, RAM + "Name", delivery.name)
    if delivery.address:
        add_address(receiver, delivery.address)
    if delivery.on:
        event = branch(element, RAM + "ActualDeliverySupplyChainEvent")
        add_date(event, "OccurrenceDateTime", delivery.on)
    return element
