"""The canonical content of an invoice: the bytes whose SHA-256 is its hash."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

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
    "tax_category", "tax_percent", "explanation", "event_id", "transaction_id", "position",
)  # fmt: skip
# Left out where they say nothing: documents that were issued before they were known keep their
# hash.
_INVOICE_MAY_SAY = ("corrected_invoice_id", "correction_kind", "settled_minor")
_LINE_MAY_SAY = ("corrects_id", "is_concession")


def content(invoice: Invoice, lines: Sequence[Charge]) -> bytes:
    """Return an invoice's content, lines in the order of their positions, as canonical JSON."""
    facts = _said(invoice, _INVOICE_FIELDS, _INVOICE_MAY_SAY)
    facts["lines"] = [_said(line, _LINE_FIELDS, _LINE_MAY_SAY) for line in lines]
    return canonical(facts)


def _said(row: Invoice | Charge, always: Iterable[str], if_any: Iterable[str]) -> dict[str, Any]:
    names = [*always, *(name for name in if_any if getattr(row, name))]
    return {name: _plain(getattr(row, name)) for name in names}


def canonical(value: object) -> bytes:
    """
    Return a value of plain types as canonical JSON: keys sorted, no spaces, UTF-8.

    Keys are ASCII, and numbers are whole (others are strings), which makes this the same as the
    JSON Canonicalization Scheme for numbers below 2^53. Source: RFC 8785.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def content_hash(invoice: Invoice, lines: Sequence[Charge]) -> str:
    """Return the SHA-256 of the content, in hex."""
    return hashlib.sha256(content(invoice, lines)).hexdigest()


def seller_as_printed(seller: Seller) -> dict[str, str | bool]:
    """Return what an invoice says of its seller, frozen; with what decided the VAT."""
    names = (
        "name", "street", "postcode", "city", "country", "email", "vat_id", "tax_number", "iban",
        "bic", "locale", "oss",
    )  # fmt: skip
    return {name: getattr(seller, name) for name in names}


def customer_as_printed(customer: Customer) -> dict[str, str]:
    """Return what an invoice says of its customer, frozen."""
    names = (
        "external_id", "name", "kind", "email", "street", "postcode", "city", "country", "vat_id",
        "locale",
    )  # fmt: skip
    return {name: getattr(customer, name) or "" for name in names}


def vat_ids_as_printed(customer: Customer, credited: Sequence[str]) -> dict[str, str]:
    """
    Return the VAT ids under which the customer owed the tax of what is credited, where they differ.

    Nothing if it is the one that the customer has: a document of reverse charge shows one.
    Source: EN 16931 BR-AE-03.
    """
    others = [vat_id for vat_id in credited if vat_id != customer.vat_id]
    return {"credited_vat_id": ", ".join(others)} if others else {}


def _plain(value: object) -> object:
    if isinstance(value, datetime):  # Before date: a datetime is one too.
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    for kind, write in _WRITTEN.items():
        if isinstance(value, kind):
            return write(value)
    return value


_WRITTEN: dict[type, Callable[[Any], str]] = {
    Decimal: plain_decimal,
    date: date.isoformat,
    UUID: str,
}
