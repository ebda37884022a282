"""The examples of the API's description are answers of the API: one story, told again each time."""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from billing.sellers.commands import create_api_key
from config.demo.seller import DEMO_SELLER, make_seller
from tests.api.conftest import App, bill_all
from tests.api.described import operation_of

STORED = Path("billing/api/examples.json")
WRITE = "WRITE_EXAMPLES"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
CHANGING = re.compile(
    r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|(?P<hash>\b[0-9a-f]{64}\b)"
    r"|(?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00))"
    r"|(?P<link>/d/[^\"]+)"
)


class Story:
    """An app of which each request and answer is noted under its operation."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.noted: dict[str, Any] = {}
        self._known: dict[str, str] = {}

    def get(self, path: str) -> Any:
        return self._note("GET", path, None)

    def post(self, path: str, body: Any = None) -> Any:
        return self._note("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._note("PATCH", path, body)

    def _note(self, method: str, path: str, body: Any) -> Any:
        answer = self.app.send(method, path, json.dumps(body))
        operation = operation_of(method, f"/api/v1{path}")
        assert operation, path
        assert answer.status < 300, answer.body
        name = operation["operationId"]
        told = {"status": answer.status, "response": answer.body}
        if body is not None:
            told["request"] = body
        steady: Callable[[re.Match[str]], str] = self._steady
        self.noted.setdefault(name, json.loads(CHANGING.sub(steady, json.dumps(told))))
        return answer.body

    def _steady(self, found: re.Match[str]) -> str:
        """Return what stands for an id, hash, instant or link: the same for the same."""
        kind, text = str(found.lastgroup), found[0]
        if kind == "instant":
            return "2026-03-01T09:30:00Z"
        number = len(self._known) + 1
        made = {
            "id": f"019ca8d2-6c40-7000-8000-{number:012x}",
            "hash": f"{number:02x}" * 32,
            "link": "/d/AbCdEfGhIjKlMnOpQrStUvWxYz012345",
        }[kind]
        return self._known.setdefault(text, made)


def test_they_are_what_the_api_takes_and_answers(db: None) -> None:
    seller = make_seller(name=DEMO_SELLER, at=AT, clock=date(2026, 3, 1))
    _, key = create_api_key(seller=seller, name="Shop", at=AT)
    story = Story(App(key))

    sell(story)
    start = story.post(
        "/subscriptions",
        {"contract": "ext:alice-1", "plan": "code:team", "quantity": "2", "external_id": "team-1"},
    )
    bill_all(seller, at=AT)
    look(story, start["transaction_id"])

    text = json.dumps(story.noted, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if WRITE in os.environ:
        STORED.write_text(text, encoding="utf-8")
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert stored == story.noted, f"write them anew: {WRITE}=1 pytest {__file__}"


def sell(story: Story) -> None:
    story.get("/seller")
    story.post(
        "/customers",
        {
            "external_id": "alice", "name": "Alice Apparatebau GmbH", "kind": "business",
            "email": "alice@example.com", "street": "Hauptstraße 5", "postcode": "80331",
            "city": "München", "country": "DE",
        },
    )  # fmt: skip
    story.get("/customers/ext:alice")
    story.get("/customers")
    story.patch("/customers/ext:alice", {"contact_name": "Einkauf"})
    story.post("/products", {"code": "app", "name": "The App"})
    story.post("/meters", {"code": "calls", "name": "API calls", "aggregation": "sum"})
    standard = {"tax_class": "standard"}
    base = {"code": "base", "text": "Base fee", "model": "flat", "amount": "30.00", **standard}
    seats = {"code": "seats", "text": "Seats", "unit_price": "5.00", **standard}
    for code, prices in (("team", [base, {**seats, "model": "per_unit"}]), ("pro", [base])):
        plan = {"product": "code:app", "code": code, "name": code.title(), "interval": "month"}
        story.post("/plans", {**plan, "prices": prices})
    story.post("/coupons", {"code": "SPRING", "percent": "10"})
    story.post("/contracts", {"customer": "ext:alice", "external_id": "alice-1"})
    story.post("/contracts/ext:alice-1/preview", {"plan": "code:team", "quantity": "2"})


def look(story: Story, transaction: str) -> None:
    story.get(f"/events/{transaction}")
    invoice = story.get(f"/invoices?transaction={transaction}")["results"][0]
    story.get(f"/invoices/{invoice['id']}")
    story.get("/subscriptions/ext:team-1")
    change = {"kind": "change_plan", "plan": "code:pro"}
    story.post("/subscriptions/ext:team-1/preview", change)
    story.post("/subscriptions/ext:team-1/changes", change)
    line = {"text": "Training", "quantity": "1", "unit_price": "99.00", "tax_class": "standard"}
    story.post("/orders", {"customer": "ext:alice", "external_id": "order-1", "lines": [line]})
    record = {"meter": "calls", "subscription": "ext:team-1", "key": "2026-03-01-a"}
    story.post("/usage", {"records": [{**record, "at": "2026-03-01T09:30:00Z", "value": "1250"}]})
    part = {"reason": "One seat too many.", "lines": [{"line": 2, "quantity": "1"}]}
    story.post(f"/invoices/{invoice['id']}/corrections/preview", part)
    story.post(f"/invoices/{invoice['id']}/corrections", part)
    story.post(f"/invoices/{invoice['id']}/download-links", {"expires_in": 86400})
    story.get("/customers/ext:alice/balance")
    story.get("/failures")
    story.post("/test-clock/advance", {"to": "2026-04-01"})
    story.get("/test-clock")
