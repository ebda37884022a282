"""Examples of what public types show: one story, told in the words of the API."""

from typing import Any

Example = dict[str, Any]

SELLER_ID = "0196b3c4-1f00-7c3e-9a10-5d2f6b7c8d90"
TRANSACTION_ID = "0196c8d2-3a10-7b7e-8d41-0f6a2c4e8b11"
_CUSTOMER_ID = "0196b3c5-2a11-7d4f-8b21-6e3f7c8d9ea1"
_CONTRACT_ID = "0196b3c6-3b22-7e50-9c32-7f408d9eafb2"
_SUBSCRIPTION_ID = "0196b3c7-4c33-7f61-ad43-80519eafb0c3"
_PLAN_ID = "0196b3c8-5d44-7072-be54-9162afb0c1d4"
_INVOICE_ID = "0196c8d2-3b21-7183-8f65-a273b0c1d2e5"
_CREDIT_NOTE_ID = "0196c8d2-3c32-7294-9076-b384c1d2e3f6"
_DELIVERY_ID = "0196c8d2-3d43-73a5-a187-c495d2e3f407"
_EVENT_ID = "0196c8d2-3a10-7b7e-8d41-0f6a2c4e8b11"
_AT = "2026-03-01T08:15:30.123456Z"
_LATER = "2026-03-16T10:02:11.654321Z"


def _eur(amount: str) -> Example:
    return {"amount": amount, "currency": "EUR"}


CUSTOMER: Example = {
    "id": _CUSTOMER_ID, "external_id": "alice", "name": "Alice GmbH", "kind": "business",
    "contact_name": "Alice Adler", "email": "billing@alice.example", "phone": "",
    "street": "Hauptstraße 1", "address_line_2": "", "postcode": "10115", "city": "Berlin",
    "country": "DE", "vat_id": "DE136695976", "register_number": "", "delivery_name": "",
    "delivery_street": "", "delivery_postcode": "", "delivery_city": "", "delivery_country": "",
    "buyer_reference": "", "electronic_address": "", "electronic_address_scheme": "",
    "document_format": "zugferd", "mandate_reference": "", "mandate_iban": "",
    "mandate_signed_on": None, "locale": "de", "payment_days": 14, "grouping": "per_event",
    "invoice_day": 1, "credit_notes_to": "balance", "apply_balance": "automatic",
    "created_at": _AT,
}  # fmt: skip
CONTRACT: Example = {
    "id": _CONTRACT_ID, "external_id": "alice-2026", "customer": _CUSTOMER_ID, "currency": "EUR",
    "payment_days": None, "purchase_order": "PO-4711", "project_reference": "",
    "term": {"initial_months": 12, "renewal_months": 1, "notice_months": 1},
    "earliest_end": "2027-03-01", "next_billing_date": "2026-04-01", "created_at": _AT,
}  # fmt: skip
_START: Example = {
    "id": "0196b3c9-6e55-7183-8f65-a273b0c1d2e5", "subscription": _SUBSCRIPTION_ID,
    "kind": "start", "effective_on": "2026-03-01", "plan": _PLAN_ID, "quantity": "3",
    "credit": "prorated", "coupon": None, "terms": None, "recorded_on": "2026-03-01",
    "recorded_at": _AT,
    "transaction_id": TRANSACTION_ID,
}  # fmt: skip
SUBSCRIPTION: Example = {
    "id": _SUBSCRIPTION_ID, "external_id": "alice-pro", "contract": _CONTRACT_ID,
    "created_at": _AT, "transaction_id": TRANSACTION_ID, "changes": [_START],
}  # fmt: skip
CHANGED_SUBSCRIPTION: Example = {
    **SUBSCRIPTION,
    "changes": [
        _START,
        {
            **_START, "id": "0196c8d2-3f65-75c7-8309-e6b7f4051629", "kind": "change_quantity",
            "effective_on": "2026-03-16", "plan": None, "quantity": "5",
            "recorded_on": "2026-03-16", "recorded_at": _LATER,
            "transaction_id": "0196c8d2-3f65-75c7-8309-e6b7f405162a",
        },
    ],
}  # fmt: skip
ORDER: Example = {
    "id": "0196c8d2-4076-76d8-941a-f7c805162730", "external_id": "order-1001",
    "customer": _CUSTOMER_ID, "currency": "EUR", "ordered_on": "2026-03-01",
    "purchase_order": "", "project_reference": "", "recorded_on": "2026-03-01",
    "recorded_at": _AT,
    "lines": [
        {
            "position": 1, "product": None, "text": "Training", "quantity": "1",
            "unit_price": "99", "tax_class": "standard", "tax_included": False,
            "supply": "digital", "exemption_code": "", "exemption_text": "", "unit": "C62",
            "item_number": "", "description": "",
        }
    ],
    "transaction_id": TRANSACTION_ID,
}  # fmt: skip
WAITING_USAGE: Example = {
    "id": "0196c8d2-4187-77e9-a52b-08d916273841", "reason": "subscription_unknown",
    "named": "ext:alice-pro", "waiting": 250,
}  # fmt: skip
INVOICE: Example = {
    "id": _INVOICE_ID, "kind": "invoice", "number": "R2026-000042", "customer": _CUSTOMER_ID,
    "contract": None, "issue_date": "2026-03-01", "due_date": "2026-03-15", "currency": "EUR",
    "net": _eur("99.00"), "tax": _eur("18.81"), "gross": _eur("117.81"), "prepaid": _eur("0.00"),
    "payable": _eur("117.81"), "transaction_id": TRANSACTION_ID, "issued_at": _AT,
    "link": f"https://billing.example/api/v1/invoices/{_INVOICE_ID}",
    "documents": [
        {
            "id": "0196c8d2-4298-78fa-b63c-19ea27384952", "media_type": "application/pdf",
            "file_name": "R2026-000042.pdf",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "link": f"https://billing.example/api/v1/invoices/{_INVOICE_ID}"
            "/documents/0196c8d2-4298-78fa-b63c-19ea27384952",
        }
    ],
}  # fmt: skip
CREDIT_NOTE: Example = {
    **INVOICE, "id": _CREDIT_NOTE_ID, "kind": "credit_note", "number": "G2026-000007",
    "issue_date": "2026-03-16", "due_date": "2026-03-16", "issued_at": _LATER,
    "link": f"https://billing.example/api/v1/invoices/{_CREDIT_NOTE_ID}",
    "documents": [
        {
            **INVOICE["documents"][0], "id": "0196c8d2-43a9-790b-874d-2afb38495a63",
            "file_name": "G2026-000007.pdf",
            "link": f"https://billing.example/api/v1/invoices/{_CREDIT_NOTE_ID}"
            "/documents/0196c8d2-43a9-790b-874d-2afb38495a63",
        }
    ],
}  # fmt: skip
MOVEMENT: Example = {
    "id": "0196c8d2-44ba-7a1c-985e-3b0c495a6b74", "customer": _CUSTOMER_ID,
    "kind": "prepayment", "amount": _eur("50.00"), "lot": None, "rest": _eur("50.00"),
    "invoice": None, "expires_on": None, "reason": "Bank transfer of 1 March",
    "booked_on": "2026-03-01", "transaction_id": TRANSACTION_ID, "created_at": _AT,
}  # fmt: skip
EXPIRED_MOVEMENT: Example = {
    **MOVEMENT, "id": "0196c8d2-45cb-7b2d-a96f-4c1d5a6b7c85", "kind": "expired",
    "amount": _eur("-12.50"), "lot": MOVEMENT["id"], "rest": None, "reason": "",
    "booked_on": "2026-03-16", "created_at": _LATER,
}  # fmt: skip
DELIVERY: Example = {
    "id": _DELIVERY_ID, "channel": "email", "type": "invoice.issued",
    "address": "billing@alice.example", "state": "sent", "tries": 1, "next_try_at": None,
    "settled_at": _AT, "message_id": "<0196c8d23d4373a5a187c495d2e3f407@seller.example>",
    "invoice": _INVOICE_ID, "endpoint": None, "event": _EVENT_ID, "resends": None,
    "is_replay": False, "transaction_id": TRANSACTION_ID, "created_at": _AT,
}  # fmt: skip
DELIVERY_GIVEN_UP: Example = {**DELIVERY, "state": "given_up", "tries": 9, "settled_at": _LATER}
FAILURE: Example = {
    "id": "0196c8d2-46dc-7c3e-ba70-5d2e6b7c8d96", "event": _EVENT_ID,
    "transaction_id": TRANSACTION_ID,
    "fingerprint": "5d2e6b7c-8d96-4c3e-9a70-46dc7c3e8d96", "is_new": True,
    "code": "tax_data_missing",
    "reason": "No VAT rate of class standard is known for GB.",
    "remedy": "Override the tax of the product, then retry.", "money_at_stake": _eur("99.00"),
    "priority": 60, "state": "open", "opened_at": _AT, "closed_at": None, "closed_by": "",
    "closing_note": "",
}  # fmt: skip
CLOSED_FAILURE: Example = {
    **FAILURE, "state": "resolved", "closed_at": _LATER, "closed_by": "ada",
}  # fmt: skip
BILLING_RUN: Example = {
    "id": "0196c8d2-47ed-7d4f-8b81-6e3f7c8d9ea7", "kind": "periods", "day": "2026-04-01",
    "is_finished": True, "is_appending": False, "total": 12000, "done": 11998, "failed": 2,
    "waiting": 0, "per_second": 412.5, "seconds_left": 0.0, "started_at": _AT,
    "finished_at": _LATER,
}  # fmt: skip
ENDPOINT: Example = {
    "id": "0196c8d2-48fe-7e50-9c92-7f408d9eafb8", "url": "https://erp.example/hooks",
    "description": "ERP", "event_types": ["invoice.*", "credit_note.issued"], "customer": None,
    "contract": None, "api_version": "v1", "state": "disabled", "failing_since": _AT,
    "disabled_at": _LATER, "disabled_reason": "It has failed since 2026-03-01 08:15 UTC.",
    "created_at": _AT,
}  # fmt: skip
