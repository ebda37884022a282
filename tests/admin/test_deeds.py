"""What people do in the admin: facts are stated and stay, failures decided, keys made."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from billing.catalog.models import Price
from billing.contracts.models import Contract, Subscription
from billing.customers.models import Customer
from billing.events.models import Attempt, Event, Failure
from billing.orders.models import Order
from billing.scopes import ALL_SCOPES
from billing.sellers.commands import hash_of_key
from billing.sellers.models import ApiKey, Membership, TestClock
from billing.staff.models import StaffAction
from invoices.issuing.commands import bill
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.admin.houses import House
from tests.admin.test_scope import added, posted, values_of

FACTS = [ApiKey, Attempt, Charge, Contract, Event, Failure, Invoice, Order, Price, Subscription,
         TestClock]  # fmt: skip


def url(row: Model, page: str = "") -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=[row.pk]).replace("change/", page or "change/")


def stored() -> list[Any]:
    """All rows of all tables but the admin's own."""
    kept = [
        model for model in apps.get_models() if model._meta.app_label in {"billing", "invoices"}
    ]
    return [list(model._default_manager.order_by("pk").values()) for model in kept]


@pytest.mark.django_db
class TestFacts:
    @pytest.mark.parametrize("model", [m for m in FACTS if m in admin.site._registry])
    def test_no_page_changes_or_deletes_them(
        self, client: Client, root: Client, alpha: House, model: type[Model]
    ) -> None:
        row, before = alpha.row(model), stored()

        for user in (client, root):
            for page in ("change/", "delete/"):
                values = {**{field.name: "1" for field in model._meta.fields}, "post": "yes"}
                assert user.post(url(row, page), values).status_code == 403
        assert stored() == before

    @pytest.mark.parametrize("model", [m for m in FACTS if m in admin.site._registry])
    def test_their_pages_offer_no_field_and_no_deletion(
        self, client: Client, alpha: House, model: type[Model]
    ) -> None:
        body = client.get(url(alpha.row(model))).content.decode()
        (form,) = re.findall(r'(?s)<form[^>]* id="\w+_form".*?</form>', body)

        assert 'name="_save"' not in body
        assert "/delete/" not in body
        fields = re.findall(r"<(?:input|select|textarea)[^>]*>", form)
        assert [field for field in fields if 'type="hidden"' not in field] == []

    def test_of_a_product_only_the_name_changes(self, client: Client, alpha: House) -> None:
        page = url(alpha.product)
        values = {**values_of(client.get(page)), "name": "New name", "code": "new-code"}

        assert client.post(page, values).status_code == 302

        alpha.product.refresh_from_db()
        assert (alpha.product.name, alpha.product.code) == ("New name", "alpha-product")


@pytest.mark.django_db
class TestStating:
    def test_a_subscription_gets_its_event_and_is_billed(
        self, client: Client, alpha: House
    ) -> None:
        added(client, "subscription", posted(alpha)["subscription"])

        change = Subscription.objects.get(external_id="new").changes.get()
        event = Event.objects.get(idempotency_key=f"subscription.changed:{change.pk}")
        (invoice,) = bill(event_id=event.pk, at=factories.AT, worker="test")
        assert (change.quantity, invoice.net_minor) == (2, 6000)  # 2 x 30.00

    def test_a_plan_without_a_price_in_the_currency_is_refused_at_its_field(
        self, client: Client, alpha: House
    ) -> None:
        dollars = factories.contract(alpha.customer, currency="USD")
        values = {**posted(alpha)["subscription"], "contract": dollars.pk}

        answer = added(client, "subscription", values)

        told = answer.context["adminform"].form.errors["plan"].as_text()
        assert "has no price alpha-fee in USD on sale on 2026-01-01: add one" in told
        assert not Subscription.objects.filter(external_id="new").exists()

    def test_an_order_gets_its_event_and_is_billed(self, client: Client, alpha: House) -> None:
        added(client, "order", posted(alpha)["order"])

        order = Order.objects.get(external_id="new")
        event = Event.objects.get(idempotency_key=f"order.placed:{order.pk}")
        (invoice,) = bill(event_id=event.pk, at=factories.AT, worker="test")
        assert (order.ordered_on, invoice.net_minor) == (date(2026, 1, 1), 1900)  # 2 x 9.50

    def test_an_order_without_lines_is_refused(self, client: Client, alpha: House) -> None:
        nothing = {"lines-TOTAL_FORMS": 0, "lines-INITIAL_FORMS": 0}

        answer = added(client, "order", {**posted(alpha)["order"], **nothing})

        assert answer.status_code == 200
        assert not Order.objects.filter(external_id="new").exists()

    def test_an_order_of_tomorrow_is_refused_in_plain_words(
        self, client: Client, alpha: House
    ) -> None:
        answer = added(client, "order", {**posted(alpha)["order"], "ordered_on": "2026-01-02"})

        assert "The order is dated 2026-01-02, but today is 2026-01-01." in answer.content.decode()
        assert not Order.objects.filter(external_id="new").exists()

    def test_a_line_without_price_or_product_is_refused_in_plain_words(
        self, client: Client, alpha: House
    ) -> None:
        answer = added(client, "order", {**posted(alpha)["order"], "lines-0-unit_price": ""})

        assert "Give text, unit price and tax class" in answer.content.decode()

    @pytest.mark.parametrize("kind", ["contract", "order", "subscription", "customer"])
    def test_an_external_id_taken_is_refused_in_plain_words(
        self, client: Client, alpha: House, kind: str
    ) -> None:
        taken = {"contract": "alpha-contract", "order": "alpha-order", "subscription": "alpha-sub",
                 "customer": "alpha-c"}[kind]  # fmt: skip

        answer = added(client, kind, {**posted(alpha)[kind], "external_id": taken})

        assert f"Another {kind} has this external id." in answer.content.decode()

    def test_a_vat_id_of_another_country_is_refused(self, client: Client, alpha: House) -> None:
        answer = added(client, "customer", {**posted(alpha)["customer"], "vat_id": "FR1"})

        assert "is no VAT id of DE" in answer.content.decode()

    @pytest.mark.parametrize("name", ["A\u202eB", "A\u2066B", "A\x9bB"])
    def test_a_name_with_a_control_character_is_refused_at_its_field(
        self, client: Client, alpha: House, name: str
    ) -> None:
        answer = added(client, "customer", {**posted(alpha)["customer"], "name": name})

        told = answer.context["adminform"].form.errors["name"].as_text()
        assert f"This holds a control character (U+{ord(name[1]):04X}): leave it out." in told

    def test_a_coupon_for_no_price_is_refused_at_its_field(
        self, client: Client, alpha: House
    ) -> None:
        values = {"seller": alpha.seller.pk, "code": "NEW", "percent": "5", "price_codes": "x"}

        answer = added(client, "coupon", values)

        told = answer.context["adminform"].form.errors["price_codes"][0]
        assert told.startswith("There is no price x of any plan: name one of theirs (alpha-fee")

    def test_a_currency_that_is_none_is_refused(self, client: Client, alpha: House) -> None:
        answer = added(client, "contract", {**posted(alpha)["contract"], "currency": "XXQ"})

        assert "is not an ISO 4217 code" in answer.content.decode()

    def test_a_plan_comes_with_its_prices(self, client: Client, alpha: House) -> None:
        added(client, "plan", posted(alpha)["plan"])

        price = Price.objects.get(plan__code="new")
        assert (price.code, price.seller, price.valid_from) == (
            "more", alpha.seller, date(2026, 2, 1),
        )  # fmt: skip

    def test_a_plan_that_contradicts_itself_is_refused_in_plain_words(
        self, client: Client, alpha: House
    ) -> None:
        wrong = {"alignment": "calendar", "interval_count": 2}

        answer = added(client, "plan", {**posted(alpha)["plan"], **wrong})

        assert "use an interval count of 1 and no anchor day" in answer.content.decode()

    def test_two_prices_of_one_code_on_one_day_are_refused(
        self, client: Client, alpha: House
    ) -> None:
        answer = added(client, "price", {**posted(alpha)["price"], "code": "alpha-fee"})

        assert "is on sale on some of these days" in answer.content.decode()

    def test_the_sale_of_a_price_ends_once(self, client: Client, alpha: House) -> None:
        page = url(alpha.price, "end-sale/")

        assert client.post(page, {"valid_until": "2026-03-01"}).status_code == 302
        again = client.post(page, {"valid_until": "2026-04-01"})

        assert "The price ends on 2026-03-01 already." in again.content.decode()
        alpha.price.refresh_from_db()
        assert alpha.price.valid_until == date(2026, 3, 1)


@pytest.mark.django_db
class TestChangingASubscription:
    values = {"kind": "change_quantity", "on": "2026-01-01", "when": "now", "quantity": "3",
              "credit": "prorated"}  # fmt: skip

    def change(self, client: Client, alpha: House, **given: str) -> Any:
        return client.post(url(alpha.subscription, "change-terms/"), {**self.values, **given})

    def test_a_change_gets_its_event(self, client: Client, alpha: House) -> None:
        assert self.change(client, alpha).status_code == 302

        change = alpha.subscription.changes.get(kind="change_quantity")
        assert Event.objects.filter(idempotency_key=f"subscription.changed:{change.pk}").exists()
        noted = StaffAction.objects.get(who="ada")
        assert (noted.action, noted.object_id) == ("change", str(alpha.subscription.pk))
        assert noted.what.startswith("Recorded: ")

    def test_a_contradiction_is_told_in_plain_words(self, client: Client, alpha: House) -> None:
        answer = self.change(client, alpha, kind="resume", quantity="")

        assert "is not paused on 2026-01-01" in answer.content.decode()
        assert alpha.subscription.changes.count() == 1

    def test_what_the_kind_does_not_name_is_refused(self, client: Client, alpha: House) -> None:
        answer = self.change(client, alpha, kind="pause")

        assert "Only a change of plan or quantity names one." in answer.content.decode()
        assert alpha.subscription.changes.count() == 1


@pytest.mark.django_db
class TestFailures:
    inbox = "/admin/billing/failure/"

    def test_the_inbox_tells_what_is_wrong_and_what_to_do(
        self, client: Client, alpha: House
    ) -> None:
        body = client.get(self.inbox).content.decode()

        assert "has no price alpha-fee in USD" in body
        assert "Add a price in the currency" in body
        assert "60.00 EUR" in body  # 2 x 30.00

    @pytest.mark.parametrize("page", ["retry/", ""])
    def test_a_retry_sends_the_event_again(self, client: Client, alpha: House, page: str) -> None:
        action = {"action": "retry_selected", "_selected_action": alpha.failure.pk}

        client.post(url(alpha.failure, page) if page else self.inbox, {} if page else action)

        alpha.failure.refresh_from_db()
        assert (alpha.failure.state, alpha.failure.closed_by) == ("retried", "ada")
        assert alpha.failure.event.state == "waiting"

    @pytest.mark.parametrize("page", ["write-off/", ""])
    def test_a_write_off_keeps_its_reason(self, client: Client, alpha: House, page: str) -> None:
        action = {"action": "write_off_selected", "_selected_action": alpha.failure.pk}
        where = url(alpha.failure, page) if page else self.inbox

        asked = client.post(where, {} if page else action)
        client.post(where, {**action, "why": "A test"})

        alpha.failure.refresh_from_db()
        assert asked.status_code == 200
        assert (alpha.failure.state, alpha.failure.closing_note) == ("written_off", "A test")

    def test_looking_at_the_buttons_decides_nothing(self, client: Client, alpha: House) -> None:
        for page in ("retry/", "write-off/"):
            client.get(url(alpha.failure, page))

        alpha.failure.refresh_from_db()
        assert alpha.failure.state == "open"

    def test_without_the_permission_nothing_is_decided(
        self, client: Client, ada: Any, alpha: House
    ) -> None:
        ada.user_permissions.remove(*ada.user_permissions.filter(codename="change_failure"))

        assert client.post(url(alpha.failure, "retry/")).status_code == 403
        assert "retry_selected" not in client.get(self.inbox).content.decode()


@pytest.mark.django_db
class TestApiKeys:
    def test_a_key_is_shown_once(self, client: Client, alpha: House) -> None:
        answer = client.post("/admin/billing/apikey/add/", posted(alpha)["apikey"], follow=True)
        row = ApiKey.objects.get(name="New")

        (key,) = re.findall(rf"{row.prefix}[\w-]+", answer.content.decode())
        assert hash_of_key(key) == row.secret_hash
        for page in ("/admin/billing/apikey/", url(row), url(row, "history/")):
            body = client.get(page).content.decode()
            assert key not in body
            assert row.secret_hash not in body

    @pytest.mark.parametrize("page", ["revoke/", ""])
    def test_a_key_is_revoked(self, client: Client, alpha: House, page: str) -> None:
        row = alpha.row(ApiKey)
        action = {"action": "revoke_selected", "_selected_action": row.pk}

        client.post(url(row, page) if page else "/admin/billing/apikey/", {} if page else action)

        row.refresh_from_db()
        assert row.revoked_at is not None

    def test_a_key_is_made_as_the_form_says(self, client: Client, alpha: House) -> None:
        networks = "198.51.100.0/24\n2001:db8::/32"
        said = {**posted(alpha)["apikey"], "scopes": ["customers:read", "usage:write"],
                "allowed_networks": networks, "expires_at_0": "2099-01-01",
                "expires_at_1": "00:00:00"}  # fmt: skip

        answer = client.post("/admin/billing/apikey/add/", said)

        row = ApiKey.objects.get(name="New")
        assert answer.status_code == 302
        assert row.scopes == ["customers:read", "usage:write"]
        assert row.allowed_networks == networks.split()
        assert row.expires_at == datetime(2099, 1, 1, tzinfo=UTC)
        page = client.get(url(row)).content.decode()
        assert "customers:read, usage:write" in page
        assert "198.51.100.0/24, 2001:db8::/32" in page

    @pytest.mark.parametrize(
        "wrong", [{"scopes": []}, {"scopes": ["x"]}, {"allowed_networks": "10.0.0.1/8"}]
    )
    def test_a_form_without_sense_is_refused(
        self, client: Client, alpha: House, wrong: dict[str, Any]
    ) -> None:
        answer = client.post("/admin/billing/apikey/add/", {**posted(alpha)["apikey"], **wrong})

        assert answer.status_code == 200
        assert not ApiKey.objects.filter(name="New").exists()

    def test_the_form_has_all_scopes(self, client: Client, alpha: House) -> None:
        page = client.get("/admin/billing/apikey/add/").content.decode()

        assert [scope for scope in ALL_SCOPES if f'value="{scope}"' not in page] == []

    def test_a_key_is_rotated(self, client: Client, alpha: House) -> None:
        former = alpha.row(ApiKey)

        answer = client.post(url(former, "rotate/"), {"overlap_hours": "1"}, follow=True)

        row = ApiKey.objects.get(replaces=former)
        (key,) = re.findall(rf"{row.prefix}[\w-]+(?=</code>)", answer.content.decode())
        assert hash_of_key(key) == row.secret_hash
        former.refresh_from_db()
        assert former.expires_at == row.created_at + timedelta(hours=1)
        for page in (url(former), url(former, "history/")):
            body = client.get(page).content.decode()
            assert key not in body
            assert str(row) in body
        assert not StaffAction.objects.filter(what__contains=key)


@pytest.mark.django_db
class TestSellers:
    def test_a_test_clock_is_sent_on_its_way(self, client: Client, alpha: House) -> None:
        client.post(url(alpha.seller, "advance/"), {"to": "2026-02-01"})

        clock = TestClock.objects.get(seller=alpha.seller)
        assert (clock.target_date, clock.held_date) == (date(2026, 2, 1), None)

    def test_a_test_clock_holds_what_is_due(self, client: Client, alpha: House) -> None:
        for row in (alpha.seller, alpha.row(TestClock)):
            answer = client.post(url(row, "advance/"), {"to": "2026-02-01", "hold_due": "on"})
            assert answer.status_code == 302

            clock = TestClock.objects.get(seller=alpha.seller)
            assert (clock.target_date, clock.held_date) == (date(2026, 2, 1), date(2026, 2, 1))
            TestClock.objects.update(held_date=None)

    def test_a_test_clock_does_not_go_back(self, client: Client, alpha: House) -> None:
        answer = client.post(url(alpha.row(TestClock), "advance/"), {"to": "2025-12-31"})

        assert "can't go back" in answer.context["form"].errors["to"][0]

    def test_a_number_format_that_repeats_numbers_is_refused(
        self, root: Client, alpha: House
    ) -> None:
        page = url(alpha.seller)
        values = {**values_of(root.get(page)), "invoice_number_format": "R{sequence}"}

        answer = root.post(page, values)

        assert "Two documents would get one number" in answer.content.decode()

    def test_a_superuser_lets_someone_work_for_a_seller(
        self, root: Client, alpha: House, ada: Any
    ) -> None:
        Membership.objects.all().delete()

        added(root, "membership", {"seller": alpha.seller.pk, "user": ada.pk})

        assert Membership.objects.get().user == ada


@pytest.mark.django_db
class TestTransactions:
    def test_the_page_tells_the_story(self, client: Client, alpha: House) -> None:
        invoice = Invoice.objects.get(event=alpha.order_event)
        page = reverse("admin:billing_event_transaction", args=[invoice.transaction_id])

        body = client.get(page).content.decode()

        for words in ("alpha training", invoice.number, "alpha-worker succeeded", "order.placed"):
            assert words in body

    @pytest.mark.parametrize("model", [Charge, Invoice, Event, Failure, Order])
    def test_each_row_s_page_leads_to_it(
        self, client: Client, alpha: House, model: type[Model]
    ) -> None:
        row = alpha.row(model)
        body = client.get(url(row)).content.decode()

        (address,) = set(re.findall(r"/admin/billing/event/transaction/[\w-]+/", body))
        assert client.get(address).status_code == 200

    def test_a_subscription_leads_to_those_of_its_changes(
        self, client: Client, alpha: House
    ) -> None:
        change = alpha.subscription.changes.get()
        event = Event.objects.get(idempotency_key=f"subscription.changed:{change.pk}")

        body = client.get(url(alpha.subscription)).content.decode()

        assert f"/admin/billing/event/transaction/{event.pk}/" in body
        assert Customer.objects.get(seller=alpha.seller).name in body
