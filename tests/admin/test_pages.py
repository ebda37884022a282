"""Every page of the admin answers."""

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.sellers.models import Membership
from tests.admin.houses import House, house

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
FOR_SUPERUSERS = {AccessAttempt, User, Group, Membership}
OF_STAFF = [model for model in MODELS if model not in FOR_SUPERUSERS]
ADDED_BY_STAFF = {
    "billing.ApiKey", "billing.Contract", "billing.Coupon", "billing.Customer", "billing.Meter",
    "billing.Order", "billing.OwnExchangeRate", "billing.Plan", "billing.Price", "billing.Product",
    "billing.SellerRegistration", "billing.Subscription", "billing.TaxOverride",
    "invoices.AccountOverride", "invoices.BalanceMovement", "invoices.Bookkeeping",
    "invoices.DeliveryWish", "invoices.DocumentTemplate", "invoices.HoldRule",
    "invoices.MailStyle", "invoices.WebhookEndpoint",
}  # fmt: skip


def name_of(model: type[Model]) -> str:
    return model._meta.label


def url(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize("model", OF_STAFF, ids=name_of)
    def test_lists_answer(self, client: Client, model: type[Model]) -> None:
        assert client.get(url(model, "changelist")).status_code == 200

    @pytest.mark.parametrize("model", OF_STAFF, ids=name_of)
    def test_a_search_by_a_word_and_by_an_id_answers(
        self, client: Client, alpha: House, model: type[Model]
    ) -> None:
        for term in ("alpha", str(alpha.order_event.transaction_id)):
            assert client.get(url(model, "changelist"), {"q": term}).status_code == 200

    @pytest.mark.parametrize("model", OF_STAFF, ids=name_of)
    def test_a_row_s_page_and_its_history_answer(
        self, client: Client, alpha: House, model: type[Model]
    ) -> None:
        row = alpha.row(model) or model._default_manager.first()

        assert client.get(url(model, "change", row.pk)).status_code == 200
        assert client.get(url(model, "history", row.pk)).status_code == 200

    @pytest.mark.parametrize("model", MODELS, ids=name_of)
    def test_staff_meet_a_form_only_where_they_may_add(
        self, client: Client, model: type[Model]
    ) -> None:
        may = name_of(model) in ADDED_BY_STAFF

        assert client.get(url(model, "add")).status_code == (200 if may else 403)

    @pytest.mark.parametrize("model", MODELS, ids=name_of)
    def test_superusers_meet_every_page(
        self, root: Client, alpha: House, bravo: House, model: type[Model]
    ) -> None:
        assert root.get(url(model, "changelist")).status_code == 200
        assert root.get(url(model, "add")).status_code in {200, 403}
        if row := bravo.row(model):
            assert root.get(url(model, "change", row.pk)).status_code == 200

    @pytest.mark.parametrize("model", sorted(FOR_SUPERUSERS, key=name_of), ids=name_of)
    def test_who_may_do_what_is_the_superusers(self, client: Client, model: type[Model]) -> None:
        assert client.get(url(model, "changelist")).status_code == 403

    def test_the_index_answers(self, client: Client) -> None:
        assert client.get(reverse("admin:index")).status_code == 200

    def test_someone_without_a_seller_sees_no_rows(self, bravo: House, root: Client) -> None:
        User.objects.filter(username="root").update(is_superuser=False)

        for model in OF_STAFF:
            page = root.get(url(model, "changelist"))
            assert "bravo" not in page.content.decode()

    @pytest.mark.parametrize("model", OF_STAFF, ids=name_of)
    def test_a_list_costs_as_many_queries_however_many_rows_it_holds(
        self, root: Client, alpha: House, model: type[Model]
    ) -> None:
        house("bravo")
        counts = []
        for mark in ("charlie", "delta"):
            house(mark)
            with CaptureQueriesContext(connection) as queries:
                root.get(url(model, "changelist"))
            counts.append(len(queries))

        assert counts[0] == counts[1]
