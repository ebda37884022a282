"""A full and valid body for each route of the API that writes."""

from typing import Any

LINE = {
    "text": "x",
    "quantity": "1",
    "unit_price": "1",
    "tax_class": "exempt",
    "tax_included": True,
    "supply": "goods",
    "unit": "HUR",
    "exemption_code": "VATEX-EU-132-1I",
    "exemption_text": "x",
    "item_number": "x",
    "description": "x",
}
PRICE = {
    "code": "more", "text": "x", "amount": "1", "currency": "EUR", "tax_class": "standard",
    "tax_included": False, "kind": "recurring", "timing": "advance", "model": "flat",
    "proration": "daily", "valid_from": "2026-01-01", "valid_until": "2027-01-01",
    "applies_to": "new",
}  # fmt: skip
CUSTOMER = {
    "external_id": "x", "name": "x", "kind": "business", "email": "a@b.de", "street": "x",
    "postcode": "x", "city": "x", "country": "DE", "vat_id": "DE136695976", "locale": "de",
    "payment_days": 1, "grouping": "monthly", "invoice_day": 28, "contact_name": "x",
    "phone": "x", "address_line_2": "x", "register_number": "x", "delivery_name": "x",
    "delivery_street": "x", "delivery_postcode": "x", "delivery_city": "x",
    "delivery_country": "FR", "buyer_reference": "04011000-1234512345-06",
    "electronic_address": "x", "electronic_address_scheme": "0204",
    "document_format": "xrechnung_ubl", "mandate_reference": "M-1",
    "mandate_iban": "DE89 3704 0044 0532 0130 00", "mandate_signed_on": "2026-01-01",
}  # fmt: skip
API_KEY = {
    "name": "x", "scopes": ["customers:read", "usage:write"], "expires_at": "2099-01-01T00:00:00Z",
    "allowed_networks": ["198.51.100.0/24", "2001:db8::/32"],
}  # fmt: skip
PRODUCT = {
    "code": "x", "name": "x", "description": "x", "supply": "goods", "unit": "KGM",
    "exemption_code": "VATEX-EU-132-1I", "exemption_text": "x",
}  # fmt: skip
SELLER = {
    "trading_name": "x", "contact_name": "x", "phone": "x", "email": "a@b.de",
    "register_number": "x", "legal_information": "x", "electronic_address": "x",
    "electronic_address_scheme": "9930",
}  # fmt: skip
EXCHANGE_RATE = {
    "currency": "USD", "base": "EUR", "rate": "1.0823", "period": "day", "day": "2026-01-02",
    "source": "Hausbank AG",
}  # fmt: skip
TAX_OVERRIDE = {
    "category": "S", "percent": "3", "reason": "x", "customer": "ext:A1", "product": "code:mug",
    "tax_class": "standard", "country": "DE", "valid_from": "2026-02-01",
    "valid_until": "2026-03-01",
}  # fmt: skip
METER = {
    "code": "x", "name": "x", "aggregation": "sum", "property": "x", "carried": True,
    "dimensions": ["model"],
}  # fmt: skip
TWO_TIERS = [
    {"up_to": "10", "unit_price": "1", "flat": "1"},
    {"up_to": None, "unit_price": "0.5"},
]
USAGE = {
    "plan": "code:pro", "code": "calls", "kind": "usage", "tax_class": "standard",
    "meter": "code:calls", "filters": {"region": ["eu"]}, "group_by": ["model"],
    "minimum": "1", "maximum": "2",
}  # fmt: skip
PACKAGE = {"model": "package", "amount": "1", "size": "10", "free_units": "5", "rounding": "down"}
TIERS = {"model": "graduated", "tiers": TWO_TIERS}
PERCENTAGE = {
    "model": "percentage", "rate": "1.5", "fixed_fee": "0.1", "free_events": 3,
    "free_amount": "10", "min_per_event": "0.1", "max_per_event": "5",
}  # fmt: skip
OVERRIDE = {"kind": "override_price", "price": "base", "unit_price": "25", "when": "now"}
TIERED_OVERRIDE = {"kind": "override_price", "price": "tiered", "tiers": TWO_TIERS}
DISCOUNT = {"periods": 3, "prices": ["base"]}
PLAN = {
    "product": "code:mug", "code": "x", "name": "x", "interval": "month", "interval_count": 1,
    "alignment": "anniversary", "anchor_day": 1,
    "trial_days": 1, "minimum_commitment": "1",
    "prices": [{"code": "x", "unit_price": "1", "tax_class": "zero", "valid_from": "2026-01-01"}],
}  # fmt: skip

CANCELLATION = {"reason": "x", "bill_again": True, "settle": "invoice"}
PARTS = {"reason": "x", "settle": "balance", "lines": [{"line": 1, "quantity": "1"}]}
OFF = {"reason": "x", "settle": "payout", "discount": {"percent": "10"}}
ENDPOINT = {"url": "http://127.0.0.1:9999/", "event_types": ["*"], "description": "x"}
REPLAY = {
    "from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z", "event_types": ["*"],
    "only_failed": True, "limit": 5, "after": "{told}",
}  # fmt: skip
MAIL_STYLE = {
    "sender": "a@b.de", "sender_name": "x", "reply_to": "a@b.de", "subject_de": "{number}",
    "body_de": "x", "subject_en": "x", "body_en": "{number}",
}  # fmt: skip
COUPON = {
    "code": "x", "percent": "5", "periods": 3, "prices": ["base"], "plans": ["code:pro"],
    "valid_from": "2026-01-01", "valid_until": "2026-06-01", "max_redemptions": 5,
    "once_per_customer": True,
}  # fmt: skip
SCENARIO = {
    "title": "x",
    "seller": {"country": "DE", "timezone": "Europe/Berlin", "currency": "EUR", "oss": True},
    "contract": {"grouping": "monthly", "term": {"initial_months": 1, "renewal_months": 1}},
    "meters": {"m": {"aggregation": "sum", "property": "a", "carried": True}},
    "plans": {
        "p": {
            "interval": "month",
            "prices": [
                {
                    "code": "u", "charge": "usage", "meter": "m", "model": "graduated",
                    "tiers": [{"up_to": None, "unit_price": "1"}], "filters": {"a": ["1"]},
                    "valid_from": "2026-01-01",
                }
            ],
        }
    },
    "timeline": [
        {"on": "2026-01-01", "do": "start", "plan": "p", "quantity": "1", "recorded": "2026-01-02"},
        {"on": "2026-01-03", "do": "discount", "amount": "1", "periods": 1, "prices": ["u"]},
    ],
    "orders": [
        {"on": "2026-01-01", "lines": [{"text": "x", "quantity": "1", "unit_price": "1"}]}
    ],
    "usage": [
        {"at": "2026-01-05T10:00:00Z", "meter": "m", "key": "k", "properties": {"a": "1"}}
    ],
    "until": "2026-02-02",
    "expect": {"invoices": [{"net": "1", "lines": [{"price": "u", "explanation": {"a": 1}}]}]},
}  # fmt: skip

# A full and valid body for each writing route; {…} stands for what the house has.
BODIES: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {
    ("test-clock/advance", "POST"): [("test-clock/advance", {"to": "2026-02-01"})],
    ("customers", "POST"): [("customers", CUSTOMER)],
    ("customers/<reference:id>", "PATCH"): [
        ("customers/ext:A1", {"city": "x", "country": "DE", "vat_id": "DE136695976"})
    ],
    ("api-keys", "POST"): [("api-keys", API_KEY)],
    ("api-keys/<reference:id>/rotate", "POST"): [
        ("api-keys/{key}/rotate", {"overlap_seconds": 60})
    ],
    ("api-keys/<reference:id>/revoke", "POST"): [("api-keys/{key}/revoke", {})],
    ("products", "POST"): [("products", PRODUCT)],
    ("products/<reference:id>", "PATCH"): [
        ("products/code:mug", {"name": "x", "description": "x"})
    ],
    ("seller", "PATCH"): [("seller", SELLER)],
    ("seller/registrations", "POST"): [
        (
            "seller/registrations",
            {
                "country": "AT",
                "vat_id": "ATU13585627",
                "valid_from": "2026-01-01",
                "valid_until": "2027-01-01",
            },
        )
    ],
    ("seller/registrations/<reference:id>/end", "POST"): [
        ("seller/registrations/{registration}/end", {"valid_until": "2026-05-01"})
    ],
    ("exchange-rates", "POST"): [("exchange-rates", EXCHANGE_RATE)],
    ("tax-overrides", "POST"): [("tax-overrides", TAX_OVERRIDE)],
    ("tax-overrides/<reference:id>/end", "POST"): [
        ("tax-overrides/{override}/end", {"valid_until": "2026-07-01"})
    ],
    ("customers/<reference:id>/vat-id-checks", "POST"): [("customers/ext:A1/vat-id-checks", {})],
    ("contracts/<reference:id>", "PATCH"): [
        ("contracts/ext:C1", {"purchase_order": "x", "project_reference": "x"})
    ],
    ("meters", "POST"): [("meters", METER)],
    ("plans", "POST"): [("plans", PLAN)],
    ("prices", "POST"): [
        ("prices", {**PRICE, "plan": "code:pro"}),
        ("prices", {**PRICE, "product": "code:mug", "kind": "once"}),
        ("prices", {**USAGE, **PACKAGE}),
        ("prices", {**USAGE, **TIERS}),
        ("prices", {**USAGE, **PERCENTAGE}),
    ],
    ("prices/<reference:id>/end", "POST"): [("prices/{price}/end", {"valid_until": "2026-05-01"})],
    ("coupons", "POST"): [
        ("coupons", COUPON),
        ("coupons", {"code": "y", "amount": "5", "currency": "EUR"}),
    ],
    ("coupons/<reference:id>/end", "POST"): [
        ("coupons/code:SPRING/end", {"valid_until": "2026-05-01"})
    ],
    ("customers/<reference:id>/balance-movements", "POST"): [
        (
            "customers/ext:A1/balance-movements",
            {
                "kind": "prepayment",
                "amount": "5",
                "currency": "EUR",
                "reason": "x",
                "expires_on": "2027-01-01",
            },
        )
    ],
    ("contracts/<reference:id>/indexations", "POST"): [
        ("contracts/ext:C1/indexations", {"on": "2026-02-01", "percent": "3.5"})
    ],
    ("contracts/<reference:id>/preview", "POST"): [
        ("contracts/ext:C1/preview", {"plan": "code:pro", "quantity": "1", "on": "2026-01-02"})
    ],
    ("subscriptions/<reference:id>/preview", "POST"): [
        ("subscriptions/ext:S1/preview", {"kind": "change_quantity", "quantity": "2"})
    ],
    ("contracts", "POST"): [
        (
            "contracts",
            {
                "customer": "ext:A1",
                "external_id": "x",
                "currency": "EUR",
                "payment_days": 1,
                "term": {"initial_months": 12, "renewal_months": 12, "notice_months": 3},
            },
        )
    ],
    ("subscriptions", "POST"): [
        (
            "subscriptions",
            {
                "contract": "ext:C1",
                "plan": "code:pro",
                "quantity": "1",
                "on": "2026-01-01",
                "external_id": "x",
            },
        )
    ],
    ("subscriptions/<reference:id>/changes", "POST"): [
        (
            "subscriptions/ext:S1/changes",
            {
                "kind": "change_plan",
                "plan": "code:pro",
                "quantity": "2",
                "on": "2026-01-05",
                "when": "period_end",
            },
        ),
        ("subscriptions/ext:S1/changes", {"kind": "cancel", "credit": "full"}),
        ("subscriptions/ext:S1/changes", OVERRIDE),
        ("subscriptions/ext:S1/changes", TIERED_OVERRIDE),
        ("subscriptions/ext:S1/changes", {"kind": "discount", **DISCOUNT, "percent": "10"}),
        ("subscriptions/ext:S1/changes", {"kind": "discount", **DISCOUNT, "amount": "10"}),
        ("subscriptions/ext:S1/changes", {"kind": "set_anchor_day", "anchor_day": 15}),
        ("subscriptions/ext:S1/changes", {"kind": "index_prices", "percent": "3.5"}),
    ],
    ("orders", "POST"): [
        (
            "orders",
            {
                "customer": "ext:A1",
                "external_id": "x",
                "currency": "EUR",
                "on": "2026-01-01",
                "purchase_order": "x",
                "project_reference": "x",
                "lines": [LINE, {"product": "code:mug", "quantity": "1", "text": "x"}],
            },
        )
    ],
    ("simulations", "POST"): [("simulations", SCENARIO)],
    ("usage", "POST"): [
        (
            "usage",
            {
                "records": [
                    {
                        "meter": meter,
                        "subscription": "ext:S1",
                        "key": "x",
                        "at": "2026-01-01T12:00:00+01:00",
                        "value": "1",
                        "amount": "1",
                        "properties": {"region": "1", "user": "x"},
                    }
                    for meter in ("regions", "users", "unknown")
                ]
            },
        )
    ],
    ("invoices/<reference:id>/cancellation", "POST"): [
        ("invoices/{invoice}/cancellation", CANCELLATION)
    ],
    ("invoices/<reference:id>/cancellation/preview", "POST"): [
        ("invoices/{invoice}/cancellation/preview", CANCELLATION)
    ],
    ("invoices/<reference:id>/corrections", "POST"): [
        ("invoices/{invoice}/corrections", said) for said in (PARTS, OFF)
    ],
    ("invoices/<reference:id>/corrections/preview", "POST"): [
        ("invoices/{invoice}/corrections/preview", said) for said in (PARTS, OFF)
    ],
    ("webhook-endpoints", "POST"): [("webhook-endpoints", ENDPOINT)],
    ("webhook-endpoints/<reference:id>", "PATCH"): [
        ("webhook-endpoints/{endpoint}", {**ENDPOINT, "state": "disabled"})
    ],
    ("webhook-endpoints/<reference:id>", "DELETE"): [("webhook-endpoints/{endpoint}", {})],
    ("webhook-endpoints/<reference:id>/rotate-secret", "POST"): [
        ("webhook-endpoints/{endpoint}/rotate-secret", {})
    ],
    ("webhook-endpoints/<reference:id>/test", "POST"): [("webhook-endpoints/{endpoint}/test", {})],
    ("webhook-endpoints/<reference:id>/tell", "POST"): [
        ("webhook-endpoints/{endpoint}/tell", {"event": "{told}"})
    ],
    ("webhook-endpoints/<reference:id>/replay", "POST"): [
        ("webhook-endpoints/{endpoint}/replay", REPLAY)
    ],
    ("deliveries/<reference:id>/resend", "POST"): [
        ("deliveries/{delivery}/resend", {"address": "a@b.de"})
    ],
    ("invoices/<reference:id>/resend", "POST"): [
        ("invoices/{invoice}/resend", {"addresses": ["a@b.de", "c@d.de"]})
    ],
    ("customers/<reference:id>/delivery", "PUT"): [
        ("customers/ext:A1/delivery", {"by_email": True, "emails": ["a@b.de"]})
    ],
    ("mail-style", "PUT"): [("mail-style", MAIL_STYLE)],
    ("invoices/<reference:id>/download-links", "POST"): [
        ("invoices/{invoice}/download-links", {"expires_in": 60})
    ],
    ("download-links/<reference:id>", "DELETE"): [("download-links/{link}", {})],
    ("failure-causes/<reference:id>/assign", "POST"): [
        ("failure-causes/{fingerprint}/assign", {"to": "", "text": "x"})
    ],
    ("failure-causes/<reference:id>/notes", "POST"): [
        ("failure-causes/{fingerprint}/notes", {"text": "x"})
    ],
    ("failure-causes/<reference:id>/retry", "POST"): [
        ("failure-causes/{fingerprint}/retry", {"why": "x"})
    ],
    ("failure-causes/<reference:id>/write-off", "POST"): [
        ("failure-causes/{fingerprint}/write-off", {"why": "x"})
    ],
    ("failures/<reference:id>/notes", "POST"): [("failures/{failure}/notes", {"text": "x"})],
    ("failures/<reference:id>/retry", "POST"): [("failures/{failure}/retry", {"why": "x"})],
    ("failures/<reference:id>/write-off", "POST"): [("failures/{failure}/write-off", {"why": "x"})],
}
