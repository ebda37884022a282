"""One story of a shop and its customer Alice, in which each operation of the API has its turn."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth.models import User

from billing.events import log
from billing.events.models import Event
from billing.sellers.models import Seller
from config.flow import BILL, CREDIT, FLOW
from invoices.documents.events import documents_rendered
from invoices.issuing.models import Invoice
from tests import factories
from tests.api.conftest import App
from tests.api.described import operation_of
from tests.handling import handle

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
HOOK = "http://127.0.0.1:9999/webhooks"  # Tests tell nobody else; the description names a shop.
CHANGING = re.compile(
    r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|(?P<hash>\b[0-9a-f]{64}\b)"
    r"|(?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00))"
    r"|(?P<link>/d/[^\"]+)"
    r"|(?P<key>anl_test_[\w-]+)"
    r"|(?P<secret>whsec_[\w+/=-]+)"
    r"|(?P<hook>http://127\.0\.0\.1:9999/)"
    r"|(?P<site>http://testserver(?=/))"
    r"|(?P<message>(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f]))"
    r"|(?P<duration>\"duration_ms\": [\d.]+)"
    r"|(?P<took>in \d+ ms)"
)
MADE = {
    "instant": "2026-03-01T09:30:00Z",
    "link": "/d/AbCdEfGhIjKlMnOpQrStUvWxYz012345",
    "hook": "https://shop.example/",
    "site": "https://billing.example",
    "duration": '"duration_ms": 120.0',
    "took": "in 120 ms",
}
ENOUGH_ROWS = 2
LINE = {"text": "Training", "quantity": "2", "unit_price": "99.00", "tax_class": "standard"}


class Story:
    """An app of which each request and answer is noted under its operation."""

    def __init__(self, app: App, seller: Seller) -> None:
        self.app = app
        self.seller = seller
        self.noted: dict[str, Any] = {}
        self._known: dict[str, str] = {}

    def get(self, path: str) -> Any:
        return self._note("GET", path, None)

    def post(self, path: str, body: Any = None) -> Any:
        return self._note("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._note("PATCH", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._note("PUT", path, body)

    def work(self) -> None:
        """Bill and credit what waits, as workers would; nothing is printed or sent."""
        for event in Event.objects.filter(seller=self.seller, state="waiting").order_by("position"):
            if {BILL, CREDIT} & set(FLOW[event.type]):
                handle(event, at=AT)

    def _note(self, method: str, path: str, body: Any) -> Any:
        answer = self.app.send(method, path, "" if body is None else json.dumps(body))
        operation = operation_of(method, f"/api/v1{path}")
        assert operation, path
        assert answer.status < 300, f"{method} {path}: {answer.content!r}"
        told = {"status": answer.status, "response": _shortened(answer.body)}
        if body is not None:
            told["request"] = body
        if operation["operationId"] == "get_transaction":
            self._number(told["response"]["entries"])
        steady = CHANGING.sub(self._steady, json.dumps(told))
        self.noted.setdefault(operation["operationId"], json.loads(steady))
        return answer.body

    def _steady(self, found: re.Match[str]) -> str:
        """Return what stands for something that is another each time: the same for the same."""
        kind, text = str(found.lastgroup), found[0]
        if kind in MADE:
            return MADE[kind]
        if kind in {"key", "secret"}:
            beginning = {"key": "anl_test_", "secret": "whsec_"}[kind]
            return (beginning + "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789" * 3)[: len(text)]
        number = len(self._known) + 1
        made = {
            "id": f"019ca8d2-6c40-7000-8000-{number:012x}",
            "hash": f"{number:02x}" * 32,
            "message": f"019ca8d26c4070008000{number:012x}",
        }[kind]
        return self._known.setdefault(text, made)

    def _number(self, entries: list[Any]) -> None:
        """Say which of the seller's events each is, in place of which in the whole log."""
        first = Event.objects.filter(seller=self.seller).earliest("position").position
        for entry in entries:
            if entry["kind"] in {"event", "follow_up"}:
                entry["details"]["position"] -= first - 1


def _shortened(answer: Any) -> Any:
    """Return an answer with the first rows of its list alone."""
    if isinstance(answer, list):
        return answer[:1]
    if isinstance(answer, dict) and len(answer.get("results", ())) > ENOUGH_ROWS:
        return {**answer, "results": answer["results"][:ENOUGH_ROWS]}
    return answer


def tell(story: Story) -> None:
    """Tell all of it."""
    settle(story)
    sell(story)
    start = story.post(
        "/subscriptions",
        {"contract": "ext:alice-1", "plan": "code:team", "quantity": "2", "external_id": "team-1"},
    )
    story.work()
    invoice = look(story, start["transaction_id"])
    change(story)
    use(story)
    order = buy(story)
    correct(story, order)
    cancel(story, order)
    deliver(story, invoice)
    fail(story)
    collect(story)
    tell_apps(story)
    watch(story, start["transaction_id"])


def settle(story: Story) -> None:
    """The seller, its taxes, its rates and its keys."""
    story.get("/seller")
    story.patch("/seller", {"contact_name": "Erika Beispiel", "phone": "+49 30 1234567"})
    registered = {"country": "AT", "vat_id": "ATU13585627", "valid_from": "2026-04-01"}
    id = story.post("/seller/registrations", registered)["id"]
    story.get("/seller/registrations")
    story.get(f"/seller/registrations/{id}")
    story.post(f"/seller/registrations/{id}/end", {"valid_until": "2027-01-01"})
    rate = {"currency": "USD", "rate": "1.0823", "day": "2026-03-01", "source": "Hausbank AG"}
    id = story.post("/exchange-rates", rate)["id"]
    story.get("/exchange-rates")
    story.get(f"/exchange-rates/{id}")
    id = story.post("/api-keys", {"name": "Meter", "scopes": ["usage:write"]})["id"]
    story.get("/api-keys")
    story.get(f"/api-keys/{id}")
    story.post(f"/api-keys/{id}/rotate", {"overlap_seconds": 3600})
    story.post(f"/api-keys/{id}/revoke", {})
    style = {"sender": "rechnung@shop.example", "sender_name": "The Shop"}
    story.put("/mail-style", {**style, "subject_de": "Ihre Rechnung {number}"})
    story.get("/mail-style")


def sell(story: Story) -> None:
    """Who pays, and what is sold."""
    story.post(
        "/customers",
        {
            "external_id": "alice", "name": "Alice Apparatebau GmbH", "kind": "business",
            "email": "alice@example.com", "street": "Hauptstraße 5", "postcode": "80331",
            "city": "München", "country": "DE", "vat_id": "DE811569869",
        },
    )  # fmt: skip
    story.get("/customers/ext:alice")
    story.get("/customers")
    story.patch("/customers/ext:alice", {"contact_name": "Einkauf"})
    wish = {"by_email": True, "emails": ["rechnung@alice.example"]}
    story.put("/customers/ext:alice/delivery", wish)
    story.get("/customers/ext:alice/delivery")
    story.post("/customers/ext:alice/vat-id-checks")
    factories.vat_id_check(story.seller.customers.get(external_id="alice"), checked_at=AT)
    story.get("/customers/ext:alice/vat-id-checks")
    catalogue(story)
    story.post("/contracts", {"customer": "ext:alice", "external_id": "alice-1"})
    story.patch("/contracts/ext:alice-1", {"purchase_order": "4500012345"})
    story.get("/contracts")
    story.get("/contracts/ext:alice-1")
    story.post("/contracts/ext:alice-1/preview", {"plan": "code:team", "quantity": "2"})


def catalogue(story: Story) -> None:
    """Products, meters, plans with their prices, coupons."""
    story.post("/products", {"code": "app", "name": "The App"})
    story.patch("/products/code:app", {"description": "Everything in one place."})
    story.get("/products")
    story.get("/products/code:app")
    story.post("/meters", {"code": "calls", "name": "API calls", "aggregation": "sum"})
    story.get("/meters")
    story.get("/meters/code:calls")
    standard = {"tax_class": "standard"}
    base = {"code": "base", "text": "Base fee", "model": "flat", "amount": "30.00", **standard}
    seats = {"code": "seats", "text": "Seats", "unit_price": "5.00", **standard}
    for code, prices in (("team", [base, {**seats, "model": "per_unit"}]), ("pro", [base])):
        plan = {"product": "code:app", "code": code, "name": code.title(), "interval": "month"}
        story.post("/plans", {**plan, "prices": prices})
    story.get("/plans")
    story.get("/plans/code:team")
    support = {"code": "support", "text": "Support", "model": "flat", "amount": "12.00"}
    id = story.post("/prices", {"plan": "code:pro", **support, **standard})["id"]
    story.get("/prices?plan=code:pro")
    story.get(f"/prices/{id}")
    story.post(f"/prices/{id}/end", {"valid_until": "2027-01-01"})
    story.post("/coupons", {"code": "SPRING", "percent": "10"})
    story.get("/coupons")
    story.get("/coupons/code:SPRING")
    story.post("/coupons/code:SPRING/end", {"valid_until": "2026-06-01"})
    decide(story)


def decide(story: Story) -> None:
    """A decision of the seller's own on VAT."""
    story.post("/products", {"code": "course", "name": "Course"})
    decision = {
        "product": "code:course", "category": "E", "exemption_code": "VATEX-EU-132-1I",
        "exemption_text": "Steuerfrei nach § 4 Nr. 21 UStG", "valid_from": "2026-04-01",
        "reason": "Certificate of the authority for education, 12 February 2026",
    }  # fmt: skip
    id = story.post("/tax-overrides", decision)["id"]
    story.get("/tax-overrides")
    story.get(f"/tax-overrides/{id}")
    story.post(f"/tax-overrides/{id}/end", {"valid_until": "2027-01-01"})


def look(story: Story, transaction: str) -> dict[str, Any]:
    """What came of the subscription."""
    story.get(f"/events/{transaction}")
    invoice: dict[str, Any] = story.get(f"/invoices?transaction={transaction}")["results"][0]
    story.get(f"/invoices/{invoice['id']}")
    story.get(f"/invoices/by-number/{invoice['number']}")
    charge = story.get("/charges?customer=ext:alice")["results"][0]
    story.get(f"/charges/{charge['id']}")
    story.get("/subscriptions")
    story.get("/subscriptions/ext:team-1")
    return invoice


def change(story: Story) -> None:
    """Another plan, another price."""
    upgrade = {"kind": "change_plan", "plan": "code:pro"}
    story.post("/subscriptions/ext:team-1/preview", upgrade)
    story.post("/subscriptions/ext:team-1/changes", upgrade)
    story.get("/subscriptions/ext:team-1/changes")
    rise = {"on": "2026-05-01", "percent": "3.5"}
    story.post("/contracts/ext:alice-1/indexations", rise)
    story.work()


def use(story: Story) -> None:
    """Usage, and what it adds up to."""
    record = {"meter": "calls", "subscription": "ext:team-1", "key": "2026-03-01-a"}
    story.post("/usage", {"records": [{**record, "at": "2026-03-01T09:30:00Z", "value": "1250"}]})
    story.get("/usage?subscription=ext:team-1&meter=code:calls")
    story.get("/usage/days?subscription=ext:team-1&meter=code:calls")


def buy(story: Story) -> dict[str, Any]:
    """An order, and its invoice."""
    order = {"customer": "ext:alice", "external_id": "order-1", "lines": [LINE]}
    placed = story.post("/orders", order)
    story.get("/orders")
    story.get("/orders/ext:order-1")
    story.work()
    page = story.get(f"/invoices?transaction={placed['transaction_id']}")
    invoice: dict[str, Any] = page["results"][0]
    return invoice


def correct(story: Story, invoice: dict[str, Any]) -> None:
    """A part of an invoice is given back."""
    part = {"reason": "One training was not held.", "lines": [{"line": 1, "quantity": "1"}]}
    path = f"/invoices/{invoice['id']}/corrections"
    story.post(f"{path}/preview", part)
    ordered = story.post(path, part)
    story.work()
    story.get(path)
    story.get(f"/corrections/{ordered['id']}")
    note = story.get("/credit-notes")["results"][0]
    story.get(f"/credit-notes/{note['id']}")


def cancel(story: Story, invoice: dict[str, Any]) -> None:
    """All of an invoice is given back; and money comes in ahead."""
    all_of_it = {"reason": "The other one was not held either.", "bill_again": False}
    story.post(f"/invoices/{invoice['id']}/cancellation/preview", all_of_it)
    story.post(f"/invoices/{invoice['id']}/cancellation", all_of_it)
    money = {"kind": "prepayment", "amount": "100.00", "reason": "Transfer of 27 February"}
    story.post("/customers/ext:alice/balance-movements", money)
    story.get("/customers/ext:alice/balance-movements")
    story.get("/balance-movements")
    story.get("/customers/ext:alice/balance")


def deliver(story: Story, invoice: dict[str, Any]) -> None:
    """Files of an invoice, links to them, and an e-mail that didn't arrive."""
    row = Invoice.objects.get(pk=invoice["id"])
    document = factories.document(row, b"%PDF-1.7\n".ljust(32_768))
    log.append([documents_rendered(row, [document], at=AT)], at=AT)
    story.get(f"/invoices/{row.pk}/documents")
    link = story.post(f"/invoices/{row.pk}/download-links", {"expires_in": 86400})
    story.get(f"/invoices/{row.pk}/download-links")
    story.get(f"/download-links/{link['id']}")
    delivery = factories.delivery(row, address="rechnung@alice.example")
    story.post(f"/invoices/{row.pk}/resend", {"addresses": ["steuer@kanzlei.example"]})
    story.get("/deliveries?channel=email")
    story.get(f"/deliveries/{delivery.pk}")
    story.post(f"/deliveries/{delivery.pk}/resend", {"address": "buchhaltung@alice.example"})


def fail(story: Story) -> None:
    """What can't be billed: an authority's invoice without its Leitweg-ID."""
    story.post(
        "/customers",
        {
            "external_id": "amt", "name": "Bezirksamt Mitte", "kind": "business",
            "document_format": "xrechnung_ubl", "email": "rechnung@amt.example",
            "street": "Klosterstraße 47", "postcode": "10179", "city": "Berlin", "country": "DE",
        },
    )  # fmt: skip
    for number in (2, 3):
        order = {"customer": "ext:amt", "external_id": f"order-{number}", "lines": [LINE]}
        story.post("/orders", order)
    story.work()
    one, other = story.get("/failures?state=open")["results"]
    story.get(f"/failures/{one['id']}")
    story.get("/failure-causes")
    story.get(f"/failures?fingerprint={one['fingerprint']}")
    cause = f"/failure-causes/{one['fingerprint']}"
    User.objects.create_user("ada").seller_memberships.create(seller=story.seller)
    story.post(f"{cause}/assign", {"to": "ada", "text": "Please ask the authority."})
    story.post(f"{cause}/notes", {"text": "Asked on the phone: they send it today."})
    story.post(f"/failures/{other['id']}/notes", {"text": "This one was ordered twice."})
    story.get(f"{cause}/notes")
    story.patch("/customers/ext:amt", {"buyer_reference": "04011000-1234512345-06"})
    story.post(f"/failures/{one['id']}/retry", {"why": "Leitweg-ID entered."})
    story.post(f"/failures/{other['id']}/write-off", {"why": "Ordered twice."})
    fail_together(story)


def fail_together(story: Story) -> None:
    """What can't be billed for one cause: a product without a price, ordered again and again."""
    for name in ("umbrella", "scarf"):
        story.post("/products", {"code": name, "name": name.capitalize(), "supply": "goods"})
        line = {"product": f"code:{name}", "quantity": "1"}
        for number in (1, 2):
            order = {"customer": "ext:alice", "external_id": f"{name}-{number}", "lines": [line]}
            story.post("/orders", order)
    story.work()
    scarf, umbrella = story.get("/failure-causes")["results"][:2]
    story.get(f"/failure-causes/{umbrella['fingerprint']}")
    story.post(f"/failure-causes/{umbrella['fingerprint']}/retry", {"why": "Price entered."})
    story.post(f"/failure-causes/{scarf['fingerprint']}/write-off", {"why": "A test."})


def collect(story: Story) -> None:
    """A customer whose charges wait for the month's invoice."""
    story.post(
        "/customers",
        {
            "external_id": "bob", "name": "Bob Baumeister", "kind": "consumer", "country": "DE",
            "grouping": "monthly",
        },
    )  # fmt: skip
    story.post("/orders", {"customer": "ext:bob", "external_id": "order-4", "lines": [LINE]})
    story.work()
    story.get("/waiting-charges?customer=ext:bob")


def tell_apps(story: Story) -> None:
    """An app that is told of what happens."""
    wanted = {"url": HOOK, "event_types": ["invoice.*"], "description": "Shop"}
    id = story.post("/webhook-endpoints", wanted)["id"]
    story.get("/webhook-endpoints")
    story.get(f"/webhook-endpoints/{id}")
    types = {"event_types": ["invoice.*", "customer.*"]}
    story.patch(f"/webhook-endpoints/{id}", types)
    story.post(f"/webhook-endpoints/{id}/rotate-secret")
    story.post(f"/webhook-endpoints/{id}/test", {"type": "invoice.issued"})
    story.patch("/customers/ext:alice", {"phone": "+49 89 1234567"})
    changed = Event.objects.filter(seller=story.seller, type="customer.changed").latest("position")
    story.post(f"/webhook-endpoints/{id}/tell", {"event": str(changed.pk)})
    since = {"from": "2026-03-01T00:00:00Z", "event_types": ["customer.*"]}
    story.post(f"/webhook-endpoints/{id}/replay", since)
    story.get("/webhook-event-types")


def watch(story: Story, transaction: str) -> None:
    """What happened, and what will."""
    story.get("/events")
    story.get(f"/transactions/{transaction}")
    run = factories.billing_run(story.seller, day=date(2026, 3, 1))
    story.get("/billing-runs")
    story.get(f"/billing-runs/{run.pk}")
    story.post("/simulations", SCENARIO)
    story.post("/test-clock/advance", {"to": "2026-04-01"})
    story.get("/test-clock")


BASE = {"code": "base", "charge": "recurring", "timing": "advance", "model": "flat"}
SCENARIO = {
    "title": "An upgrade after the first month",
    "seller": {"country": "DE", "timezone": "Europe/Berlin", "currency": "EUR"},
    "customer": {"kind": "business", "country": "DE"},
    "plans": {
        "team": {
            "interval": "month",
            "prices": [{**BASE, "amount": "30.00"}],
        },
        "pro": {
            "interval": "month",
            "prices": [{**BASE, "amount": "60.00"}],
        },
    },
    "timeline": [
        {"on": "2026-03-01", "do": "start", "plan": "team"},
        {"on": "2026-04-01", "do": "change_plan", "plan": "pro"},
    ],
    "until": "2026-04-30",
}
