"""A seller that has something of everything, so that addresses and bodies can name it."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from billing.sellers.commands import create_api_key
from billing.sellers.models import Seller
from config.demo.seller import make_seller
from config.stack.client import Answer, Client
from invoices.reports.models import Bookkeeping
from tests import factories
from tests.schemathesis.names import HOOK, SELDOM, Names

LIMIT_SECONDS = 120.0
# What is used up by being cancelled, resent, retried or ended: so many of each.
SPARE = 40
LINE = {"text": "Training", "quantity": "1000", "unit_price": "99.00", "tax_class": "standard"}
UNPRICED = {"product": "code:unpriced", "quantity": "1"}
WITH_FILES = {"invoices", "deliveries", "download-links"}


def make_world(tag: str, *, url: str, at: datetime) -> tuple[str, Names]:
    """Make a seller for one resource's requests; return its API key, and names by resource."""
    seller = make_seller(name=f"Fuzzed {tag}", at=at, makes_documents=tag in WITH_FILES)
    _, key = create_api_key(seller=seller, name="Fuzz", at=at)
    if tag == "test-clock":  # Alone, or each day that it passes would be billed.
        factories.TestClock.objects.create(seller=seller, today=at.date())
        return key, {}
    return key, furnish(Client(url=url, key=key), seller, tag)


def furnish(client: Client, seller: Seller, tag: str) -> Names:
    """Make something of everything, and much of what `tag` uses up."""
    client.post("/customers", **_customer("alice"))
    if tag in WITH_FILES:
        wish = {"by_email": True, "emails": ["alice@example.com"]}
        factories.set_wish(customer=seller.customers.get(), details=wish)
        factories.set_mail_style(seller=seller, details={"sender": "billing@example.com"})
    names = {"customers": ["ext:alice"], **_sold(client), **_recorded(client)}
    names |= _billed(client, SPARE if tag == "invoices" else 2)
    if tag in WITH_FILES:
        names |= _delivered(client, names["invoices"])
    if tag == "failures":
        names |= _failed(client)
    names["billing-runs"] = [str(factories.billing_run(seller).pk)]
    Bookkeeping.objects.create(seller=seller, consultant_number=29098, client_number=55003)
    return names


def _customer(external_id: str) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "name": "Alice Apparatebau GmbH",
        "kind": "business",
        "email": "alice@example.com",
        "street": "Hauptstraße 5",
        "postcode": "80331",
        "city": "München",
        "country": "DE",
    }


def _sold(client: Client) -> Names:
    client.post("/products", code="app", name="The App")
    client.post("/products", code="unpriced", name="What has no price yet")
    client.post("/meters", code="calls", name="Calls", aggregation="sum")
    price = {"code": "base", "text": "Base fee", "model": "flat", "amount": "30.00"}
    prices = [{**price, "tax_class": "standard"}]
    plan = client.post(
        "/plans", product="code:app", code="team", name="Team", interval="month", prices=prices
    )
    client.post("/coupons", code="SPRING", percent="10")
    client.post("/contracts", customer="ext:alice", external_id="contract-1")
    started = client.post(
        "/subscriptions", contract="ext:contract-1", plan="code:team", external_id="app-1"
    )
    client.wait_for_transaction(started["transaction_id"])
    return {
        "products": ["code:app"],
        "meters": ["code:calls"],
        "plans": ["code:team"],
        "prices": [plan["prices"][0]["id"]],
        "coupons": ["code:SPRING"],
        "contracts": ["ext:contract-1"],
        "subscriptions": ["ext:app-1"],
    }


def _recorded(client: Client) -> Names:
    endpoint = client.post("/webhook-endpoints", url=HOOK, event_types=[SELDOM])
    rate = client.post(
        "/exchange-rates", currency="USD", rate="1.25", day="2026-01-02", source="Hausbank AG"
    )
    override = client.post(
        "/tax-overrides", category="S", percent="3", reason="Agreed", customer="ext:alice",
        valid_from="2099-01-01",
    )  # fmt: skip
    registration = client.post(
        "/seller/registrations", country="AT", vat_id="ATU13585627", valid_from="2099-01-01"
    )
    key = client.post("/api-keys", name="Another", scopes=["customers:read"])
    return {
        "webhook-endpoints": [endpoint["id"]],
        "exchange-rates": [rate["id"]],
        "tax-overrides": [override["id"]],
        "registrations": [registration["id"]],
        "api-keys": [key["id"]],
    }


def _billed(client: Client, count: int) -> Names:
    orders = [_ordered(client, f"order-{number}", LINE) for number in range(count)]
    invoices = [_invoice(client, order["transaction_id"]) for order in orders]
    corrected = client.post(
        f"/invoices/{invoices[0]['id']}/corrections",
        reason="One too many.",
        lines=[{"line": 1, "quantity": "1"}],
    )
    story = client.wait_for_transaction(corrected["transaction_id"])
    note = _invoice(client, story["id"])
    charges = client.get("/charges")["results"]
    return {
        "orders": [f"ext:order-{number}" for number in range(count)],
        "invoices": [invoice["id"] for invoice in invoices],
        "by-number": [invoice["number"] for invoice in invoices],
        "corrections": [corrected["id"]],
        "credit-notes": [note["id"]],
        "charges": [charge["id"] for charge in charges],
        "transactions": [order["transaction_id"] for order in orders],
        "events": [order["transaction_id"] for order in orders],
    }


def _ordered(client: Client, external_id: str, line: dict[str, Any]) -> Answer:
    return client.post("/orders", customer="ext:alice", external_id=external_id, lines=[line])


def _invoice(client: Client, transaction: str) -> Answer:
    client.wait_for_transaction(transaction)
    found: Answer = client.get(f"/invoices?transaction={transaction}")["results"][0]
    return found


def _delivered(client: Client, invoices: list[str]) -> Names:
    links = [client.post(f"/invoices/{invoices[0]}/download-links") for _ in range(SPARE)]
    document = _first(lambda: client.get(f"/invoices/{invoices[0]}/documents")["documents"])
    _first(lambda: client.get("/deliveries?channel=email")["results"])
    deliveries = client.get("/deliveries?channel=email")["results"]
    return {
        "download-links": [link["id"] for link in links],
        "documents": [f"{invoices[0]} {document['id']}"],
        "deliveries": [delivery["id"] for delivery in deliveries],
    }


def _failed(client: Client) -> Names:
    for number in range(SPARE):
        _ordered(client, f"unpriced-{number}", UNPRICED)
    return {"failures": [_first(lambda: client.get("/failures")["results"])["id"]]}


def _first(found: Callable[[], list[Answer]]) -> Answer:
    """Return the first of what is there, once there is any."""
    until = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < until:
        if rows := found():
            return rows[0]
        time.sleep(0.2)
    raise TimeoutError("What was asked for was not made in time.")
