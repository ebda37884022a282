"""Scenarios as issued invoices with their lines, as the database would hold them."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from billing.pricing.taxes import SupplyKind
from billing.simulation import scenario as simulated
from billing.simulation.reading import Case, read_yaml, scenario_of
from billing.simulation.run import run
from billing.simulation.scenario import BadScenario, Scenario
from invoices.issuing.models import Charge, Invoice

SCENARIOS = Path(__file__).parents[1] / "scenarios"
_STORED = Decimal("1e-12")
_TOWNS = {
    "DE": ("Lindenstraße 5", "10969", "Berlin"),
    "FR": ("1 rue de la Paix", "75002", "Paris"),
    "CH": ("Bahnhofstrasse 1", "8001", "Zürich"),
}
SELLER: dict[str, Any] = {
    "name": "Anlass GmbH", "trading_name": "", "street": "Torstraße 1", "postcode": "10119",
    "city": "Berlin", "country": "DE", "contact_name": "Erika Muster", "phone": "+49 30 123456",
    "email": "rechnung@seller.example", "register_number": "Amtsgericht Berlin, HRB 12345 B",
    "legal_information": "", "electronic_address": "", "electronic_address_scheme": "",
    "vat_id": "DE136695976", "tax_number": "143/123/45678", "account_holder": "",
    "iban": "DE02120300000000202051", "bic": "", "creditor_id": "", "locale": "de", "oss": False,
    "vat_id_policy": "checksum", "small_business": None, "registrations": [],
}  # fmt: skip
CUSTOMER: dict[str, Any] = {
    "external_id": "customer", "name": "Weber KG", "kind": "business", "contact_name": "",
    "email": "rechnung@customer.example", "phone": "", "street": "Lindenstraße 5",
    "address_line_2": "", "postcode": "10969", "city": "Berlin", "country": "DE", "vat_id": "",
    "register_number": "", "buyer_reference": "04011000-12345-03", "electronic_address": "",
    "electronic_address_scheme": "", "document_format": "zugferd", "mandate_reference": "",
    "mandate_iban": "", "locale": "de", "purchase_order": "", "project_reference": "",
    "mandate_signed_on": "",
    "delivery": dict.fromkeys(("name", "street", "postcode", "city", "country"), ""),
}  # fmt: skip


def names() -> list[str]:
    """The names of all scenarios."""
    return [file.stem for file in sorted(SCENARIOS.glob("*.yaml"))]


def scenes(name: str) -> Iterator[tuple[Invoice, list[Charge]]]:
    """Yield the invoices and credit notes of a scenario, each with its lines."""
    for sequence, document in enumerate(_documents(name), start=1):
        yield _scene(scenario_of(_case(name)), document, sequence)


@cache
def _case(name: str) -> Case:
    return read_yaml((SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8"), file=name)


@cache
def _documents(name: str) -> tuple[simulated.Document, ...]:
    try:
        return run(scenario_of(_case(name)))
    except BadScenario:
        return ()


def _scene(
    scenario: Scenario, document: simulated.Document, sequence: int
) -> tuple[Invoice, list[Charge]]:
    is_invoice = document.kind == "invoice"
    made = Invoice(
        kind=document.kind,
        number=f"{'R' if is_invoice else 'G'}2026-{sequence:06d}",
        issue_date=document.on,
        due_date=document.on + timedelta(days=14),
        currency=document.currency,
        seller_as_printed=_seller(scenario),
        customer_as_printed=_customer(scenario),
        corrects=[] if is_invoice else [{"number": "R2025-1", "issue_date": "2025-01-01"}],
        net_minor=document.net_minor,
        tax_minor=document.tax_minor,
        gross_minor=document.gross_minor,
        prepaid_minor=0,
        payable_minor=document.gross_minor,
        taxes=[tax.printed for tax in document.taxes],
    )
    return made, [
        _charge(made, line, position, supply=_supply(scenario))
        for position, line in enumerate(document.lines, start=1)
    ]


def _seller(scenario: Scenario) -> dict[str, Any]:
    terms = scenario.seller
    return {**SELLER, **terms.as_printed}


def _customer(scenario: Scenario) -> dict[str, Any]:
    terms = scenario.customer.as_printed
    street, postcode, city = _TOWNS.get(terms["country"], ("Main Street 1", "12345", "Town"))
    delivery = {**CUSTOMER["delivery"], **terms["delivery"]}
    if delivery["country"]:
        delivery |= {"postcode": "12345", "city": "Town"}
    place = {"street": street, "postcode": postcode, "city": city}
    return {**CUSTOMER, **place, **terms, "delivery": delivery}


def _supply(scenario: Scenario) -> str:
    """What is sold: goods, if any of it is."""
    kinds = {line.supply_kind for order in scenario.orders for line in order.lines}
    kinds |= {price.supply_kind for plan in scenario.plans.values() for price in plan.prices}
    return "goods" if SupplyKind.GOODS in kinds else "digital"


def _charge(
    invoice: Invoice, line: simulated.DocumentLine, position: int, *, supply: str
) -> Charge:
    return Charge(
        supply=supply,
        invoice=invoice,
        position=position,
        price_code=line.price or "",
        starts_on=line.starts_on or invoice.issue_date,
        ends_on=line.ends_on,
        text=line.text,
        quantity=line.quantity.quantize(_STORED),
        unit_price=None if line.unit_price is None else line.unit_price.quantize(_STORED),
        currency=invoice.currency,
        amount_minor=line.net_minor,
        tax_included=_is_tax_included(line),
        tax_category=line.tax_category,
        tax_percent=line.tax_percent,
        explanation=line.explanation,
    )


def _is_tax_included(line: simulated.DocumentLine) -> bool:
    return bool(line.explanation.get("tax_included"))
