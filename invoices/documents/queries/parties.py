"""Seller and buyer of a document, as the invoice has frozen them."""

from collections.abc import Mapping
from typing import Any

from invoices.documents.semantic.parties import Address, Contact, Identifier, Party

EMAIL = "EM"  # Scheme of an electronic address that is one of e-mail. Source: EAS code list.
Frozen = Mapping[str, Any]


def seller_of(frozen: Frozen, *, shows_vat_id: bool) -> Party:
    """Return the seller; its VAT id is left out where the supply is outside the scope of VAT."""
    return Party(
        name=frozen["name"],
        trading_name=_said(frozen, "trading_name"),
        address=_address(frozen),
        registration=_identifier(_said(frozen, "register_number")),
        vat_id=frozen["vat_id"] if shows_vat_id else "",
        tax_number=frozen["tax_number"],
        legal_information=_said(frozen, "legal_information"),
        electronic_address=_electronic_address(frozen),
        contact=Contact(
            name=_said(frozen, "contact_name"),
            phone=_said(frozen, "phone"),
            email=_said(frozen, "email"),
        ),
    )


def buyer_of(frozen: Frozen, *, shows_vat_id: bool) -> Party:
    """Return the buyer; its VAT id is left out where the supply is outside the scope of VAT."""
    name, phone = _said(frozen, "contact_name"), _said(frozen, "phone")
    return Party(
        name=frozen["name"],
        address=_address(frozen),
        registration=_identifier(_said(frozen, "register_number")),
        vat_id=frozen["vat_id"] if shows_vat_id else "",
        electronic_address=_electronic_address(frozen),
        contact=Contact(name=name, phone=phone) if name or phone else None,
    )


def delivery_address_of(frozen: Frozen) -> tuple[str, Address] | None:
    """Return to whom and where goods go; None if that is the buyer's own address."""
    country = _said(frozen, "delivery_country")
    if not country:
        return None
    return _said(frozen, "delivery_name") or frozen["name"], Address(
        country=country,
        street=_said(frozen, "delivery_street"),
        city=_said(frozen, "delivery_city"),
        postcode=_said(frozen, "delivery_postcode"),
    )


def _address(frozen: Frozen) -> Address:
    return Address(
        country=frozen["country"],
        street=frozen["street"],
        additional=_said(frozen, "address_line_2"),
        city=frozen["city"],
        postcode=frozen["postcode"],
    )


def _electronic_address(frozen: Frozen) -> Identifier | None:
    if address := _said(frozen, "electronic_address"):
        return Identifier(address, _said(frozen, "electronic_address_scheme"))
    email = _said(frozen, "email")
    return Identifier(email, EMAIL) if email else None


def _identifier(value: str) -> Identifier | None:
    return Identifier(value) if value else None


def _said(frozen: Frozen, name: str) -> str:
    """Return what is frozen under a name; empty on invoices that are older than the name."""
    return str(frozen.get(name) or "")
