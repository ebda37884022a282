"""`/events`, `/transactions`, `/failures`."""

import pytest
from django.contrib.auth.models import User

from billing.catalog.models import Product
from billing.events import commands
from billing.events.commands import fail
from billing.events.models import Event, Failure
from billing.events.tries import Trouble, Worker
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import UNKNOWN, App, bill_all
from tests.handling import handle


@pytest.fixture
def failure(seller: Seller) -> Failure:
    """An order of a product without price."""
    product = factories.product(seller, code="mug")
    line = factories.line(product=product, unit_price=None, tax_class="")
    factories.order(factories.customer(seller), line)
    bill_all(seller)
    return Failure.objects.get(seller=seller)


class TestEvents:
    def test_the_log_is_listed_newest_first(self, app: App, seller: Seller) -> None:
        factories.order(factories.customer(seller))
        bill_all(seller)

        rows = app.get("/events").body["results"]

        assert [row["type"] for row in rows] == ["invoice.issued", "order.placed"]
        assert [row["state"] for row in rows] == ["noted", "handled"]
        assert app.get(f"/events/{rows[1]['id']}").body == rows[1]

    def test_it_is_filtered(self, app: App, seller: Seller) -> None:
        factories.order(factories.customer(seller))
        bill_all(seller)
        factories.order(factories.customer(seller))

        waiting = app.get("/events?type=order.placed&state=waiting").body["results"]

        assert [row["state"] for row in waiting] == ["waiting"]
        assert app.get("/events?state=lost").errors == {"state": "invalid_choice"}


class TestTransactions:
    def test_the_story_is_told_in_order(self, app: App, seller: Seller) -> None:
        factories.order(factories.customer(seller))
        bill_all(seller)
        first = Event.objects.earliest("position")
        latest = Event.objects.latest("position")

        story = app.get(f"/transactions/{first.transaction_id}")

        kinds = [entry["kind"] for entry in story.body["entries"]]
        assert story.status == 200
        assert {"order", "event", "attempt", "charge", "invoice"} <= set(kinds)
        assert kinds.index("order") < kinds.index("charge") < kinds.index("invoice")
        # Any event of the story leads to it.
        assert latest.id != first.id
        assert app.get(f"/transactions/{latest.id}").body == story.body


class TestFailures:
    def test_a_failure_says_what_is_wrong_and_what_to_do(self, app: App, failure: Failure) -> None:
        (row,) = app.get("/failures?state=open").body["results"]

        assert (row["id"], row["code"]) == (str(failure.id), "price_missing")
        assert "mug" in row["reason"]
        assert row["remedy"]
        assert row["transaction_id"] == str(failure.event.transaction_id)

    def test_one_without_a_currency_is_shown(self, app: App, seller: Seller) -> None:
        factories.order(factories.customer(seller))
        at = factories.AT
        failure = fail(
            event_id=Event.objects.get().pk,
            tried=Worker(task="test", name="test", at=at).tried(),
            trouble=Trouble(
                code="webhook_given_up", reason="r", remedy="m", error_class="x",
                money_at_stake_minor=0,
            ),
        )  # fmt: skip
        assert failure

        shown = app.get(f"/failures/{failure.id}")

        assert (shown.status, shown.body["money_at_stake"]) == (200, None)
        assert app.get("/failures").status == 200

    def test_it_is_retried_after_the_remedy(
        self, app: App, seller: Seller, failure: Failure
    ) -> None:
        factories.price_of(of=Product.objects.get(code="mug"))

        answer = app.post(f"/failures/{failure.id}/retry", {"why": "Price added"})
        (invoice,) = bill_all(seller)

        assert (answer.status, answer.body["state"]) == (200, "retried")
        assert answer.body["closed_by"].startswith("API key anl_test_")
        assert answer.body["closing_note"] == "Price added"
        assert invoice.net_minor == 30_00

    def test_it_is_retried_once(self, app: App, failure: Failure) -> None:
        app.post(f"/failures/{failure.id}/retry", {})

        answer = app.post(f"/failures/{failure.id}/retry", {})

        assert (answer.status, answer.code) == (409, "failure_closed")

    def test_it_is_shown_alone(self, app: App, failure: Failure) -> None:
        (row,) = app.get("/failures").body["results"]

        assert app.get(f"/failures/{failure.id}").body == row
        assert app.get(f"/failures/{UNKNOWN}").status == 404

    def test_it_is_written_off_with_a_reason(self, app: App, failure: Failure) -> None:
        path = f"/failures/{failure.id}/write-off"
        assert app.post(path, {}).errors == {"why": "required"}
        assert app.post(path, {"why": " "}).errors == {"why": "blank"}

        answer = app.post(path, {"why": "A test order"})

        assert (answer.status, answer.body["state"]) == (200, "written_off")
        assert answer.body["closing_note"] == "A test order"
        assert answer.body["closed_by"].startswith("API key anl_test_")
        assert Event.objects.get(pk=failure.event_id).state == "written_off"

    def test_it_is_written_off_once(self, app: App, failure: Failure) -> None:
        path, key = f"/failures/{failure.id}/write-off", {"Idempotency_Key": "k1"}
        first = app.post(path, {"why": "x"}, **key)

        assert app.post(path, {"why": "x"}, **key).body == first.body
        again = app.post(path, {"why": "x"})
        assert (again.status, again.code) == (409, "failure_closed")
        assert "closed already (written off)" in again.body["detail"]
        assert app.post(f"/failures/{failure.id}/retry", {}).code == "failure_closed"

    def test_a_contract_goes_on_after_it(self, app: App, seller: Seller) -> None:
        contract = factories.contract(factories.customer(seller))
        unpriced = factories.plan(seller, price={"currency": "USD"})
        factories.unpriced_subscription(contract, unpriced)
        bill_all(seller)
        failed = Failure.objects.get()

        answer = app.post(f"/failures/{failed.id}/write-off", {"why": "Ordered by mistake"})

        contract.refresh_from_db()
        assert (answer.status, str(contract.next_billing_date)) == (200, "2026-02-01")


class TestCauses:
    @pytest.fixture
    def cause(self, failure: Failure) -> str:
        return f"/failure-causes/{failure.cause.fingerprint}"

    def test_one_tells_what_to_mend_and_what_waits(
        self, app: App, failure: Failure, cause: str
    ) -> None:
        (row,) = app.get("/failure-causes").body["results"]

        assert app.get(cause).body == row
        assert (row["code"], row["title"]) == (failure.code, "A price is missing")
        assert row["mend"]["kind"] == failure.cause.mend_kind
        assert (row["reason"], row["remedy"]) == (failure.reason, failure.remedy)
        assert (row["events"], row["customers"], row["is_counted"]) == (1, 1, True)
        assert row["is_new"]
        assert row["next_probe_at"]

    def test_its_failures_are_listed_by_its_fingerprint(self, app: App, failure: Failure) -> None:
        fingerprint = failure.cause.fingerprint

        (row,) = app.get(f"/failures?fingerprint={fingerprint}").body["results"]
        assert (row["id"], row["fingerprint"], row["is_new"]) == (
            str(failure.id), str(fingerprint), True,
        )  # fmt: skip
        assert app.get(f"/failures?fingerprint={UNKNOWN}").body["results"] == []

    @pytest.mark.parametrize(
        ("deed", "state"), [("retry", "retried"), ("write-off", "written_off")]
    )
    def test_all_of_it_is_decided_on_by_the_workers(
        self, app: App, failure: Failure, cause: str, deed: str, state: str
    ) -> None:
        answer = app.post(f"{cause}/{deed}", {"why": "As agreed."})
        assert (answer.status, answer.body["events"]) == (200, 1)
        (decided,) = Event.objects.filter(type="failures.decided")
        handle(decided, at=factories.AT)

        failure.refresh_from_db()
        assert (failure.state, failure.closing_note) == (state, "As agreed.")
        assert app.post(f"{cause}/{deed}", {"why": "Again."}).code == "nothing_open"

    def test_it_is_assigned_to_someone_who_works_for_the_seller(
        self, app: App, seller: Seller, cause: str
    ) -> None:
        User.objects.create_user("grace").seller_memberships.create(seller=seller)
        User.objects.create_user("eve")

        assert app.post(f"{cause}/assign", {"to": "grace"}).body["assignee"] == "grace"
        assert app.post(f"{cause}/assign", {"to": "eve"}).code == "not_of_the_seller"
        assert app.post(f"{cause}/assign", {"to": ""}).body["assignee"] == ""

    def test_what_is_said_is_one_timeline(self, app: App, failure: Failure, cause: str) -> None:
        app.post(f"{cause}/notes", {"text": "Asked sales."})
        app.post(f"/failures/{failure.id}/notes", {"text": "This one waits."})

        notes = app.get(f"{cause}/notes").body["results"]

        assert [(note["text"], note["failure"]) for note in notes] == [
            ("This one waits.", str(failure.id)),
            ("Asked sales.", None),
        ]

    def test_another_seller_s_is_not_there(self, failure: Failure, cause: str) -> None:
        stranger = App(factories.api_key(factories.seller()))

        assert stranger.get("/failure-causes").body["results"] == []
        assert stranger.get(cause).status == 404
        assert stranger.post(f"{cause}/retry", {}).status == 404

    def test_what_is_just_tried_is_not_decided_on(self, app: App, failure: Failure) -> None:
        commands.probe(failure_ids=[failure.pk], at=factories.AT)

        answer = app.post(f"/failures/{failure.pk}/retry", {})

        assert answer.code == "failure_closed"
        assert "trying it again" in answer.body["detail"]
