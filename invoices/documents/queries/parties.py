"""Seller and buyer of a document, as the invoice has frozen them."""

from collections.abc import Mapping
from typing import Any

from billing.electronic_addresses import electronic_address, prefixed_vat_id
from invoices.documents.semantic.parties import Address, Contact, Identifier, Party

Frozen = Mapping[str, Any]


def seller_of(frozen: Frozen, *, shows_vat_id: bool, format_: str = "") -> Party:
    """
    Return the seller, so that it is identified in every profile.

    Where the supply is outside the scope of VAT, its VAT id is an identifier like others: none may
    be given as such. Who has neither that nor a number in a register is known by its tax number.
    Source: EN 16931 BR-O-02, BR-CO-26.
    """
    vat_id, register_number = prefixed_vat_id(frozen), _said(frozen, "register_number")
    others = [] if shows_vat_id else [vat_id]
    if not (shows_vat_id and vat_id) and not register_number:
        others = [vat_id or _said(frozen, "tax_number")]
    return Party(
        name=frozen["name"],
        trading_name=_said(frozen, "trading_name"),
        address=_address(frozen),
        identifiers=tuple(Identifier(each) for each in others if each),
        registration=_identifier(register_number),
        vat_id=vat_id if shows_vat_id else "",
        # Beside a registration's VAT id: some of the lines may be taxed at home.
        tax_number=frozen["tax_number"] or _said(frozen, "home_vat_id"),
        legal_information=_said(frozen, "legal_information"),
        electronic_address=_reached(frozen, format_),
        contact=_seller_contact(frozen),
    )


def buyer_of(frozen: Frozen, *, shows_vat_id: bool, format_: str = "") -> Party:
    """Return the buyer; its VAT id is left out where the supply is outside the scope of VAT."""
    name, phone = _said(frozen, "contact_name"), _said(frozen, "phone")
    return Party(
        name=frozen["name"],
        address=_address(frozen),
        registration=_identifier(_said(frozen, "register_number")),
        vat_id=prefixed_vat_id(frozen) if shows_vat_id else "",
        electronic_address=_reached(frozen, format_),
        contact=Contact(name=name, phone=phone) if name or phone else None,
    )


def delivery_address_of(frozen: Frozen) -> tuple[str, Address]:
    """Return to whom and where goods go: to the buyer's own address if no other is given."""
    elsewhere: Mapping[str, str] = frozen.get("delivery") or {}
    if not elsewhere.get("country"):
        return frozen["name"], _address(frozen)
    return elsewhere.get("name") or frozen["name"], Address(
        country=elsewhere["country"],
        street=elsewhere.get("street", ""),
        city=elsewhere.get("city", ""),
        postcode=elsewhere.get("postcode", ""),
    )


def _seller_contact(frozen: Frozen) -> Contact:
    phone, email = _said(frozen, "phone"), _said(frozen, "email")
    # Who names nobody can be asked itself. Source: XRechnung BR-DE-5.
    name = _said(frozen, "contact_name") or (frozen["name"] if phone and email else "")
    return Contact(name=name, phone=phone, email=email)


def _address(frozen: Frozen) -> Address:
    return Address(
        country=frozen["country"],
        street=frozen["street"],
        additional=_said(frozen, "address_line_2"),
        city=frozen["city"],
        postcode=frozen["postcode"],
    )


def _reached(frozen: Frozen, format_: str) -> Identifier | None:
    found = electronic_address(frozen, format_=format_)
    return Identifier(*found) if found else None


def _identifier(value: str) -> Identifier | None:
    return Identifier(value) if value else None


def _said(frozen: Frozen, name: str) -> str:
    """Return what is frozen under a name; empty on invoices that are older than the name."""
    return str(frozen.get(name) or "")
