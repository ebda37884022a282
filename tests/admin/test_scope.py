"""Staff of one seller never see, change or guess a row of another."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import get_messages
from django.db import connection
from django.db.models import ForeignKey, Model
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, reverse

from billing.catalog.models import TaxRate
from billing.contracts.models import Subscription
from billing.customers.models import Customer
from billing.events.models import Event
from billing.exchange.models import ExchangeRate
from billing.sellers.models import Seller
from invoices.reports.models import Account
from tests.admin.houses import House, house, staff, unknown_id

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
WRITES = re.compile("INSERT|UPDATE|DELETE|TRUNCATE|COPY|MERGE")
WITHOUT_ROWS = {"index", "login", "logout", "password_change", "password_change_done", "jsi18n"}


@dataclass(frozen=True)
class Page:
    """A page of the admin: its name, the values that its address takes, and whose rows it shows."""

    name: str
    takes: tuple[str, ...]
    model: type[Model] | None

    def url(self, **values: str) -> str:
        if self.name == "app_list":
            return reverse("admin:app_list", kwargs={"app_label": "billing"})
        return reverse(f"admin:{self.name}", kwargs={name: values[name] for name in self.takes})


def pages(patterns: list[Any], model: type[Model] | None = None) -> Iterator[Page]:
    """All pages of the admin site, from its addresses: a new page is among them by itself."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, _model_at(pattern))
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield Page(pattern.name, tuple(pattern.pattern.converters), model)


def _model_at(resolver: URLResolver) -> type[Model] | None:
    found = re.fullmatch(r"(\w+)/(\w+)/", str(resolver.pattern))
    return apps.get_model(*found.groups()) if found else None


PAGES = list({page.name: page for page in pages(admin.site.get_urls())}.values())
SHARED = {TaxRate, ExchangeRate, Account}  # By all sellers.
OF_A_ROW = [page for page in PAGES if page.takes and page.model not in {None, *SHARED}]
OF_LISTS = [page for page in PAGES if not page.takes and page.name not in WITHOUT_ROWS]
CHOICES = [
    (model, field)
    for model in apps.get_models()
    if model._meta.app_label in {"billing", "invoices"}
    for field in model._meta.fields
    if isinstance(field, ForeignKey) and field.related_model in admin.site._registry
]


def name_of(value: object) -> str:
    meta = getattr(value, "_meta", None)
    return meta.label if meta else str(getattr(value, "name", value))


def rows_of(bravo: House) -> list[Any]:
    """All that the database holds of bravo's."""
    found: list[Any] = [Seller.objects.filter(pk=bravo.seller.pk).values().get()]
    for model in apps.get_models():
        if any(field.name == "seller" for field in model._meta.fields):
            rows = model._default_manager.filter(seller=bravo.seller).order_by("pk")
            found.append((model._meta.label, list(rows.values())))
    return found


def seen(response: HttpResponse, *ids: str) -> tuple[int, str, str]:
    """What a user sees of an answer, with ids that were asked for left out."""
    body = response.content.decode()
    for text in ids:
        body = body.replace(text, "ID") if len(text) > 8 else body
    body = re.sub(r'csrfmiddlewaretoken" value="\w+"', "", body)
    return response.status_code, response.headers.get("Location", ""), body


def told(response: HttpResponse, *ids: str) -> list[str]:
    """What the next page would tell the user of the request, with ids left out."""
    found = [str(each) for each in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]
    for text in ids:
        found = [each.replace(text, "ID") for each in found]
    assert "bravo" not in "".join(found)
    return found


@pytest.fixture
def ids(bravo: House) -> set[str]:
    return bravo.ids()


@pytest.mark.django_db
class TestScope:
    @pytest.mark.parametrize("page", OF_A_ROW, ids=name_of)
    def test_another_seller_s_row_is_answered_like_an_unknown_one(
        self, client: Client, bravo: House, page: Page
    ) -> None:
        theirs, none = _ids_for(page, bravo)

        for method in (client.get, client.post):
            with CaptureQueriesContext(connection) as asked:
                shown = method(page.url(**theirs))
            client.cookies.pop("messages", None)
            missing = method(page.url(**none))
            client.cookies.pop("messages", None)
            assert seen(shown, *theirs.values()) == seen(missing, *none.values())
            assert shown.status_code in {302, 403, 404}
            assert "bravo" not in shown.content.decode()
            assert told(shown, *theirs.values()) == told(missing, *none.values())
            assert not [each["sql"] for each in asked if WRITES.match(each["sql"])]

    @pytest.mark.parametrize("page", OF_LISTS, ids=name_of)
    def test_no_list_or_form_names_another_seller_s_rows(
        self, client: Client, alpha: House, bravo: House, ids: set[str], page: Page
    ) -> None:
        for query in ({}, {"q": "brav"}, {"seller": str(bravo.seller.pk)}, {"state": "all"}):
            body = client.get(page.url(), query).content.decode()
            assert "bravo" not in body
            assert not [pk for pk in ids - set(query.values()) if pk in body]

    @pytest.mark.parametrize(("model", "field"), CHOICES, ids=name_of)
    def test_no_choice_offers_another_seller_s_rows(
        self, client: Client, alpha: House, bravo: House, model: type[Model], field: Any
    ) -> None:
        source = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
        for term in ("", "bravo", str(bravo.seller.pk)):
            query = {**source, "field_name": field.name, "term": term}
            answer = client.get(reverse("admin:autocomplete"), query)
            assert "bravo" not in answer.content.decode()

    @pytest.mark.parametrize("model", MODELS, ids=name_of)
    def test_actions_leave_another_seller_s_rows_alone(
        self, client: Client, bravo: House, model: type[Model]
    ) -> None:
        row, before = bravo.row(model), rows_of(bravo)
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

        for name in [*(admin.site._registry[model].actions or ()), "delete_selected"]:
            posted = {"action": name, "_selected_action": str(getattr(row, "pk", 1)), "why": "x"}
            for more in ({}, {"post": "yes"}, {"select_across": "1"}):
                answer = client.post(url, {**posted, **more})
                assert "bravo" not in answer.content.decode()
        assert rows_of(bravo) == before

    def test_filters_by_another_seller_s_values_find_nothing(
        self, client: Client, alpha: House, bravo: House
    ) -> None:
        url = reverse("admin:billing_price_changelist")

        for query in ("plan__id__exact", "seller__id__exact", "product__seller__id__exact"):
            body = client.get(url, {query: str(bravo.plan.pk)}, follow=True).content.decode()
            assert "bravo" not in body

    def test_a_seller_left_behind_is_not_recalled_in_the_history(
        self, client: Client, ada: Any, bravo: House
    ) -> None:
        kind = ContentType.objects.get_for_model(Customer)
        ada.logentry_set.create(
            content_type=kind, object_id=bravo.customer.pk, object_repr="bravo", action_flag=2
        )

        assert "bravo" not in client.get(reverse("admin:index")).content.decode()


def values_of(response: Any) -> dict[str, Any]:
    """What the form of a page would post if nothing was changed."""
    values = {f.html_name: f.value() or "" for f in response.context["adminform"].form}
    for lines in response.context["inline_admin_formsets"]:
        values |= {f.html_name: f.value() for f in lines.formset.management_form}
    return values


def _ids_for(page: Page, bravo: House) -> tuple[dict[str, str], dict[str, str]]:
    model = page.model
    assert model is not None
    if "transaction_id" in page.takes:
        theirs = str(bravo.order_event.transaction_id)
        return {"transaction_id": theirs}, {"transaction_id": unknown_id(Event)}
    (name,) = page.takes
    row = bravo.seller.memberships.get().user if model is User else bravo.row(model)
    return {name: str(row.pk) if row else "1"}, {name: unknown_id(model)}


# The form that adds a row, its values, and the reference to point at another seller's row.
REFERENCES = [
    ("customer", "seller", "seller"),
    ("product", "seller", "seller"),
    ("meter", "seller", "seller"),
    ("apikey", "seller", "seller"),
    ("plan", "product", "product"),
    ("price", "plan", "plan"),
    ("price", "product", "product"),
    ("price", "meter", "meter"),
    ("plan", "prices-0-meter", "meter"),
    ("contract", "customer", "customer"),
    ("subscription", "contract", "contract"),
    ("subscription", "plan", "plan"),
    ("order", "customer", "customer"),
    ("order", "lines-0-product", "product"),
    ("taxoverride", "customer", "customer"),
    ("taxoverride", "product", "product"),
    ("sellerregistration", "seller", "seller"),
]


def posted(of: House) -> dict[str, dict[str, Any]]:
    """What a user posts to add a row of each kind, all of it of one seller."""
    price = {
        "code": "more", "text": "More", "kind": "recurring", "timing": "advance",
        "rounding": "up", "applies_to": "next_period", "model": "per_unit", "unit_price": "5",
        "currency": "EUR", "tax_class": "standard", "proration": "daily",
        "valid_from": "2026-02-01",
    }  # fmt: skip
    lines = {"lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0, "lines-0-text": "Thing",
             "lines-0-quantity": "2", "lines-0-unit_price": "9.50",
             "lines-0-tax_class": "standard"}  # fmt: skip
    return {
        "customer": {"seller": of.seller.pk, "name": "New", "kind": "business", "country": "DE",
                     "locale": "de", "grouping": "per_event", "invoice_day": 1,
                     "credit_notes_to": "balance", "apply_balance": "automatic",
                     "document_format": "zugferd"},
        "meter": {"seller": of.seller.pk, "code": "new", "name": "New", "aggregation": "sum",
                  "dimensions": "model, region"},
        "product": {"seller": of.seller.pk, "code": "new", "name": "New", "supply": "goods",
                    "unit": "KGM"},
        "taxoverride": {"seller": of.seller.pk, "customer": of.customer.pk,
                        "product": of.product.pk, "category": "S", "percent": "3", "reason": "x"},
        "sellerregistration": {"seller": of.seller.pk, "country": "AT", "vat_id": "ATU13585627",
                               "valid_from": "2026-01-01"},
        "apikey": {"seller": of.seller.pk, "name": "New", "scopes": ["customers:read"]},
        "plan": {"product": of.product.pk, "code": "new", "name": "New", "interval": "month",
                 "interval_count": 1, "alignment": "anniversary", "trial_days": 0,
                 "prices-TOTAL_FORMS": 1, "prices-INITIAL_FORMS": 0,
                 **{f"prices-0-{name}": value for name, value in price.items()}},
        "price": {"plan": of.plan.pk, **price},
        "contract": {"customer": of.customer.pk, "currency": "EUR", "external_id": "new"},
        "subscription": {"contract": of.contract.pk, "plan": of.plan.pk, "quantity": "2",
                         "starts_on": "2026-01-01", "external_id": "new"},
        "order": {"customer": of.customer.pk, "currency": "EUR", "external_id": "new", **lines},
    }  # fmt: skip


def added(client: Client, kind: str, values: dict[str, Any]) -> HttpResponse:
    return client.post(reverse(f"admin:billing_{kind}_add"), values)


@pytest.mark.django_db
class TestReferences:
    @pytest.mark.parametrize(("kind", "field", "row"), REFERENCES)
    def test_another_seller_s_row_is_refused_like_an_unknown_one(
        self, client: Client, alpha: House, bravo: House, kind: str, field: str, row: str
    ) -> None:
        values, before = posted(alpha)[kind], rows_of(bravo)
        theirs, none = str(getattr(bravo, row).pk), unknown_id(Customer)

        refused = seen(added(client, kind, {**values, field: theirs}), theirs)
        unknown = seen(added(client, kind, {**values, field: none}), none)

        assert refused == unknown
        assert refused[0] == 200
        assert "Select a valid choice" in refused[2]
        assert "bravo" not in refused[2]
        assert rows_of(bravo) == before

    @pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in REFERENCES}))
    def test_the_same_values_are_taken_where_all_is_one_seller_s(
        self, client: Client, alpha: House, kind: str
    ) -> None:
        assert added(client, kind, posted(alpha)[kind]).status_code == 302

    @pytest.mark.parametrize(("kind", "field", "row"), [
        ("price", "plan", "plan"),
        ("subscription", "plan", "plan"),
        ("order", "lines-0-product", "product"),
    ])  # fmt: skip
    def test_who_works_for_two_sellers_cannot_mix_them(
        self, alpha: House, kind: str, field: str, row: str
    ) -> None:
        other = house("charlie")
        both = Client()
        both.force_login(staff(alpha.seller, other.seller, name="eve"))
        values = {**posted(alpha)[kind], "product": alpha.product.pk}
        values = values if kind == "price" else posted(alpha)[kind]

        answer = added(both, kind, {**values, field: getattr(other, row).pk})

        assert answer.status_code == 200
        assert not Subscription.objects.filter(external_id="new").exists()

    def test_a_change_of_plan_to_another_seller_s_is_refused(
        self, client: Client, alpha: House, bravo: House
    ) -> None:
        url = reverse("admin:billing_subscription_change", args=[alpha.subscription.pk])
        change = {"kind": "change_plan", "when": "now", "plan": bravo.plan.pk, "quantity": "1",
                  "credit": "prorated"}  # fmt: skip

        answer = client.post(url.replace("change/", "change-terms/"), change)

        assert "Select a valid choice" in answer.content.decode()
        assert alpha.subscription.changes.count() == 1

    def test_a_row_stays_with_its_seller(self, alpha: House, bravo: House) -> None:
        both = Client()
        both.force_login(staff(alpha.seller, bravo.seller, name="eve"))
        url = reverse("admin:billing_customer_change", args=[alpha.customer.pk])

        changed = {"seller": bravo.seller.pk, "name": "New"}
        both.post(url, {**values_of(both.get(url)), **changed})

        alpha.customer.refresh_from_db()
        assert (alpha.customer.seller, alpha.customer.name) == (alpha.seller, "New")
