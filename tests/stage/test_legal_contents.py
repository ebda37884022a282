"""What the law wants on an invoice is there before it is issued, or there is no invoice."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from billing.customers.models import Customer
from billing.events import commands
from billing.events.models import Failure
from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.contents import Contents
from invoices.issuing.queries.legal_contents import missing_contents
from tests import factories
from tests.stage.conftest import AT, drain

NOWHERE = {"street": "", "postcode": "", "city": ""}
FULL = Contents(
    seller={
        "name": "Alpha GmbH", "street": "Torstraße 1", "postcode": "10119", "city": "Berlin",
        "country": "DE", "vat_id": "DE136695976", "tax_number": "",
    },
    customer={
        "name": "Weber KG", "street": "Gasse 2", "postcode": "75008", "city": "Paris",
        "country": "FR", "vat_id": "FR40303265045", "kind": "business", "locale": "de",
    },
    currency="EUR",
    gross_minor=1000_00,
    taxes=[{"category": "AE", "percent": "0", "base_minor": 1000_00, "tax_minor": 0}],
    lines=[Charge(text="Training", quantity=Decimal(1), starts_on=date(2026, 1, 1), position=1)],
    number="R2026-000001",
    issue_date=date(2026, 1, 1),
)  # fmt: skip


def _missing(said: Contents) -> list[str]:
    return [name for _, names in missing_contents(said) for name in names]


def _without(party: str, *names: str) -> Contents:
    kept = {**getattr(FULL, party), **dict.fromkeys(names, "")}
    changed: dict[str, Any] = {party: kept}
    return replace(FULL, **changed)


class TestList:
    def test_a_full_document_lacks_nothing(self) -> None:
        assert _missing(FULL) == []

    @pytest.mark.parametrize("name", ["name", "street", "postcode", "city"])
    def test_of_the_seller(self, name: str) -> None:
        assert _missing(_without("seller", name)) == [name]

    @pytest.mark.parametrize("name", ["name", "street", "city"])
    def test_of_the_customer(self, name: str) -> None:
        assert _missing(_without("customer", name)) == [name]

    def test_postcodes_are_wanted_at_home_only(self) -> None:
        at_home = {**FULL.customer, "country": "DE", "postcode": ""}

        assert _missing(_without("customer", "postcode")) == []
        assert _missing(replace(FULL, customer=at_home)) == ["postcode"]

    def test_both_vat_ids_where_the_customer_owes_the_tax(self) -> None:
        neither = replace(
            _without("customer", "vat_id"), seller=_without("seller", "vat_id").seller
        )

        assert _missing(neither) == [
            "VAT id or tax number",
            "VAT id, since the customer owes the tax",
            "VAT id, under which it owes the tax",
        ]

    def test_the_vat_id_of_what_is_credited_is_one(self) -> None:
        customer = {**FULL.customer, "vat_id": "", "credited_vat_id": "FR40303265045"}

        assert _missing(replace(FULL, customer=customer)) == []

    def test_outside_the_union_only_who_charges_vat_has_a_number(self) -> None:
        american = {**FULL.seller, "country": "US", "vat_id": "", "postcode": ""}
        untaxed = {"category": "E", "percent": "0", "base_minor": 1000_00, "tax_minor": 0}
        said = replace(FULL, seller=american, taxes=[untaxed])
        taxed = replace(said, taxes=[{**untaxed, "category": "S", "percent": "8"}])

        assert _missing(said) == []
        assert _missing(taxed) == ["VAT id or tax number"]

    @pytest.mark.parametrize(
        ("kind", "registration", "wanted"),
        [
            ("goods", "FR40303265045", ["street", "city"]),
            ("goods", "", []),
            ("service", "FR40303265045", []),
        ],
    )
    def test_distance_sales_under_a_registration_name_the_consumer(
        self, kind: str, registration: str, wanted: list[str]
    ) -> None:
        consumer = {**_without("customer", "street", "city").customer, "kind": "consumer"}
        tax = {"category": "S", "percent": "20", "base_minor": 1000_00, "tax_minor": 200_00}
        sold = Charge(
            text="Mug", quantity=Decimal(1), starts_on=date(2026, 1, 1), position=1,
            supply=kind, seller_vat_id=registration,
        )  # fmt: skip

        assert _missing(replace(FULL, customer=consumer, taxes=[tax], lines=[sold])) == wanted

    @pytest.mark.parametrize(
        ("ids", "percents", "wanted"),
        [
            (("FR40303265045", "FR40303265045"), (20, 20), []),
            (("FR40303265045", ""), (20, 19), []),  # The seller's own is shown beside it.
            (("FR40303265045", ""), (20, 20), ["FR40303265045 and the seller's own"]),
            (("FR40303265045", "ATU12345675"), (20, 20), ["ATU12345675 and FR40303265045"]),
            (("FR40303265045", "ATU12345675"), (20, 10), ["ATU12345675 and FR40303265045"]),
        ],
    )
    def test_vat_of_two_countries_needs_two_documents(
        self, ids: tuple[str, str], percents: tuple[int, int], wanted: list[str]
    ) -> None:
        lines = [
            Charge(
                text="Mug", quantity=Decimal(1), starts_on=date(2026, 1, 1), position=1,
                tax_category="S", tax_percent=Decimal(percent), seller_vat_id=vat_id,
            )
            for vat_id, percent in zip(ids, percents, strict=True)
        ]  # fmt: skip
        taken_back = Charge(
            text="Mug", quantity=Decimal(1), starts_on=date(2026, 1, 1), position=2,
            tax_category="S", tax_percent=Decimal(20), seller_vat_id="CY10259033P",
            is_taxed_as_charged=True,
        )  # fmt: skip

        overridden = Charge(
            text="Mug", quantity=Decimal(1), starts_on=date(2026, 1, 1), position=3,
            tax_category="S", tax_percent=Decimal(20), tax_override_id=uuid4(),
        )  # fmt: skip

        said = replace(FULL, lines=[*lines, taken_back, overridden])

        assert _missing(said) == [
            f"single VAT id of its seller, but VAT under {each}" for each in wanted
        ]

    def test_an_override_to_intra_community_needs_both_vat_ids(self) -> None:
        at_home = {**FULL.customer, "country": "DE", "vat_id": ""}
        tax = {**FULL.taxes[0], "category": "K", "exemption_text": "Intra-community supply"}

        assert _missing(replace(FULL, customer=at_home, taxes=[tax])) == [
            "VAT id, under which it owes the tax"
        ]

    def test_number_and_date(self) -> None:
        assert _missing(replace(FULL, number="", issue_date=None)) == ["number", "date of issue"]

    def test_name_quantity_and_day_of_each_line(self) -> None:
        lines = [Charge(text=" ", quantity=None, starts_on=None, position=2)]

        assert _missing(replace(FULL, lines=lines)) == [
            "name of line 2", "quantity of line 2", "day of line 2",
        ]  # fmt: skip

    def test_net_rate_and_tax(self) -> None:
        assert _missing(replace(FULL, taxes=[])) == ["net amount, rate and tax"]

    def test_the_hint_at_an_exemption(self) -> None:
        tax = {"category": "XX", "percent": "0", "base_minor": 1, "tax_minor": 0}
        named = {**tax, "exemption_text": "Margin scheme"}

        assert _missing(replace(FULL, taxes=[tax])) == ["hint why category XX bears no VAT"]
        assert _missing(replace(FULL, taxes=[named])) == []

    @pytest.mark.parametrize(
        ("country", "currency", "gross", "is_small"),
        [
            ("DE", "EUR", 250_00, True),
            ("DE", "EUR", 250_01, False),
            ("DE", "EUR", -250_01, False),
            ("DE", "JPY", 100, False),
            ("AT", "EUR", 400_00, True),
            ("FR", "EUR", 100_01, False),
        ],
    )
    def test_small_amounts(self, country: str, currency: str, gross: int, is_small: bool) -> None:
        seller = {**FULL.seller, "country": country}
        tax = {"category": "S", "percent": "19", "base_minor": gross, "tax_minor": 0}
        said = replace(FULL, seller=seller, currency=currency, gross_minor=gross, taxes=[tax])

        assert said.is_small == is_small

    def test_who_owes_the_tax_is_named_however_small_the_amount(self) -> None:
        assert not replace(FULL, gross_minor=1).is_small


class TestBilling:
    def _order(self, customer: Customer, net: str) -> list[Invoice]:
        factories.order(customer, factories.line(unit_price=Decimal(net)))
        return drain()

    def test_a_business_without_address_is_a_failure_until_it_is_mended(
        self, seller: Seller
    ) -> None:
        customer = factories.customer(seller, name="Weber KG", **NOWHERE)
        assert self._order(customer, "210.09") == []  # 250.01 gross
        failure = Failure.objects.get()
        assert failure.code == "customer_data_missing"
        assert "The customer Weber KG has no street, postcode, city" in failure.reason
        assert "PATCH /api/v1/customers/ID" in failure.remedy

        Customer.objects.update(street="Gasse 2", postcode="10119", city="Berlin")
        commands.retry(failure_ids=[failure.id], by="alice", at=AT)
        (invoice,) = drain()

        assert (invoice.number, invoice.gross_minor) == ("R2026-000001", 250_01)
        assert invoice.customer_as_printed["city"] == "Berlin"

    def test_vat_of_two_countries_on_one_order_is_a_failure(self, seller: Seller) -> None:
        factories.registration(seller)  # In France.
        factories.registration(seller, country="AT", vat_id="ATU12345675")
        customer = factories.customer(
            seller, country="FR", kind="consumer", delivery_street="1", delivery_city="Wien",
            delivery_postcode="1010", delivery_country="AT",
        )  # fmt: skip
        lines = [factories.line(supply=kind) for kind in ("digital", "goods")]
        factories.order(customer, *lines)

        assert drain() == []  # Both at 20 %.
        failure = Failure.objects.get()
        assert failure.code == "several_vat_ids"
        assert "has no single VAT id of its seller" in failure.reason
        assert "separately" in failure.remedy
        for line in lines:
            factories.order(customer, line)
        assert [invoice.seller_as_printed["vat_id"] for invoice in drain()] == [
            "FR40303265045", "ATU12345675",
        ]  # fmt: skip

    def test_small_amounts_need_no_address(self, seller: Seller) -> None:
        customer = factories.customer(seller, **NOWHERE)

        (invoice,) = self._order(customer, "210.08")

        assert invoice.gross_minor == 250_00

    def test_consumers_need_none(self, seller: Seller) -> None:
        customer = factories.customer(seller, kind="consumer", **NOWHERE)

        assert len(self._order(customer, "1000.00")) == 1

    @pytest.mark.parametrize("name", ["street", "postcode", "city", "vat_id"])
    def test_a_seller_with_a_gap_is_a_failure(self, seller: Seller, name: str) -> None:
        Seller.objects.filter(pk=seller.pk).update(**{name: ""})

        assert self._order(factories.customer(seller), "10.00") == []
        failure = Failure.objects.get()
        assert failure.code == "seller_data_missing"
        assert "Seller → Sellers" in failure.remedy

    def test_a_line_without_name_is_a_failure(self, seller: Seller) -> None:
        product = factories.product(seller)
        factories.price_of(of=product, text=" ")
        line = factories.line(product=product, unit_price=None, tax_class="", text="")
        factories.order(factories.customer(seller), line)

        assert drain() == []
        failure = Failure.objects.get()
        assert failure.code == "invoice_content_missing"
        assert "R2026-" not in failure.reason  # The number goes to another document.
        assert "name of line 1 (UStG § 14 (4) no. 5)" in failure.reason
