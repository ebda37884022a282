"""`/customers`."""

import pytest

from billing.customers.models import Customer
from billing.events.models import Event
from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import UNKNOWN, App

ACME = {"name": "Acme GmbH", "kind": "business", "country": "DE"}


class TestCreate:
    def test_a_customer_is_recorded(self, app: App, seller: Seller) -> None:
        answer = app.post("/customers", {**ACME, "external_id": "A/1", "vat_id": "DE 136 695 976"})

        customer = Customer.objects.get(seller=seller)
        assert answer.status == 201
        assert answer.headers["Location"] == f"http://testserver/api/v1/customers/{customer.id}"
        assert answer.body["vat_id"] == customer.vat_id == "DE136695976"
        assert answer.body["locale"] == "de"

    def test_an_external_id_is_given_once(self, app: App) -> None:
        app.post("/customers", {**ACME, "external_id": "A/1"})

        answer = app.post("/customers", {**ACME, "external_id": "A/1"})

        assert (answer.status, answer.code) == (409, "external_id_taken")
        assert answer.errors == {"external_id": "external_id_taken"}

    def test_two_sellers_may_use_the_same_external_id(self, app: App) -> None:
        other = App(factories.api_key(factories.seller()))

        assert app.post("/customers", {**ACME, "external_id": "A/1"}).status == 201
        assert other.post("/customers", {**ACME, "external_id": "A/1"}).status == 201

    @pytest.mark.parametrize(
        ("country", "vat_id"),
        [
            ("DE", "DE123456789"),  # Check digit.
            ("DE", "ATU37675002"),  # Of another country.
            ("DE", "136695976"),
            ("AT", "DE136695976"),
            ("CH", "CHE-107.787.578 IVA"),
        ],
    )
    def test_a_vat_id_that_cannot_be_is_refused(self, app: App, country: str, vat_id: str) -> None:
        answer = app.post("/customers", {**ACME, "country": country, "vat_id": vat_id})

        assert (answer.status, answer.errors) == (400, {"vat_id": "vat_id_invalid"})

    @pytest.mark.parametrize(
        ("country", "vat_id"),
        [("AT", "ATU13585627"), ("GR", "EL094259216"), ("CH", "CHE107787577IVA"), ("US", "12-3")],
    )
    def test_a_vat_id_of_another_country_is_taken(
        self, app: App, country: str, vat_id: str
    ) -> None:
        answer = app.post("/customers", {**ACME, "country": country, "vat_id": vat_id})

        assert answer.status == 201

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("name", None, "null"),
            ("name", "", "blank"),
            ("name", "x" * 201, "max_length"),
            ("name", "a\0b", "control"),
            ("name", ["x"], "invalid"),
            ("kind", "alien", "invalid_choice"),
            ("country", "XX", "unknown_country"),
            ("country", "de", "unknown_country"),
            ("locale", "fr", "invalid_choice"),
            ("email", "nobody", "invalid"),
            ("payment_days", "14", "invalid"),
            ("payment_days", -1, "min_value"),
            ("payment_days", 10**30, "max_value"),
        ],
    )
    def test_a_wrong_field_is_named(self, app: App, field: str, value: object, code: str) -> None:
        answer = app.post("/customers", {**ACME, field: value})

        assert (answer.status, answer.code) == (400, "validation_failed")
        assert answer.errors == {field: code}

    def test_an_unknown_field_names_the_nearest_known(self, app: App) -> None:
        answer = app.post("/customers", {**ACME, "vatid": "DE136695976"})

        assert answer.errors == {"vatid": "unknown_field"}
        assert "Did you mean vat_id?" in answer.body["errors"][0]["detail"]


class TestShow:
    def test_by_id_and_by_external_id(self, app: App, seller: Seller) -> None:
        customer = factories.customer(seller, external_id="Köln/7 a")

        by_id = app.get(f"/customers/{customer.id}")
        by_external_id = app.get("/customers/ext:K%C3%B6ln/7%20a")

        assert by_id.status == by_external_id.status == 200
        assert by_id.body == by_external_id.body

    @pytest.mark.parametrize(
        "reference", [UNKNOWN, "x", "ext:x", "ext:", "code:x", "%00", "ext:%00", "%FF", "0" * 5000]
    )
    def test_what_is_malformed_is_as_unknown_as_what_is_not_there(
        self, app: App, reference: str
    ) -> None:
        answer = app.get(f"/customers/{reference}")

        assert (answer.status, answer.code) == (404, "not_found")


class TestChange:
    def test_only_what_is_named_changes(self, app: App, seller: Seller) -> None:
        customer = factories.customer(seller, name="Old", city="Berlin")

        answer = app.patch(f"/customers/{customer.id}", {"name": "New"})

        assert answer.status == 200
        assert (answer.body["name"], answer.body["city"]) == ("New", "Berlin")

    def test_the_vat_id_must_fit_the_new_country(self, app: App, seller: Seller) -> None:
        customer = factories.customer(seller, vat_id="DE136695976")

        answer = app.patch(f"/customers/{customer.id}", {"country": "AT"})

        assert answer.errors == {"vat_id": "vat_id_invalid"}
        customer.refresh_from_db()
        assert customer.country == "DE"

    def test_what_was_known_already_is_told_to_nobody(self, app: App, seller: Seller) -> None:
        customer = factories.customer(seller, city="Berlin")
        factories.endpoint(seller, event_types=["customer.changed"])

        for city in ("Bonn", "Bonn", "Berlin"):
            assert app.patch(f"/customers/{customer.id}", {"city": city}).body["city"] == city

        assert Event.objects.filter(type="customer.changed").count() == 2

    def test_nothing_may_change(self, app: App, seller: Seller) -> None:
        customer = factories.customer(seller)

        assert app.patch(f"/customers/{customer.id}", {}).status == 200
