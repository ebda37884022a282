"""`manage.py explain`, and the same words over the API and in the admin."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import SubscriptionChange
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from tests import factories
from tests.admin.houses import staff
from tests.api.conftest import App
from tests.proving.conftest import advance
from tests.stage.conftest import AT, drain


def explain(*args: object, **options: object) -> str:
    out = StringIO()
    call_command("explain", *args, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def order(seller: Seller) -> Invoice:
    """Three lamps at gross prices."""
    lamps = factories.line(
        text="Lamp", quantity=Decimal(3), unit_price=Decimal("11.90"), tax_included=True
    )
    factories.order(factories.customer(seller, locale="en"), lamps)
    return drain()[0]


@pytest.fixture
def credit_note(seller: Seller) -> Invoice:
    """A month of 30.00, cancelled after ten days; the plan is called Pro."""
    plan = factories.plan(seller, name="Pro")
    subscription = factories.subscription(factories.contract(factories.customer(seller)), plan)
    advance(seller, date(2026, 1, 11))
    cancel = ChangeRequest(kind=SubscriptionChange.Kind.CANCEL)
    change_subscription(subscription_id=subscription.id, request=cancel, at=AT)
    return drain()[0]


class TestExplain:
    def test_an_invoice_is_told_in_its_customers_language(self, credit_note: Invoice) -> None:
        told = explain(credit_note.number)

        assert told.splitlines() == [
            f"Credit note {credit_note.number} of 2026-01-11",
            "",
            "1. Base fee  2026-01-11 to 2026-01-31  -20.32 EUR",
            "Erstattung für die Zeit vom 11.01.2026 bis 31.01.2026: „Base fee“ im Tarif „Pro“."
            " Diese Bedingungen enden mit der Kündigung am 11.01.2026. Ein ganzer"
            " Abrechnungszeitraum kostet 30,00 €. Geschuldet für die Zeit vom 01.01.2026 bis"
            " 10.01.2026, 10 von 31 Tagen des Abrechnungszeitraums. Geschuldet sind demnach"
            " 9,68 €; bereits berechnet wurden 30,00 €; Differenz \N{MINUS SIGN}20,32 €.",
        ]

    def test_in_another_language_and_a_single_line(self, credit_note: Invoice) -> None:
        told = explain(str(credit_note.pk), "1", language="en")

        assert "Credit for 11 Jan 2026 to 31 Jan 2026: “Base fee” of plan “Pro”." in told

    def test_an_order_at_gross_prices(self, order: Invoice) -> None:
        words = "€35.70 including VAT, €30.00 net: “Lamp”, 3 units at €11.90 each, ordered on"

        assert f"{words} 1 Jan 2026." in explain(order.number)

    def test_a_minimum_commitment_names_its_plan(self, seller: Seller) -> None:
        plan = factories.plan(seller, name="Pro", minimum_commitment=Decimal("100.00"))
        factories.subscription(factories.contract(factories.customer(seller, locale="en")), plan)
        invoices = advance(seller, date(2026, 2, 1))

        assert (
            "€70.00 for January 2026, the whole month: minimum commitment of plan “Pro”."
            " Agreed €100.00, counted €30.00, missing €70.00."
        ) in explain(invoices[-1].number)

    @pytest.mark.parametrize(
        ("args", "refusal"),
        [
            (("R-1",), "No invoice or credit note 'R-1' is known: give its number"),
            (("R2026-000001", "2"), "R2026-000001 has no line 2: its lines are 1 to 1"),
            (("\0",), "is no number of an invoice"),
        ],
    )
    def test_it_refuses_what_is_not_there(
        self, order: Invoice, args: tuple[str, ...], refusal: str
    ) -> None:
        with pytest.raises(CommandError, match=refusal):
            explain(*args)

    def test_a_number_that_two_sellers_use_needs_the_seller(self, order: Invoice) -> None:
        factories.order(factories.customer(factories.seller(name="Beta AG")))
        drain()

        with pytest.raises(CommandError, match="Several sellers have the number R2026-000001"):
            explain(order.number)
        assert "Lamp" in explain(order.number, seller=order.seller.name)
        with pytest.raises(CommandError, match="No seller is called 'Gamma'"):
            explain(order.number, seller="Gamma")


class TestElsewhere:
    def test_the_api_tells_it_beside_the_facts(self, seller: Seller, order: Invoice) -> None:
        body = App(factories.api_key(seller)).get(f"/invoices/{order.id}").body

        (line,) = body["lines"]
        assert line["explained"].startswith("€35.70 including VAT, €30.00 net: “Lamp”")
        assert line["explanation"]["tax_included"] is True

    def test_the_admin_shows_it_below_the_lines_text(self, order: Invoice) -> None:
        client = Client()
        client.force_login(staff(order.seller))

        page = client.get(reverse("admin:invoices_invoice_change", args=[order.pk]))

        assert "€35.70 including VAT, €30.00 net: “Lamp”, 3 units" in page.content.decode()
