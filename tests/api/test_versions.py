"""ETags: what a caller has needn't be sent again, and what changed meanwhile isn't overwritten."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from billing.customers.models import Customer
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App
from tests.api.lists import House
from tests.api.routes import ROUTES

# Every address whose thing can be changed: a body that changes it, and with what method.
CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "seller": ("PATCH", "/seller", {"phone": "030 1"}),
    "customers/<reference:id>": ("PATCH", "/customers/ext:A1", {"city": "Bonn"}),
    "customers/<reference:id>/delivery": ("PUT", "/customers/ext:A1/delivery", {"by_email": False}),
    "products/<reference:id>": ("PATCH", "/products/code:mug", {"name": "Cup"}),
    "contracts/<reference:id>": ("PATCH", "/contracts/ext:C1", {"purchase_order": "4711"}),
    "mail-style": ("PUT", "/mail-style", {"sender_name": "Bills"}),
    "webhook-endpoints/<reference:id>": (
        "PATCH", "/webhook-endpoints/{endpoint}", {"description": "CRM"},
    ),
    "download-links/<reference:id>": ("DELETE", "/download-links/{link}", {}),
}  # fmt: skip
CHANGING = {route for route, method in ROUTES if method in {"PATCH", "PUT", "DELETE"}}


@pytest.fixture
def house(seller: Seller) -> House:
    house = House(seller)
    factories.product(seller, code="mug")
    return house


def prepared(app: App, house: House, route: str) -> tuple[str, str, dict[str, Any]]:
    """Return method, address and body of a change."""
    method, path, body = CHANGES[route]  # An address that is missing fails here.
    endpoint = factories.endpoint(house.seller).pk
    link = app.post(f"/invoices/{house.invoice.pk}/download-links", {}).body["id"]
    return method, path.format(endpoint=endpoint, link=link), body


class TestReading:
    @pytest.mark.parametrize("route", sorted(CHANGING))
    def test_what_the_caller_has_is_not_sent_again(
        self, app: App, house: House, route: str
    ) -> None:
        _, path, _ = prepared(app, house, route)
        tag = app.get(path).headers["ETag"]

        again = app.get(path, If_None_Match=tag)

        assert tag.startswith('"')
        assert (again.status, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert app.get(path, If_None_Match=f'"x", W/{tag}').status == 304
        assert app.get(path, If_None_Match='"x"').status == 200

    def test_documents_of_the_books_have_one_too(self, app: App, house: House) -> None:
        answer = app.get(f"/invoices/{house.invoice.pk}")

        assert answer.headers["Cache-Control"] == "private, no-cache"
        tag = answer.headers["ETag"]
        assert app.get(f"/invoices/{house.invoice.pk}", If_None_Match=tag).status == 304

    def test_a_look_at_the_headers_shows_it(self, app: App, house: House) -> None:
        tag = app.get("/customers/ext:A1").headers["ETag"]

        assert app.send("HEAD", "/customers/ext:A1").headers["ETag"] == tag
        assert app.send("HEAD", "/customers/ext:A1", If_None_Match=tag).status == 304

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_list_is_kept_by_nobody(self, app: App, house: House, method: str) -> None:
        headers = app.send(method, "/customers").headers

        assert headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize("path", ["/customers", "/customers/ext:A1", "/customers/ext:none"])
    def test_each_caller_has_an_answer_of_its_own(self, app: App, house: House, path: str) -> None:
        varies = app.get(path).headers["Vary"].split(", ")

        assert {"Accept", "Authorization", "Anlass-Seller", "Cookie"} <= set(varies)

    def test_a_list_has_none(self, app: App, house: House) -> None:
        assert "ETag" not in app.get("/customers").headers


class TestChanging:
    @pytest.mark.parametrize("route", sorted(CHANGING))
    def test_the_state_that_was_seen_is_changed(self, app: App, house: House, route: str) -> None:
        method, path, body = prepared(app, house, route)
        tag = app.get(path).headers["ETag"]

        answer = app.send(method, path, dumped(body), If_Match=tag)

        assert answer.status in {200, 204}
        if answer.status == 200:
            assert answer.headers["ETag"] == app.get(path).headers["ETag"] != tag

    @pytest.mark.parametrize("route", sorted(CHANGING))
    def test_another_state_is_not(self, app: App, house: House, route: str) -> None:
        method, path, body = prepared(app, house, route)
        before = app.get(path).body

        answer = app.send(method, path, dumped(body), If_Match='"of-before"')

        assert (answer.status, answer.code) == (412, "changed_meanwhile")
        assert "Read it again" in answer.body["detail"]
        assert app.get(path).body == before

    def test_whatever_state_it_is_in(self, app: App, house: House) -> None:
        assert app.patch("/customers/ext:A1", {"city": "Bonn"}, If_Match="*").status == 200

    @pytest.mark.parametrize("header", ["nonsense", "abc123", ""])
    def test_none_that_was_ever_given_is_malformed(
        self, app: App, house: House, header: str
    ) -> None:
        answer = app.patch("/customers/ext:A1", {"city": "Bonn"}, If_Match=header)

        assert (answer.status, answer.code) == (400, "malformed_etag")
        assert "with its quotes" in answer.body["detail"]

    def test_weak_ones_never_match(self, app: App, house: House) -> None:
        tag = app.get("/customers/ext:A1").headers["ETag"]

        answer = app.patch("/customers/ext:A1", {"city": "Bonn"}, If_Match=f"W/{tag}")

        assert answer.status == 412

    def test_a_repeated_request_is_replayed_though_the_state_is_another_now(
        self, app: App, house: House
    ) -> None:
        tag = app.get("/customers/ext:A1").headers["ETag"]
        conditions = {"If_Match": tag, "Idempotency_Key": "k"}
        first = app.patch("/customers/ext:A1", {"city": "Bonn"}, **conditions)

        again = app.patch("/customers/ext:A1", {"city": "Bonn"}, **conditions)

        assert (again.status, again.body) == (200, first.body)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.headers["ETag"] == first.headers["ETag"]


def dumped(body: dict[str, Any]) -> str:
    return str(body).replace("'", '"').replace("False", "false")


@pytest.mark.usefixtures("committed")
class TestRaces:
    @pytest.mark.parametrize("path", ["/customers/ext:A1", "/seller", "/mail-style"])
    def test_of_two_changes_of_one_state_one_is_made(self, path: str) -> None:
        seller = factories.seller()
        factories.customer(seller, external_id="A1")
        key = factories.api_key(seller)
        tag = App(key).get(path).headers["ETag"]
        method = "PUT" if path == "/mail-style" else "PATCH"
        field = {"/customers/ext:A1": "city", "/seller": "phone"}.get(path, "sender_name")
        ready = Barrier(2)

        def change(value: str) -> int:
            app = App(key)
            ready.wait()
            try:
                return app.send(method, path, dumped({field: value}), If_Match=tag).status
            finally:
                connection.close()

        for value in "abc":
            with ThreadPoolExecutor(2) as threads:
                statuses = sorted(threads.map(change, (f"1{value}", f"2{value}")))
            assert statuses == [200, 412]
            tag = App(key).get(path).headers["ETag"]
        assert Customer.objects.filter(seller=seller).count() == 1
