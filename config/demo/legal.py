"""Who buys decides what an invoice must say: three customers, a correction and a cancellation."""

from typing import Any

from rich.console import Console
from rich.table import Table

from config.demo.client import Answer, Client

BERLIN = {"street": "Klosterstraße 47", "postcode": "10179", "city": "Berlin", "country": "DE"}
PARIS = {"street": "1 rue de la Paix", "postcode": "75002", "city": "Paris", "country": "FR"}
CUSTOMERS: dict[str, dict[str, Any]] = {
    "An authority wants an XRechnung": {
        **BERLIN, "external_id": "amt", "name": "Bezirksamt Mitte", "kind": "business",
        "email": "rechnung@amt.example", "buyer_reference": "04011000-1234512345-06",
        "document_format": "xrechnung_ubl",
    },
    "A company in France owes the VAT itself": {
        **PARIS, "external_id": "paris", "name": "Papeterie Dupont SARL", "kind": "business",
        "email": "compta@dupont.example", "vat_id": "FR40303265045", "locale": "en",
    },
    "A consumer sees prices with VAT": {
        **BERLIN, "external_id": "carla", "name": "Carla Kundin", "kind": "consumer",
        "email": "carla@example.com",
    },
}  # fmt: skip


def sell_and_correct(client: Client, console: Console) -> None:
    """Sell the same to each customer, then correct one invoice and cancel another, over HTTP."""
    table = Table("Document", "Why", "Net", "VAT", "Gross", "Said of the VAT", box=None)
    sold = {}
    for why, customer in CUSTOMERS.items():
        client.post("/customers", **customer)
        sold[customer["external_id"]] = invoice = _sell(client, customer)
        _add(table, invoice, why)
    _correct(
        client,
        f"/invoices/{sold['amt']['id']}/corrections",
        reason="Nur eine von zwei Schulungen fand statt.",
        lines=[{"line": 1, "quantity": "1"}],
    )
    _correct(
        client,
        f"/invoices/{sold['carla']['id']}/cancellation",
        reason="Widerruf des Kaufs.",
        bill_again=False,
    )
    for note in client.get("/invoices?kind=credit_note")["results"][::-1]:
        _add(table, client.get(f"/invoices/{note['id']}"), "It corrects an invoice")
    console.print(table)


def _sell(client: Client, customer: dict[str, Any]) -> Answer:
    is_gross = customer["kind"] == "consumer"
    line = {"text": "Schulung", "quantity": "2", "unit_price": "119.00" if is_gross else "100.00"}
    order = client.post(
        "/orders",
        customer=f"ext:{customer['external_id']}",
        lines=[{**line, "tax_class": "standard", "tax_included": is_gross}],
    )
    client.wait_for_transaction(order["transaction_id"])
    found = client.get(f"/invoices?transaction={order['transaction_id']}")["results"]
    return client.get(f"/invoices/{found[0]['id']}")


def _correct(client: Client, path: str, **correction: Any) -> None:
    client.wait_for_transaction(client.post(path, **correction)["transaction_id"])


def _add(table: Table, document: Answer, why: str) -> None:
    figures = [document[name]["amount"] for name in ("net", "tax", "gross")]
    notes = " ".join(tax["note"] for tax in document["taxes"])
    table.add_row(f"{document['title']} {document['number']}", why, *figures, notes)
