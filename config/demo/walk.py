"""The walk itself: an order, a subscription with its changes, three turns of its period."""

from typing import Any

from rich.console import Console
from rich.table import Table

from config.demo.client import Client

SEATS = [
    {"code": "base", "text": "Base fee", "amount": "30.00", "model": "flat"},
    {"code": "seats", "text": "Seats", "unit_price": "5.00", "model": "per_unit"},
    {"code": "support", "text": "Support", "unit_price": "12.00", "timing": "arrears"},
]
PRO = [
    {"code": "base", "text": "Base fee Pro", "amount": "60.00", "model": "flat"},
    {"code": "seats", "text": "Seats Pro", "unit_price": "8.00", "model": "per_unit"},
    {"code": "support", "text": "Support Pro", "unit_price": "20.00", "timing": "arrears"},
]


def walk(client: Client, console: Console) -> str:
    """Walk through the engine over HTTP; return the transaction id of the order."""
    order = _place_order(client, console)
    _subscribe(client, console)
    console.print("The test clock goes to 15 April: three periods end on the way.")
    _advance(client, to="2026-04-15")
    _print_invoices(client, console)
    return order


def _place_order(client: Client, console: Console) -> str:
    client.post(
        "/customers",
        external_id="alice",
        name="Alice Apparatebau GmbH",
        kind="business",
        email="alice@example.com",
        street="Hauptstraße 5",
        postcode="80331",
        city="München",
        country="DE",
    )
    order = client.post(
        "/orders",
        customer="ext:alice",
        external_id="order-1",
        lines=[
            {
                "text": "Training",
                "quantity": "1",
                "unit_price": "99.00",
                "tax_class": "standard",
            },
            {
                "text": "Handbook",
                "quantity": "3",
                "unit_price": "24.90",
                "tax_class": "reduced",
                "tax_included": True,
            },
        ],
    )
    transaction_id: str = order["transaction_id"]
    event = client.wait_for_transaction(transaction_id)
    console.print(f"Order order-1 was placed, and is {event['state']}.")
    return transaction_id


def _subscribe(client: Client, console: Console) -> None:
    client.post("/products", code="app", name="The App")
    for code, name, prices in (("team", "Team", SEATS), ("pro", "Pro", PRO)):
        priced = [{**price, "tax_class": "standard"} for price in prices]
        client.post(
            "/plans", product="code:app", code=code, name=name, interval="month", prices=priced
        )
    client.post("/contracts", customer="ext:alice", external_id="contract-1")
    started = client.post(
        "/subscriptions",
        contract="ext:contract-1",
        plan="code:team",
        quantity="2",
        external_id="subscription-1",
    )
    client.wait_for_transaction(started["transaction_id"])
    console.print("Subscription subscription-1 to the plan team, 2 seats, has started.")
    _advance(client, to="2026-01-16")
    _change(client, kind="change_quantity", quantity="5")
    console.print("On 16 January there are 5 seats.")
    _advance(client, to="2026-02-10")
    _change(client, kind="change_plan", plan="code:pro")
    console.print("On 10 February it moves to the plan pro.")


def _advance(client: Client, *, to: str) -> None:
    client.post("/test-clock/advance", to=to)
    client.wait_for_clock()


def _change(client: Client, **change: Any) -> None:
    changed = client.post("/subscriptions/ext:subscription-1/changes", **change)
    client.wait_for_transaction(changed["transaction_id"])


def _print_invoices(client: Client, console: Console) -> None:
    table = Table(title="Invoices of Alice Apparatebau GmbH")
    for heading in ("Number", "Date", "Line", "Service", "Net"):
        table.add_column(heading, justify="right" if heading == "Net" else "left")
    for listed in reversed(client.get("/invoices?customer=ext:alice&limit=100")["results"]):
        invoice = client.get(f"/invoices/{listed['id']}")
        for line in invoice["lines"]:
            service = f"{line['starts_on']} - {line['ends_on']}" if line["ends_on"] else ""
            table.add_row(
                invoice["number"],
                invoice["issue_date"],
                line["text"],
                service,
                line["net"]["amount"],
            )
        figures = " + ".join(invoice[name]["amount"] for name in ("net", "tax"))
        table.add_row("", "", f"[bold]{figures} =", "", f"[bold]{invoice['gross']['amount']}")
        table.add_section()
    console.print(table)
