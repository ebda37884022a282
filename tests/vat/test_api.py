"""The facts that documents and VAT need, by the API: each error names its field."""

from typing import Any

import pytest
from django.test import Client

from billing.sellers.models import Seller
from tests import factories
from tests.api.conftest import App, bill_all

CUSTOMER = {"name": "Acme", "kind": "business", "country": "DE"}
LINE = {"text": "x", "quantity": "1", "unit_price": "10", "tax_class": "standard"}


@pytest.fixture
def app(seller: Seller) -> App:
    return App(factories.api_key(seller))


class TestCustomers:
    def test_what_is_given_is_kept_compact(self, app: App) -> None:
        mandate = {
            "mandate_reference": "M-1",
            "mandate_iban": "de89 3704 0044 0532 0130 00",
            "mandate_signed_on": "2026-01-01",
        }

        answer = app.post("/customers", {**CUSTOMER, **mandate, "document_format": "peppol"})

        assert answer.status == 201
        assert answer.body["mandate_iban"] == "DE89370400440532013000"
        assert answer.body["document_format"] == "peppol"
        assert answer.body["delivery_country"] == ""

    @pytest.mark.parametrize(
        ("details", "field", "code"),
        [
            ({"buyer_reference": "04011000-1234512345-07"}, "buyer_reference",
             "leitweg_id_invalid"),
            ({"electronic_address_scheme": "0000"}, "electronic_address_scheme",
             "address_scheme_unknown"),
            ({"electronic_address": "x"}, "electronic_address_scheme", "details_incomplete"),
            ({"electronic_address_scheme": "0204"}, "electronic_address", "details_incomplete"),
            ({"delivery_city": "Paris"}, "delivery_country", "details_incomplete"),
            ({"delivery_country": "XX"}, "delivery_country", "unknown_country"),
            ({"mandate_iban": "DE89370400440532013001"}, "mandate_iban", "iban_invalid"),
            ({"mandate_reference": "Müller"}, "mandate_reference", "mandate_reference_invalid"),
            ({"mandate_reference": "M-1"}, "mandate_iban", "details_incomplete"),
            ({"document_format": "fax"}, "document_format", "invalid_choice"),
        ],
    )  # fmt: skip
    def test_an_error_names_its_field(
        self, app: App, details: dict[str, str], field: str, code: str
    ) -> None:
        answer = app.post("/customers", {**CUSTOMER, **details})

        assert (answer.status, answer.errors) == (400, {field: code})

    @pytest.mark.parametrize("reference", ["991-33333TEST-33", "04011000-1234512345-06", "Room 7"])
    def test_a_buyer_s_reference_is_taken(self, app: App, reference: str) -> None:
        answer = app.post("/customers", {**CUSTOMER, "buyer_reference": reference})

        assert answer.body["buyer_reference"] == reference


class TestCatalog:
    def test_a_price_is_of_its_product(self, app: App) -> None:
        terms = {"supply": "goods", "unit": "KGM", "exemption_code": "VATEX-EU-132-1I"}
        app.post("/products", {"code": "mug", "name": "Mug", **terms})
        price = {"product": "code:mug", "code": "x", "unit_price": "1", "tax_class": "exempt"}

        answer = app.post("/prices", price)

        assert {name: answer.body[name] for name in terms} == terms

    @pytest.mark.parametrize(
        ("terms", "field", "code"),
        [
            ({"unit": "QQQ"}, "unit", "unit_unknown"),
            ({"exemption_code": "VATEX-1"}, "exemption_code", "exemption_code_unknown"),
            ({"exemption_text": "§ 4"}, "exemption_text", "plan_contradicts"),
        ],
    )
    def test_an_error_names_its_field(
        self, app: App, seller: Seller, terms: dict[str, str], field: str, code: str
    ) -> None:
        factories.product(seller, code="mug")
        price = {"product": "code:mug", "code": "x", "unit_price": "1", "tax_class": "standard"}

        answer = app.post("/prices", {**price, **terms})

        assert (answer.status, answer.errors) == (400, {field: code})

    def test_a_product_can_be_described_later(self, app: App) -> None:
        app.post("/products", {"code": "mug", "name": "Mug"})

        answer = app.patch("/products/code:mug", {"description": "White"})

        assert (answer.body["name"], answer.body["description"]) == ("Mug", "White")


REVERSE_CHARGE = {"tax_class": "exempt", "exemption_code": "VATEX-EU-AE"}


class TestReasons:
    """A code that belongs to another category than that of what it stands at is refused."""

    def refused(self, app: App, path: str, body: dict[str, Any]) -> dict[str, str]:
        answer = app.post(path, body)
        assert answer.status == 400
        return answer.errors

    def test_of_a_line(self, app: App, seller: Seller) -> None:
        factories.customer(seller, external_id="A1")
        body = {"customer": "ext:A1", "lines": [{**LINE, **REVERSE_CHARGE}]}

        errors = self.refused(app, "/orders", body)

        assert errors == {"lines.0.exemption_code": "exemption_code_of_other_category"}

    def test_of_a_price_and_a_product(self, app: App, seller: Seller) -> None:
        factories.product(seller, code="mug")
        price = {"product": "code:mug", "code": "x", "unit_price": "1", **REVERSE_CHARGE}
        product = {"code": "cup", "name": "Cup", "exemption_code": "VATEX-EU-O"}
        refusal = {"exemption_code": "exemption_code_of_other_category"}

        assert self.refused(app, "/prices", price) == refusal
        assert self.refused(app, "/products", product) == refusal

    @pytest.mark.parametrize(
        ("category", "code", "status"),
        [
            ("G", "VATEX-EU-AE", 400),
            ("E", "VATEX-EU-G", 400),
            ("O", "VATEX-EU-132-1I", 400),
            ("O", "VATEX-EU-O", 201),
            ("E", "VATEX-EU-132-1I", 201),
            ("G", "VATEX-EU-146-1E", 201),
        ],
    )
    def test_of_an_override(self, app: App, category: str, code: str, status: int) -> None:
        body = {"category": category, "exemption_code": code, "reason": "Told so."}

        answer = app.post("/tax-overrides", body)

        assert answer.status == status
        if status == 400:
            assert answer.errors == {"exemption_code": "override_contradicts"}

    def test_a_percent_has_as_many_places_as_are_kept(self, app: App) -> None:
        body = {"category": "S", "reason": "Told so."}

        kept = app.post("/tax-overrides", {**body, "percent": "18.999"})
        refused = app.post("/tax-overrides", {**body, "percent": "18.99999"})

        assert kept.body["percent"] == "18.999"
        assert refused.errors == {"percent": "max_decimal_places"}


class TestOrders:
    def test_a_line_says_what_documents_print(self, app: App, seller: Seller) -> None:
        factories.customer(seller, external_id="A1")
        line = {**LINE, "unit": "HUR", "item_number": "T-1", "description": "In Berlin"}
        body = {"customer": "ext:A1", "purchase_order": "PO-7", "lines": [line]}

        placed = app.post("/orders", body)
        (invoice,) = bill_all(seller)

        assert placed.body["purchase_order"] == "PO-7"
        shown = app.get(f"/invoices/{invoice.id}").body["lines"][0]
        assert (shown["unit"], shown["item_number"]) == ("HUR", "T-1")
        assert (shown["tax_override"], shown["exemption_text"]) == (None, "")

    @pytest.mark.parametrize(
        ("terms", "field", "code"),
        [
            ({"unit": "X"}, "lines.0.unit", "unit_unknown"),
            ({"supply": "air"}, "lines.0.supply", "invalid_choice"),
            ({"exemption_text": "§ 4"}, "lines.0.exemption_text", "not_applicable"),
        ],
    )
    def test_an_error_names_its_field(
        self, app: App, seller: Seller, terms: dict[str, str], field: str, code: str
    ) -> None:
        factories.customer(seller, external_id="A1")

        answer = app.post("/orders", {"customer": "ext:A1", "lines": [{**LINE, **terms}]})

        assert (answer.status, answer.errors) == (400, {field: code})

    def test_a_contract_s_references_may_change(self, app: App, seller: Seller) -> None:
        factories.contract(factories.customer(seller), external_id="C1", purchase_order="PO-1")

        answer = app.patch("/contracts/ext:C1", {"purchase_order": "PO-2"})

        assert (answer.body["purchase_order"], answer.body["project_reference"]) == ("PO-2", "")


class TestSellers:
    def test_what_is_printed_can_be_changed(self, app: App) -> None:
        answer = app.patch("/seller", {"contact_name": "Ms Roe", "register_number": "HRB 1 B"})

        assert answer.body["contact_name"] == "Ms Roe"
        assert app.get("/seller").body["register_number"] == "HRB 1 B"

    @pytest.mark.parametrize("name", ["iban", "name", "vat_id", "small_business_from"])
    def test_neither_identity_nor_account_can(self, app: App, name: str) -> None:
        answer = app.patch("/seller", {name: "x"})

        assert (answer.status, answer.errors) == (400, {name: "unknown_field"})

    @pytest.mark.parametrize(
        ("given", "field", "code"),
        [
            ({"country": "DE", "vat_id": "DE136695976"}, "country", "registration_refused"),
            ({"country": "CH", "vat_id": "CHE-107.787.577"}, "country", "registration_refused"),
            ({"vat_id": "FR40303265046"}, "vat_id", "registration_refused"),
            ({"valid_until": "2019-01-01"}, "valid_until", "registration_refused"),
        ],
    )
    def test_a_registration_that_can_not_be(
        self, app: App, given: dict[str, str], field: str, code: str
    ) -> None:
        body = {"country": "FR", "vat_id": "FR40303265045", "valid_from": "2020-01-01"}

        answer = app.post("/seller/registrations", {**body, **given})

        assert (answer.status, answer.errors) == (400, {field: code})

    def test_a_registration_ends_and_another_follows(self, app: App) -> None:
        body = {"country": "FR", "vat_id": "FR 40 303 265 045", "valid_from": "2020-01-01"}
        made = app.post("/seller/registrations", body)
        twice = app.post("/seller/registrations", body)
        end = f"/seller/registrations/{made.body['id']}/end"

        ended = app.post(end, {"valid_until": "2026-01-01"})
        again = app.post(end, {"valid_until": "2026-02-01"})
        next_one = app.post("/seller/registrations", {**body, "valid_from": "2026-01-01"})

        assert (made.status, made.body["vat_id"]) == (201, "FR40303265045")
        assert (twice.status, twice.code) == (409, "registration_overlaps")
        assert ended.body["valid_until"] == "2026-01-01"
        assert (again.status, again.code) == (409, "registration_ended_already")
        assert next_one.status == 201


class TestOverrides:
    BODY = {"category": "S", "percent": "10.7", "reason": "Flat rate of farmers, § 24 UStG"}

    def test_it_is_recorded_with_who_and_why(self, app: App, seller: Seller) -> None:
        answer = app.post("/tax-overrides", {**self.BODY, "tax_class": "standard"})

        assert answer.status == 201
        assert answer.body["percent"] == "10.7"
        assert answer.body["recorded_by"].startswith("API key anl_test_")
        assert answer.body["valid_from"] == "2026-01-01"
        factories.order(factories.customer(seller))
        (invoice,) = bill_all(seller)
        assert invoice.lines.get().tax_override_id is not None

    @pytest.mark.parametrize(
        ("given", "status", "field", "code"),
        [
            ({"category": "X"}, 400, "category", "invalid_choice"),
            ({"category": "E"}, 400, "percent", "override_contradicts"),
            ({"percent": "0"}, 400, "percent", "override_contradicts"),
            ({"reason": ""}, 400, "reason", "blank"),
            ({"customer": "ext:none"}, 400, "customer", "does_not_exist"),
            ({"exemption_code": "x"}, 400, "exemption_code", "exemption_code_unknown"),
        ],
    )
    def test_an_error_names_its_field(
        self, app: App, given: dict[str, str], status: int, field: str, code: str
    ) -> None:
        answer = app.post("/tax-overrides", {**self.BODY, **given})

        assert (answer.status, answer.errors) == (status, {field: code})

    def test_two_of_the_same_supplies_are_refused(self, app: App) -> None:
        app.post("/tax-overrides", self.BODY)

        answer = app.post("/tax-overrides", self.BODY)

        assert (answer.status, answer.code) == (409, "override_overlaps")

    def test_it_is_ended(self, app: App) -> None:
        made = app.post("/tax-overrides", self.BODY)
        end = f"/tax-overrides/{made.body['id']}/end"

        early = app.post(end, {"valid_until": "2026-01-01"})
        ended = app.post(end, {"valid_until": "2026-01-02"})

        assert (early.status, early.errors) == (400, {"valid_until": "override_ends_too_early"})
        assert ended.body["valid_until"] == "2026-01-02"


class TestChecks:
    def test_they_are_listed(self, app: App, seller: Seller) -> None:
        customer = factories.customer(seller, external_id="A1", country="FR")
        factories.vat_id_check(customer, consultation_number="W1")

        (check,) = app.get("/customers/ext:A1/vat-id-checks").body["results"]

        assert (check["outcome"], check["consultation_number"]) == ("valid", "W1")

    @pytest.mark.parametrize("url", ["", "http://127.0.0.1:1"])
    def test_without_register_or_vat_id_there_is_nothing_to_ask(
        self, app: App, seller: Seller, settings: Any, url: str
    ) -> None:
        settings.VIES_URL = url
        factories.customer(seller, external_id="A1")

        answer = app.post("/customers/ext:A1/vat-id-checks")

        assert (answer.status, answer.code) == (409, "nothing_to_ask")


class TestDescription:
    def test_it_tells_of_the_new_fields(self, db: None) -> None:
        description = Client().get("/api/v1/openapi.json").json()

        shapes = description["components"]["schemas"]
        assert "buyer_reference" in shapes["CustomerInput"]["properties"]
        assert "/api/v1/tax-overrides" in description["paths"]
