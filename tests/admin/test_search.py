"""The search finds by number, name and id, by index, and only what the user may see."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from billing.customers.models import Customer
from invoices.issuing.models import Invoice
from tests.admin.houses import House

FIND = reverse("admin:find")


def find(client: Client, text: str) -> str:
    """The page of what was found, without the field that shows what was asked for."""
    body = client.get(FIND, {"q": text}).content.decode()
    return body.partition('role="search" class="anlass-find"')[2].partition("</form>")[2]


def url(row: object) -> str:
    meta = row._meta  # type: ignore[attr-defined]
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]


@pytest.mark.django_db
class TestSearch:
    def test_an_invoice_is_found_by_its_number(self, client: Client, alpha: House) -> None:
        invoice = Invoice.objects.filter(seller=alpha.seller)[0]

        assert url(invoice) in find(client, f" {invoice.number} ")

    @pytest.mark.parametrize("text", ["alpha customer", "PHA CUST", "customer"])
    def test_a_customer_is_found_by_any_part_of_the_name(
        self, client: Client, alpha: House, text: str
    ) -> None:
        assert url(alpha.customer) in find(client, text)

    @pytest.mark.parametrize("kind", ["customer", "contract", "subscription", "order"])
    def test_callers_ids_are_found(self, client: Client, alpha: House, kind: str) -> None:
        row = getattr(alpha, kind)

        assert url(row) in find(client, row.external_id)

    @pytest.mark.parametrize(
        "kind", ["customer", "contract", "subscription", "order", "failure", "order_event"]
    )
    def test_any_id_is_found(self, client: Client, alpha: House, kind: str) -> None:
        row = getattr(alpha, kind)

        assert url(row) in find(client, str(row.pk))

    def test_a_transaction_is_found_by_its_id(self, client: Client, alpha: House) -> None:
        told = alpha.order_event.transaction_id

        assert reverse("admin:billing_event_transaction", args=[told]) in find(client, str(told))

    def test_nothing_of_another_seller_is_found(self, client: Client, bravo: House) -> None:
        number = Invoice.objects.filter(seller=bravo.seller)[0].number
        Customer.objects.filter(pk=bravo.customer.pk).update(name="secret name")

        for text in (number, "secret", bravo.customer.external_id, *bravo.ids()):
            body = find(client, str(text))
            assert "secret" not in body.replace(f"“{text}”", "")
            assert url(bravo.customer) not in body

    def test_what_the_user_may_not_see_is_not_found(
        self, client: Client, ada: User, alpha: House
    ) -> None:
        ada.user_permissions.set(Permission.objects.filter(codename="view_invoice"))

        assert url(alpha.customer) not in find(client, "alpha customer")
        assert url(alpha.order) not in find(client, str(alpha.order.pk))

    @pytest.mark.parametrize("text", ["", " ", "%", "__", "\0", "x" * 500, "no such thing", "a"])
    def test_odd_texts_answer(self, client: Client, text: str) -> None:
        assert client.get(FIND, {"q": text}).status_code == 200

    def test_a_part_of_a_name_is_found_by_index(self, alpha: House) -> None:
        named = Customer.objects.filter(name__icontains="customer")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

        assert "customer_by_name" in named.explain()
