"""Approving in the admin: by someone else than who caused it, seen as it would be issued."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from billing.events.models import Event
from invoices.issuing.models import Hold, HoldDecision, HoldRule, Invoice
from tests import factories
from tests.admin.houses import House
from tests.admin.test_scope import added, posted, values_of
from tests.handling import handle

pytestmark = pytest.mark.django_db
ADD_RULE = reverse("admin:invoices_holdrule_add")


@pytest.fixture
def hold(alpha: House) -> Hold:
    """An order of 250,000.00 net where 10,000.00 gross need no approval."""
    return Hold.objects.get(seller=alpha.seller)


def billed(of: House) -> None:
    """Bill the orders that wait."""
    for event in Event.objects.filter(seller=of.seller, state="waiting", type="order.placed"):
        handle(event, at=factories.AT)


def page(hold: Hold, name: str) -> str:
    return reverse(f"admin:invoices_hold_{name}", args=[hold.pk])


class TestDeciding:
    def test_the_page_shows_why_and_what(self, client: Client, hold: Hold) -> None:
        body = client.get(page(hold, "change")).content.decode()

        assert "above 10,000.00 EUR it must be approved" in body
        assert "297,500.00" in body
        assert "an app or the calendar" in body

    def test_approved_it_is_issued(self, client: Client, alpha: House, hold: Hold) -> None:
        before = Invoice.objects.filter(seller=alpha.seller).count()

        assert client.post(page(hold, "approve"), {"why": "Known"}).status_code == 302
        billed(alpha)

        assert Invoice.objects.filter(seller=alpha.seller).count() == before + 1
        assert HoldDecision.objects.get().decided_by == "ada"
        assert "approve/" not in client.get(page(hold, "change")).content.decode()

    def test_rejected_without_a_reason_it_stays(self, client: Client, hold: Hold) -> None:
        assert client.post(page(hold, "reject"), {"why": ""}).status_code == 200
        assert not HoldDecision.objects.exists()

        assert client.post(page(hold, "reject"), {"why": "A test"}).status_code == 302
        assert Event.objects.get(pk=hold.event_id).state == "written_off"

    def test_who_states_it_in_the_admin_does_not_approve_it(
        self, client: Client, ada: User, alpha: House
    ) -> None:
        added(client, "order", {**posted(alpha)["order"], "lines-0-unit_price": "99999"})
        billed(alpha)
        hold = Hold.objects.filter(seller=alpha.seller).latest("id")

        answer = client.post(page(hold, "approve"), {"why": ""})

        assert hold.event.caused_by == ada.pk
        assert "someone else must approve it" in answer.content.decode()
        assert not HoldDecision.objects.exists()

    def test_without_the_permission_nobody_approves(
        self, client: Client, ada: User, hold: Hold
    ) -> None:
        ada.user_permissions.remove(Permission.objects.get(codename="approve_hold"))

        assert client.post(page(hold, "approve"), {"why": ""}).status_code == 403
        assert not HoldDecision.objects.exists()

    def test_another_sellers_hold_is_not_there(self, bravo: House, client: Client) -> None:
        client.post(page(Hold.objects.get(seller=bravo.seller), "approve"), {"why": ""})

        assert not HoldDecision.objects.exists()


class TestRules:
    def test_one_is_stated_and_ended(self, client: Client, alpha: House) -> None:
        values = {
            **values_of(client.get(ADD_RULE)),
            "seller": alpha.seller.pk,
            "kind": "credit_note",
            "limit": "150.50",
            "currency": "eur",
        }
        assert client.post(ADD_RULE, values).status_code == 302
        rule = HoldRule.objects.get(seller=alpha.seller, kind="credit_note")
        assert (rule.limit_minor, rule.currency, rule.created_by) == (150_50, "EUR", "ada")

        end = reverse("admin:invoices_holdrule_end", args=[rule.pk])
        assert client.post(end).status_code == 302

        rule.refresh_from_db()
        assert rule.ended_by == "ada"

    def test_what_is_missing_is_told_at_its_field(self, client: Client, alpha: House) -> None:
        values = {
            **values_of(client.get(ADD_RULE)), "seller": alpha.seller.pk, "kind": "unusual",
        }  # fmt: skip
        body = client.post(ADD_RULE, values).content.decode()

        assert "Give how many usual spreads are usual" in body
        assert not HoldRule.objects.filter(kind="unusual").exists()
