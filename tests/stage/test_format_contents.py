"""What chosen formats want beyond the law; nothing of it is asked for where nothing was chosen."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoices.issuing.models import Charge
from invoices.issuing.queries.contents import Contents
from invoices.issuing.queries.format_contents import FORMAT_CONTENTS
from invoices.issuing.queries.legal_contents import missing_contents

SOLD = Charge(
    text="Mug", quantity=Decimal(1), starts_on=date(2026, 1, 1), position=1, supply="goods",
    tax_category="S",
)  # fmt: skip
FULL = Contents(
    seller={
        "name": "Alpha GmbH", "street": "Torstraße 1", "postcode": "10119", "city": "Berlin",
        "country": "DE", "vat_id": "DE136695976", "tax_number": "", "phone": "+49 30 123456",
        "email": "rechnung@alpha.example",
    },
    customer={
        "name": "Weber KG", "street": "Gasse 2", "postcode": "10969", "city": "Berlin",
        "country": "DE", "vat_id": "DE136695976", "kind": "business", "locale": "de",
        "email": "weber@kg.example", "buyer_reference": "K-1", "purchase_order": "",
        "delivery": {"country": "DE", "postcode": "10969", "city": "Berlin"},
    },
    currency="EUR",
    gross_minor=119_00,
    taxes=[{"category": "S", "percent": "19", "base_minor": 100_00, "tax_minor": 19_00}],
    lines=[SOLD],
    number="R2026-000001",
    issue_date=date(2026, 1, 1),
)  # fmt: skip
FRENCH = {"country": "FR", "vat_id": "FR40303265045"}


def missing(format_: str, *, seller: Any = None, customer: Any = None, **more: Any) -> str:
    said = replace(
        FULL,
        seller=FULL.seller | (seller or {}),
        customer=FULL.customer | {"document_format": format_} | (customer or {}),
        **more,
    )
    found = missing_contents(said, FORMAT_CONTENTS)
    return "; ".join(name for _, names in found for name in names)


@pytest.mark.parametrize("format_", ["xrechnung_ubl", "xrechnung_cii", "peppol", "zugferd", "pdf"])
def test_a_full_document_lacks_nothing(format_: str) -> None:
    assert missing(format_) == ""


# What is missing, and what is said of it in XRechnung, Peppol among Germans, Peppol abroad.
LACKING: list[tuple[dict[str, Any], str, str, str]] = [
    ({"seller": {"phone": "12"}}, "phone", "phone", ""),
    ({"seller": {"email": "müller@alpha.example"}}, "email", "email", ""),
    ({"seller": {"city": ""}}, "city", "city", ""),
    ({"seller": {"vat_id": ""}}, "VAT id or tax number", "VAT id", "VAT id"),
    ({"customer": {"buyer_reference": ""}}, "buyer_reference", "buyer_reference", "purchase_order"),
    ({"customer": {"buyer_reference": "", "purchase_order": "PO-1"}}, "buyer_reference", "b", ""),
    ({"customer": {"postcode": ""}}, "postcode", "postcode", ""),
    ({"customer": {"delivery": {"country": "DE"}}}, "delivery_postcode; delivery_city", "d", ""),
    ({"customer": {"email": "", "vat_id": ""}}, "electronic_address", "elec", "elec"),
    ({"customer": {"vat_id": ""}}, "", "electronic_address (one of Peppol", "electronic_address"),
    ({"currency": "KWD"}, "KWD has more", "KWD has more", "KWD has more"),
    ({"taxes": [{"category": "O"}, {"category": "G"}]}, "outside the scope", "outside", "outside"),
    (
        {"taxes": [{"category": "E", "exemption_code": "VATEX-EU-AE"}]},
        "VATEX-EU-AE is of category AE, not E",
        "VATEX-EU-AE",
        "VATEX-EU-AE",
    ),
]


@pytest.mark.parametrize(("lacking", "xrechnung", "at_home", "abroad"), LACKING)
def test_what_is_missing_is_named(
    lacking: dict[str, Any], xrechnung: str, at_home: str, abroad: str
) -> None:
    other = {**lacking, "customer": FRENCH | lacking.get("customer", {})}
    for format_, given, wanted in (
        ("xrechnung_ubl", lacking, xrechnung),
        ("xrechnung_cii", lacking, xrechnung),
        ("peppol", lacking, at_home),
        ("peppol", other, abroad),
    ):
        found = missing(format_, **given)
        assert bool(found) == bool(wanted), (format_, found)
        assert wanted in found
    assert missing("zugferd", **lacking) == ""
    assert missing("pdf", **lacking) == ""
