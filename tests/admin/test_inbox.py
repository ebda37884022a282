"""The inbox: causes in order of urgency, with what to mend, and what people decide together."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing.events.models import Event, Failure, FailureCause, FailureDecision, FailureNote
from invoices.issuing.commands import settle_failures
from invoices.proving.queries.causes import inbox
from tests import factories
from tests.admin.houses import House, staff
from tests.handling import handle

INBOX = "/admin/billing/failurecause/"
LIST = "/admin/billing/failure/"
pytestmark = pytest.mark.django_db


def page(cause: FailureCause, name: str = "change") -> str:
    return f"{INBOX}{cause.pk}/{name}/"


def bill(of: House) -> None:
    """Have workers bill what waits; usage of meters that aren't there goes on waiting."""
    told = Event.objects.filter(seller=of.seller, state="waiting").exclude(
        type__startswith="usage."
    )
    for event in told.order_by("position"):
        handle(event, at=factories.AT)


def fail_orders(of: House, count: int, *, code: str = "cheap") -> FailureCause:
    """Orders of a product that has no price."""
    product = factories.product(of.seller, code=f"{of.mark}-{code}")
    line = factories.line(product=product, unit_price=None, tax_class="")
    for _ in range(count):
        factories.order(factories.customer(of.seller), line)
    bill(of)
    return FailureCause.objects.get(mend_id=str(product.pk))


def carry_out() -> None:
    for event in Event.objects.filter(type="failures.decided", state="waiting"):
        settle_failures(event_ids=[event.pk], at=factories.AT, worker="w")


class TestInbox:
    def test_a_cause_tells_what_is_wrong_what_to_do_and_where(
        self, client: Client, alpha: House
    ) -> None:
        body = client.get(INBOX).content.decode()

        assert "A price is missing" in body
        assert "has no price alpha-fee in USD" in body
        assert "Add a price in the currency" in body
        assert f"/admin/billing/plan/{alpha.plan.pk}/change/" in body
        assert "1 contract" in body
        assert "1 customer" in body
        assert "60.00 EUR" in body

    def test_one_that_was_never_seen_is_marked(self, client: Client, alpha: House) -> None:
        assert "anlass-new" in client.get(INBOX, {"show": "new"}).content.decode()
        client.post(f"{LIST}{alpha.failure.pk}/retry/", {})
        bill(alpha)

        assert "A price is missing" in client.get(INBOX).content.decode()
        assert "anlass-new" not in client.get(INBOX).content.decode()
        assert (
            "A price is missing</strong>" not in client.get(INBOX, {"show": "new"}).content.decode()
        )

    def test_the_most_urgent_comes_first(self, client: Client, alpha: House) -> None:
        many = fail_orders(alpha, 12)
        Failure.objects.filter(cause=many).update(money_at_stake_minor=10**9, currency="EUR")

        shown = [cause.pk for cause in client.get(INBOX).context["cl"].result_list]

        assert shown == [many.pk, alpha.failure.cause_id]
        listed = client.get(INBOX).context["cl"].result_list
        assert [cause.urgency for cause in listed] == [
            cause.figures.priority for cause in listed
        ]  # What orders in the database is what is shown.

    def test_age_counts_as_it_passes(self, client: Client, alpha: House) -> None:
        (cause,) = client.get(INBOX).context["cl"].result_list

        assert cause.figures.priority == 20 + 12 + 20  # class, 4 digits, more than 30 days

    def test_currencies_are_not_added_up(self, client: Client, alpha: House) -> None:
        cause = fail_orders(alpha, 3)
        for failure, currency in zip(cause.failures.all(), ("EUR", "USD", "USD"), strict=True):
            Failure.objects.filter(pk=failure.pk).update(
                money_at_stake_minor=100_00, currency=currency
            )

        body = client.get(INBOX).content.decode()

        assert "100.00 EUR" in body
        assert "200.00 USD" in body

    def test_a_settled_cause_leaves_it_but_keeps_its_page(
        self, client: Client, alpha: House
    ) -> None:
        client.post(f"{LIST}{alpha.failure.pk}/write-off/", {"why": "A test"})

        assert not client.get(INBOX).context["cl"].result_list
        assert "Nothing waits any more." in client.get(page(alpha.failure.cause)).content.decode()


class TestDeciding:
    def test_all_of_a_cause_are_retried_by_the_workers(self, client: Client, alpha: House) -> None:
        cause = fail_orders(alpha, 3)

        client.post(page(cause, "retry"), {"why": "Price entered"})
        assert set(cause.failures.values_list("state", flat=True)) == {"open"}
        carry_out()

        told = set(cause.failures.values_list("state", "closed_by", "closing_note"))
        assert told == {("retried", "ada", "Price entered")}
        assert alpha.failure.cause.failures.get().state == "open"

    def test_all_are_written_off_with_a_reason(self, client: Client, alpha: House) -> None:
        cause = fail_orders(alpha, 2)

        client.post(page(cause, "write-off"), {"why": ""})
        assert not FailureDecision.objects.exists()
        client.post(page(cause, "write-off"), {"why": "A test"})
        carry_out()

        assert set(cause.failures.values_list("state", flat=True)) == {"written_off"}

    def test_several_causes_are_retried_from_the_list(self, client: Client, alpha: House) -> None:
        causes = [fail_orders(alpha, 1, code=code) for code in ("a", "b")]

        chosen = [str(cause.pk) for cause in causes]
        client.post(INBOX, {"action": "retry_all", "_selected_action": chosen})
        carry_out()

        for cause in causes:
            assert cause.failures.get().state == "retried"

    def test_more_than_a_request_can_do_is_left_to_the_workers(
        self, client: Client, alpha: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cause = fail_orders(alpha, 4)
        monkeypatch.setattr("invoices.proving.admin.failures.AT_ONCE", 3)
        chosen = {"_selected_action": str(cause.failures.all()[0].pk), "select_across": "1"}

        client.post(f"{LIST}?cause={cause.pk}", {"action": "retry_selected", **chosen})
        assert set(cause.failures.values_list("state", flat=True)) == {"open"}
        carry_out()

        assert set(cause.failures.values_list("state", flat=True)) == {"retried"}
        assert alpha.failure.cause.failures.get().state == "open"  # Not of the filter.

    def test_who_may_only_look_decides_nothing(
        self, client: Client, alpha: House, ada: User
    ) -> None:
        deciding = ada.user_permissions.filter(codename__in=["change_failure", "write_off_failure"])
        ada.user_permissions.remove(*deciding)

        for name in ("retry", "write-off", "assign", "comment"):
            assert client.post(page(alpha.failure.cause, name)).status_code == 403


class TestTogether:
    def test_a_cause_is_assigned_to_someone_of_the_seller(
        self, client: Client, alpha: House, ada: User
    ) -> None:
        staff(alpha.seller, name="grace")
        cause = alpha.failure.cause

        client.post(page(cause, "assign"), {"to": "grace", "text": "Please"})
        client.post(page(cause, "assign"), {"to": "bravo-bob"})

        note = FailureNote.objects.get()
        assert (note.kind, note.assignee, note.by, note.text) == (
            "assigned", "grace", "ada", "Please",
        )  # fmt: skip
        assert "grace" in client.get(INBOX).content.decode()
        assert not client.get(INBOX, {"show": "mine"}).context["cl"].result_list
        client.post(page(cause, "assign"), {"to": "ada"})
        assert client.get(INBOX, {"show": "mine"}).context["cl"].result_list

    def test_comments_of_a_failure_and_of_its_cause_make_one_timeline(
        self, client: Client, alpha: House
    ) -> None:
        client.post(page(alpha.failure.cause, "comment"), {"text": "Asked the product owner."})
        client.post(f"{LIST}{alpha.failure.pk}/comment/", {"text": "This customer waits."})

        for where in (page(alpha.failure.cause), f"{LIST}{alpha.failure.pk}/change/"):
            body = client.get(where).content.decode()
            assert body.index("Asked the product owner.") < body.index("This customer waits.")

    def test_a_failure_shows_its_tries_its_past_and_the_others(
        self, client: Client, alpha: House
    ) -> None:
        client.post(f"{LIST}{alpha.failure.pk}/retry/", {"why": "I hoped so"})
        bill(alpha)
        again = Failure.objects.get(event=alpha.failure.event, state="open")

        body = client.get(f"{LIST}{again.pk}/change/").content.decode()

        assert "PriceMissing" in body
        assert "I hoped so" in body
        assert "0 others wait for the same" in body
        assert f"/admin/billing/plan/{alpha.plan.pk}/change/" in body


class TestSellersNeverMeet:
    def test_neither_causes_nor_notes_of_another_seller_are_seen(
        self, client: Client, alpha: House, bravo: House
    ) -> None:
        theirs = bravo.failure.cause
        body = client.get(INBOX).content.decode()

        assert str(theirs.pk) not in body
        assert client.get(page(theirs)).status_code == 302
        for name in ("retry", "write-off", "assign", "comment"):
            client.post(page(theirs, name), {"why": "x", "to": "ada", "text": "x"})
        client.post(INBOX, {"action": "retry_all", "_selected_action": str(theirs.pk)})

        assert not FailureNote.objects.exists()
        assert not FailureDecision.objects.exists()

    def test_nor_are_failures_listed_by_another_seller_s_cause(
        self, client: Client, bravo: House
    ) -> None:
        body = client.get(LIST, {"cause": str(bravo.failure.cause_id)}).content.decode()

        assert "bravo" not in body


class TestFigures:
    def test_priority_grows_with_age_in_the_list_itself(self, alpha: House) -> None:
        causes = FailureCause.objects.filter(seller=alpha.seller)
        opened = alpha.failure.opened_at
        ages = (timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=30))

        found = [inbox(causes, at=opened + age).get().urgency for age in ages]

        assert found == [32, 36, 44, 52]
        assert alpha.failure.money_at_stake_minor == Decimal(6000)
