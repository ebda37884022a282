"""Who is named on a document, and where they are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier and the code of its scheme: ISO 6523, or EAS for electronic addresses."""

    value: str
    scheme: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address of the seller (BG-5), buyer (BG-8), representative (BG-12) or delivery (BG-15)."""

    country: str  # ISO 3166-1 alpha-2: BT-40, BT-55, BT-69, BT-80.
    street: str = ""
    additional: str = ""
    further: str = ""
    city: str = ""
    postcode: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to ask: at the seller (BG-6: BT-41 to 43), at the buyer (BG-9: BT-56 to 58)."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """
    A seller (BG-4) or a buyer (BG-7).

    `name` BT-27, BT-44 · `trading_name` BT-28, BT-45 · `identifiers` BT-29, BT-46 · `registration`
    (the number in a register) BT-30, BT-47 · `vat_id` BT-31, BT-48 · `tax_number` (seller) BT-32 ·
    `legal_information` (seller: register, directors) BT-33 · `electronic_address` BT-34, BT-49.
    """

    name: str
    address: Address
    trading_name: str = ""
    identifiers: tuple[Identifier, ...] = ()
    registration: Identifier | None = None
    vat_id: str = ""
    tax_number: str = ""
    legal_information: str = ""
    electronic_address: Identifier | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Who gets the money, if not the seller (BG-10): BT-59, BT-60, BT-61."""

    name: str
    identifier: Identifier | None = None
    registration: Identifier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRepresentative:
    """Who owes the VAT for the seller (BG-11): BT-62, BT-63."""

    name: str
    vat_id: str
    address: Address
