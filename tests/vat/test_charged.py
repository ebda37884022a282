"""What decided a tax stands on the charge and the document, and the books can be proven by it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from billing.contracts.commands import change_subscription, step_test_clock
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import SubscriptionChange
from billing.customers.models import Customer
from billing.events.models import Failure
from billing.sellers.commands import advance_test_clock
from billing.sellers.models import Seller
from billing.vat.commands import (
    ContradictoryOverride,
    OverrideEndedAlready,
    OverrideEndsTooEarly,
    end_override,
)
from invoices.issuing.models import Invoice
from tests import factories
from tests.stage.conftest import drain
from tests.vat.conftest import FRENCH_ID

BEFORE = datetime(2025, 12, 1, tzinfo=UTC)
FRENCH = {"country": "FR", "vat_id": FRENCH_ID}


def invoice_of(seller: Seller, /, *lines: Any, on: date | None = None, **customer: Any) -> Invoice:
    """The invoice of an order: by default of a service of 99.00 net at the standard rate."""
    factories.order(factories.customer(seller, **customer), *lines, ordered_on=on)
    (invoice,) = drain()
    return invoice


def failure_of(seller: Seller, /, *lines: Any, **customer: Any) -> Failure:
    factories.order(factories.customer(seller, **customer), *lines)
    assert drain() == []
    return Failure.objects.get()


def goods(**given: Any) -> Any:
    return factories.line(text="Mug", supply="goods", **given)


def changed(seller: Seller, **given: Any) -> Seller:
    Seller.objects.update(**given)
    seller.refresh_from_db()
    return seller


class TestReasons:
    def test_goods_to_a_french_business(self, seller: Seller) -> None:
        invoice = invoice_of(seller, goods(), **FRENCH)

        assert invoice.taxes == [
            {
                "category": "K",
                "percent": "0",
                "base_minor": 9900,
                "tax_minor": 0,
                "exemption_code": "VATEX-EU-IC",
                "exemption_text": "Steuerfreie innergemeinschaftliche Lieferung",
            }
        ]
        call_command("verify")

    def test_goods_to_switzerland_in_english(self, seller: Seller) -> None:
        invoice = invoice_of(seller, goods(), country="CH", locale="en")

        assert invoice.taxes[0]["exemption_text"] == "VAT-exempt export"
        call_command("verify")

    def test_where_they_are_delivered_counts(self, seller: Seller) -> None:
        delivered = {"delivery_country": "CH", "delivery_city": "Zürich"}

        invoice = invoice_of(seller, goods(), factories.line(), **delivered)

        assert [tax["category"] for tax in invoice.taxes] == ["G", "S"]
        assert invoice.customer_as_printed["delivery"]["city"] == "Zürich"
        call_command("verify")

    def test_northern_ireland(self, seller: Seller) -> None:
        party = {"country": "GB", "vat_id": "XI110305878"}

        invoice = invoice_of(seller, goods(), factories.line(), **party)

        assert [tax["category"] for tax in invoice.taxes] == ["K", "O"]
        call_command("verify")

    def test_an_exempt_line_names_its_paragraph(self, seller: Seller) -> None:
        school = factories.line(tax_class="exempt", exemption_code="VATEX-EU-132-1I")
        bank = factories.line(tax_class="exempt", exemption_text="Steuerfrei nach § 4 Nr. 8 UStG")

        invoice = invoice_of(seller, school, bank)

        (tax,) = invoice.taxes
        assert "exemption_code" not in tax  # There are two.
        assert tax["exemption_text"] == (
            "Steuerfrei nach § 4 Nr. 21 UStG (Bildungsleistungen); Steuerfrei nach § 4 Nr. 8 UStG"
        )
        first, second = invoice.lines.order_by("position")
        assert (first.exemption_code, second.exemption_code) == ("VATEX-EU-132-1I", "")
        call_command("verify")

    def test_a_plan_is_exempt_as_its_price_says(self, seller: Seller) -> None:
        terms = {"tax_class": "exempt", "exemption_text": "Steuerfrei nach § 4 Nr. 12 UStG"}
        plan = factories.plan(seller, price=terms, minimum_commitment=Decimal(50))
        contract = factories.contract(factories.customer(seller, grouping="per_day"))
        factories.subscription(contract, plan)
        drain()

        call_command("verify")

    def test_a_small_business_shows_no_tax(self, seller: Seller) -> None:
        small = changed(seller, small_business_from=date(2025, 1, 1))

        invoice = invoice_of(small)

        assert (invoice.tax_minor, invoice.taxes[0]["category"]) == (0, "E")
        assert "§ 19 UStG" in invoice.taxes[0]["exemption_text"]
        changed(seller, small_business_from=None)
        call_command("verify")

    def test_businesses_owe_the_tax_on_construction(self, seller: Seller) -> None:
        invoice = invoice_of(
            seller, factories.line(tax_class="reverse_charge"), vat_id="DE136695976"
        )

        assert invoice.taxes[0]["exemption_text"].endswith("(§ 13b UStG)")
        call_command("verify")

    def test_who_owes_the_tax_must_be_named(self, seller: Seller) -> None:
        failure = failure_of(seller, factories.line(tax_class="reverse_charge"))

        assert failure.code == "customer_data_missing"
        assert "no VAT id or register number" in failure.reason

    def test_an_export_needs_the_sellers_vat_id(self, seller: Seller) -> None:
        changed(seller, vat_id="", tax_number="37/123/45678")

        assert failure_of(seller, goods(), country="CH").code == "seller_data_missing"

    def test_a_registration_shows_its_vat_id(self, seller: Seller) -> None:
        factories.registration(seller)

        invoice = invoice_of(seller, country="FR", kind="consumer")

        assert [tax["percent"] for tax in invoice.taxes] == ["20"]
        assert invoice.seller_as_printed["vat_id"] == FRENCH_ID
        assert invoice.seller_as_printed["home_vat_id"] == "DE136695976"
        call_command("verify")

    def test_services_to_consumers_are_taxed_at_the_sellers(self, seller: Seller) -> None:
        changed(seller, oss=True)
        lines = [factories.line(supply=kind) for kind in ("digital", "service")]

        invoice = invoice_of(seller, *lines, country="AT", kind="consumer")

        assert sorted(tax["percent"] for tax in invoice.taxes) == ["19", "20"]
        call_command("verify")

    def test_who_sells_in_a_part_outside_the_union_is_not_accused(self, seller: Seller) -> None:
        changed(seller, postcode="27498")  # Heligoland

        invoice = invoice_of(seller, postcode="27498")

        assert [tax["percent"] for tax in invoice.taxes] == ["19"]
        call_command("verify")

    def test_an_override_for_a_country_explains_its_parts(self, seller: Seller) -> None:
        factories.override(seller, country="ES")

        invoice_of(seller, country="ES", postcode="38001")

        call_command("verify")

    def test_another_class_than_the_price_s_is_found(self, seller: Seller) -> None:
        invoice = invoice_of(seller, goods(), **FRENCH)

        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE invoices_charge SET supply = 'service'")

        with pytest.raises(SystemExit):
            call_command("verify")
        assert invoice.lines.get().supply == "service"

    def test_another_reason_is_found(self, seller: Seller) -> None:
        invoice_of(seller, goods(), **FRENCH)

        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE invoices_charge SET exemption_text = 'Because'")

        with pytest.raises(SystemExit):
            call_command("verify")


class TestOverrides:
    def overridden(self, seller: Seller, **given: Any) -> Any:
        """An override that was recorded a while ago."""
        made = factories.override(seller, **given)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE billing_taxoverride SET created_at = %s", [BEFORE])
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        return made

    def test_it_decides_and_says_so(self, seller: Seller) -> None:
        override = self.overridden(seller)

        invoice = invoice_of(seller)

        line = invoice.lines.get()
        assert (line.tax_category, line.tax_override_id) == ("E", override.id)
        assert invoice.taxes[0]["exemption_text"] == "Steuerfrei nach § 4 Nr. 8 Buchst. a UStG"
        call_command("verify")

    @pytest.mark.parametrize(
        ("terms", "is_meant"),
        [({"tax_class": "reduced"}, False), ({"country": "DE"}, True), ({"country": "AT"}, False)],
    )
    def test_it_decides_what_it_names(
        self, seller: Seller, terms: dict[str, str], is_meant: bool
    ) -> None:
        self.overridden(seller, **terms)

        assert (invoice_of(seller).lines.get().tax_category == "E") is is_meant
        call_command("verify")

    def test_of_a_customer_and_a_product(self, seller: Seller) -> None:
        mug, cup = factories.product(seller), factories.product(seller)
        customer = factories.customer(seller)
        terms = {"category": "S", "percent": Decimal("10.7"), "exemption_text": ""}
        self.overridden(seller, customer=customer, product=mug, **terms)
        factories.order(customer, factories.line(product=mug), factories.line(product=cup))
        factories.order(factories.customer(seller), factories.line(product=mug))

        mine, other = drain()

        assert [tax["percent"] for tax in mine.taxes] == ["10.7", "19"]
        assert [tax["percent"] for tax in other.taxes] == ["19"]
        call_command("verify")

    def test_of_the_product_of_a_plan(self, seller: Seller) -> None:
        plan = factories.plan(seller)
        self.overridden(seller, product=plan.product)
        for grouping in ("per_event", "per_day"):
            customer = factories.customer(seller, grouping=grouping)
            factories.subscription(factories.contract(customer), plan)

        (invoice,) = drain()

        assert [tax["category"] for tax in invoice.taxes] == ["E"]
        call_command("verify")

    def test_what_ends_later_still_explains_what_it_decided(self, seller: Seller) -> None:
        override = self.overridden(seller)
        invoice_of(seller)
        end_override(override_id=override.id, valid_until=date(2026, 1, 2), at=factories.AT)

        call_command("verify")

    def test_one_that_was_passed_over_is_found(self, seller: Seller) -> None:
        invoice_of(seller)
        self.overridden(seller)

        with pytest.raises(SystemExit):
            call_command("verify")

    def test_one_that_does_not_concern_the_charge_is_found(self, seller: Seller) -> None:
        self.overridden(seller)
        invoice_of(seller)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE billing_taxoverride SET country = 'AT'")

        with pytest.raises(SystemExit):
            call_command("verify")

    def test_a_credit_keeps_what_was_decided(self, seller: Seller) -> None:
        plan = factories.plan(seller)
        override = self.overridden(seller)
        contract = factories.contract(factories.customer(seller))
        subscription = factories.subscription(contract, plan)
        drain()
        end_override(override_id=override.id, valid_until=date(2026, 1, 2), at=factories.AT)
        advance_test_clock(seller=seller, to=date(2026, 1, 17), at=factories.AT)
        while step_test_clock(seller=seller, at=factories.AT):
            drain()
        cancel = ChangeRequest(kind=SubscriptionChange.Kind.CANCEL)
        change_subscription(subscription_id=subscription.pk, request=cancel, at=factories.AT)

        (note,) = drain()

        credit = note.lines.get()  # 30.00 x 15/31 days
        assert (credit.amount_minor, credit.tax_category) == (-1452, "E")
        assert credit.tax_override_id == override.id
        assert note.taxes[0]["exemption_text"] == "Steuerfrei nach § 4 Nr. 8 Buchst. a UStG"
        call_command("verify")

    @pytest.mark.parametrize(
        ("terms", "field"),
        [
            ({"category": "S", "exemption_text": ""}, "percent"),
            ({"percent": Decimal(7)}, "percent"),
            ({"exemption_text": ""}, "exemption_text"),
            ({"category": "Z"}, "exemption_text"),
            ({"reason": " "}, "reason"),
            ({"valid_until": date(2020, 1, 1)}, "valid_until"),
        ],
    )
    def test_a_contradiction_names_the_field(
        self, seller: Seller, terms: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(ContradictoryOverride) as refused:
            factories.override(seller, **terms)

        assert refused.value.field == field

    def test_it_ends_on_a_day_to_come_once(self, seller: Seller) -> None:
        override = factories.override(seller)
        with pytest.raises(OverrideEndsTooEarly):
            end_override(override_id=override.id, valid_until=date(2026, 1, 1), at=factories.AT)
        end_override(override_id=override.id, valid_until=date(2026, 1, 2), at=factories.AT)

        with pytest.raises(OverrideEndedAlready):
            end_override(override_id=override.id, valid_until=date(2026, 2, 2), at=factories.AT)


class TestPrinted:
    def test_facts_of_documents_are_frozen(self, seller: Seller) -> None:
        changed(seller, contact_name="Ms Roe", creditor_id="DE98ZZZ09999999999")
        product = factories.product(seller, code="MUG-1", description="White", unit="H87")
        factories.price_of(of=product, unit="KGM")
        customer = factories.customer(
            seller, buyer_reference="04011000-1234512345-06", mandate_reference="M-1",
            mandate_iban="DE89370400440532013000", mandate_signed_on=date(2025, 12, 1),
        )  # fmt: skip
        unpriced = factories.line(text="", product=product, unit_price=None, tax_class="")
        factories.order(customer, unpriced, factories.line(product=product), purchase_order="PO-7")
        (invoice,) = drain()
        Customer.objects.update(buyer_reference="")

        seller_then, customer_then = invoice.seller_as_printed, invoice.customer_as_printed
        assert (seller_then["contact_name"], seller_then["creditor_id"]) == (
            "Ms Roe",
            "DE98ZZZ09999999999",
        )
        assert customer_then["buyer_reference"] == "04011000-1234512345-06"
        assert customer_then["mandate_signed_on"] == "2025-12-01"
        assert customer_then["purchase_order"] == "PO-7"
        assert [
            (line.unit, line.item_number, line.description)
            for line in invoice.lines.order_by("position")
        ] == [("KGM", "MUG-1", "White"), ("H87", "MUG-1", "White")]
        call_command("verify")

    def test_a_contract_s_references(self, seller: Seller) -> None:
        plan = factories.plan(seller)
        customer = factories.customer(seller)
        contract = factories.contract(customer, purchase_order="PO-1", project_reference="P-9")
        factories.subscription(contract, plan)

        (invoice,) = drain()

        printed = invoice.customer_as_printed
        assert (printed["purchase_order"], printed["project_reference"]) == ("PO-1", "P-9")
        line = invoice.lines.get()
        assert (line.unit, line.item_number) == ("C62", plan.product.code)
        call_command("verify")
