"""The canonical content of an invoice: the bytes whose SHA-256 is its hash."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
from django.db.models import prefetch_related_objects

from billing.customers.models import Customer
from billing.money import plain_decimal
from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Invoice

GENESIS = "0" * 64  # The predecessor of the first document of a series.

_INVOICE_FIELDS = (
    "id", "seller_id", "customer_id", "contract_id", "event_id", "transaction_id", "kind",
    "sequence", "number", "issue_date", "due_date", "currency", "seller_as_printed",
    "customer_as_printed", "corrects", "net_minor", "tax_minor", "gross_minor",
    "prepaid_minor", "payable_minor", "taxes", "previous_hash", "issued_at",
)  # fmt: skip
_LINE_FIELDS = (
    "id", "subscription_id", "price_id", "plan_id", "price_code", "tag", "order_line_id", "cause",
    "is_credit", "starts_on", "ends_on", "stretch_starts_on", "text", "quantity", "measured",
    "unit_price", "currency", "priced_minor", "amount_minor", "tax_included", "tax_class",
    "tax_category", "tax_percent", "supply", "exemption_code", "exemption_text", "seller_vat_id",
    "tax_override_id", "unit", "item_number", "description", "explanation", "event_id",
    "transaction_id", "position",
)  # fmt: skip
_SELLER_FIELDS = (
    "name", "trading_name", "street", "postcode", "city", "country", "contact_name", "phone",
    "email", "register_number", "legal_information", "electronic_address",
    "electronic_address_scheme", "vat_id", "tax_number", "account_holder", "iban", "bic",
    "creditor_id", "locale", "oss", "vat_id_policy",
)  # fmt: skip
_CUSTOMER_FIELDS = (
    "external_id", "name", "kind", "contact_name", "email", "phone", "street", "address_line_2",
    "postcode", "city", "country", "vat_id", "register_number", "buyer_reference",
    "electronic_address", "electronic_address_scheme", "document_format", "mandate_reference",
    "mandate_iban", "locale",
)  # fmt: skip
# Left out where they say nothing: documents that were issued before they were known keep their
# hash.
_INVOICE_MAY_SAY = (
    "corrected_invoice_id", "correction_kind", "settled_minor", "accounting_currency",
    "exchange_rate", "exchange_rate_date", "exchange_rate_source", "accounting_tax_minor",
    "accounting_taxes",
)  # fmt: skip
_LINE_MAY_SAY = ("corrects_id", "is_concession", "is_taxed_as_charged")
INVOICE_COLUMNS = (*_INVOICE_FIELDS, *_INVOICE_MAY_SAY)
CHARGE_COLUMNS = (*_LINE_FIELDS, *_LINE_MAY_SAY)


def content(invoice: Invoice, lines: Sequence[Charge]) -> bytes:
    """Return an invoice's content, lines in the order of their positions, as canonical JSON."""
    facts = _said(invoice, _INVOICE_FIELDS, _INVOICE_MAY_SAY)
    facts["lines"] = [_said(line, _LINE_FIELDS, _LINE_MAY_SAY) for line in lines]
    return canonical(facts)


def _said(row: Invoice | Charge, always: Sequence[str], if_any: Iterable[str]) -> dict[str, Any]:
    said = dict(zip(always, _reader(always)(row), strict=True))
    said |= {name: value for name in if_any if (value := getattr(row, name))}
    for name in _NOT_AS_THEY_ARE & said.keys():
        said[name] = _written(said[name])
    return said


@cache
def _reader(names: Sequence[str]) -> Callable[[object], tuple[Any, ...]]:
    return attrgetter(*names)


def canonical(value: object) -> bytes:
    """
    Return a value of plain types as canonical JSON: keys sorted, no spaces, UTF-8.

    Keys are ASCII, and numbers are whole (others are strings), which makes this the same as the
    JSON Canonicalization Scheme for numbers below 2^53. Source: RFC 8785.
    """
    return _CANONICAL.encode(value)


def content_hash(invoice: Invoice, lines: Sequence[Charge]) -> str:
    """Return the SHA-256 of the content, in hex."""
    return hashlib.sha256(content(invoice, lines)).hexdigest()


def seller_as_printed(seller: Seller) -> dict[str, Any]:
    """Return what an invoice says of its seller, frozen; with what decided the VAT."""
    prefetch_related_objects([seller], "registrations")
    return {
        **{name: getattr(seller, name) for name in _SELLER_FIELDS},
        "small_business": _small_business(seller),
        "registrations": [
            {
                "country": each.country,
                "vat_id": each.vat_id,
                "valid_from": each.valid_from.isoformat(),
                "valid_until": each.valid_until.isoformat() if each.valid_until else None,
            }
            for each in sorted(seller.registrations.all(), key=attrgetter("id"))
        ],
    }


def customer_as_printed(customer: Customer, *, is_confirmed: bool | None) -> dict[str, Any]:
    """
    Return what an invoice says of its customer, frozen; with what decided the VAT.

    `is_confirmed` says whether the VAT id was; None: the seller asks no register.
    """
    signed_on = customer.mandate_signed_on
    printed = {name: getattr(customer, name) or "" for name in _CUSTOMER_FIELDS}
    if is_confirmed is not None:
        printed["vat_id_confirmed"] = is_confirmed
    return {
        **printed,
        "delivery": {
            name: getattr(customer, f"delivery_{name}")
            for name in ("name", "street", "postcode", "city", "country")
        },
        "mandate_signed_on": signed_on.isoformat() if signed_on else "",
    }


def registration_as_printed(seller: Seller, lines: Sequence[Charge]) -> dict[str, str]:
    """
    Return the VAT id that a document shows where it is taxed under a registration abroad.

    Nothing where it isn't. The seller's own is kept beside it. What is taken back under another
    one refers to the document that shows that.
    """
    new_first = sorted(lines, key=lambda line: line.is_taxed_as_charged)
    vat_id = next((line.seller_vat_id for line in new_first if line.seller_vat_id), "")
    return {"vat_id": vat_id, "home_vat_id": seller.vat_id} if vat_id else {}


def vat_ids_as_printed(customer: Customer, credited: Sequence[str]) -> dict[str, str]:
    """
    Return the VAT ids under which the customer owed the tax of what is credited, where they differ.

    Nothing if it is the one that the customer has: a document of reverse charge shows one.
    Source: EN 16931 BR-AE-03.
    """
    others = [vat_id for vat_id in credited if vat_id != customer.vat_id]
    return {"credited_vat_id": ", ".join(others)} if others else {}


def _small_business(seller: Seller) -> dict[str, str | None] | None:
    first, end = seller.small_business_from, seller.small_business_until
    if first is None:
        return None
    return {
        "valid_from": first.isoformat(),
        "valid_until": end.isoformat() if end else None,
        "text": seller.small_business_text,
    }


def _written(value: Decimal | datetime | None) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return None if value is None else plain_decimal(value)


# Days and ids are written as the encoder writes them: ISO 8601, RFC 9562.
_CANONICAL = msgspec.json.Encoder(order="sorted")
_NOT_AS_THEY_ARE = {
    "quantity", "measured", "unit_price", "tax_percent", "exchange_rate", "issued_at",
}  # fmt: skip
