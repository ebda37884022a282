"""Something of everything, so that addresses and bodies can name what is there."""

import time
from typing import Any

from config.stack.client import Client

LIMIT_SECONDS = 60.0
FLAT = {"code": "base", "text": "Base fee", "model": "flat"}


def furnish(client: Client) -> dict[str, str]:
    """Make one of each thing over the API, and return what names it, by its resource."""
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
    names = {"customers": "ext:alice", **_sold(client), **_recorded(client)}
    order = client.post(
        "/orders", customer="ext:alice", external_id="order-1", lines=[_line(), _line()]
    )
    client.wait_for_transaction(order["transaction_id"])
    invoice = client.get(f"/invoices?transaction={order['transaction_id']}")["results"][0]
    link = client.post(f"/invoices/{invoice['id']}/download-links")
    correction = client.post(
        f"/invoices/{invoice['id']}/corrections",
        reason="One too many.",
        lines=[{"line": 1, "quantity": "0.5"}],
    )
    document = _document(client, invoice["id"])
    return {
        **names,
        "orders": "ext:order-1",
        "invoices": invoice["id"],
        "by-number": invoice["number"],
        "documents": document,
        "download-links": link["id"],
        "corrections": correction["id"],
        "transactions": order["transaction_id"],
        "events": order["transaction_id"],
        "deliveries": client.get("/deliveries")["results"][0]["id"],
    }


def _sold(client: Client) -> dict[str, str]:
    client.post("/products", code="app", name="The App")
    client.post("/meters", code="calls", name="Calls", aggregation="sum")
    price = {**FLAT, "amount": "30.00", "tax_class": "standard"}
    plan = client.post(
        "/plans", product="code:app", code="team", name="Team", interval="month", prices=[price]
    )
    client.post("/coupons", code="SPRING", percent="10")
    client.post("/contracts", customer="ext:alice", external_id="contract-1")
    started = client.post(
        "/subscriptions", contract="ext:contract-1", plan="code:team", external_id="app-1"
    )
    client.wait_for_transaction(started["transaction_id"])
    return {
        "products": "code:app",
        "meters": "code:calls",
        "plans": "code:team",
        "prices": plan["prices"][0]["id"],
        "coupons": "code:SPRING",
        "contracts": "ext:contract-1",
        "subscriptions": "ext:app-1",
    }


def _recorded(client: Client) -> dict[str, str]:
    endpoint = client.post("/webhook-endpoints", url="http://127.0.0.1:9/hook")
    rate = client.post(
        "/exchange-rates", currency="USD", rate="1.25", day="2026-01-02", source="Hausbank AG"
    )
    return {"webhook-endpoints": endpoint["id"], "exchange-rates": rate["id"]}


def _line() -> dict[str, Any]:
    return {"text": "Training", "quantity": "1", "unit_price": "99.00", "tax_class": "standard"}


def _document(client: Client, invoice: str) -> str:
    until = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < until:
        found = client.get(f"/invoices/{invoice}/documents")["documents"]
        if found and client.get("/deliveries")["results"]:
            return str(found[0]["id"])
        time.sleep(0.2)
    raise TimeoutError("The documents were not made in time.")
