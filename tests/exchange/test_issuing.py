"""Documents in another currency state their VAT in the seller's, by a rate that is frozen."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from billing.contracts.commands import append_days_ended
from billing.events import commands as events
from billing.events.models import Event, Failure
from billing.ids import new_id
from billing.sellers.models import Seller
from invoices.credit_notes.commands import credit, order_correction
from invoices.credit_notes.queries.wanted import Part, Wanted
from invoices.issuing.models import Invoice
from tests import factories
from tests.api.conftest import App
from tests.stage.conftest import AT, drain


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


def bought(
    seller: Seller, *nets: str, currency: str = "USD", tax_class: str = "standard", **customer: Any
) -> Invoice:
    lines = [factories.line(unit_price=Decimal(net), tax_class=tax_class) for net in nets]
    factories.order(factories.customer(seller, **customer), *lines, currency=currency)
    (invoice,) = drain()
    return invoice


def ended(seller: Seller, day: int = 1) -> list[Invoice]:
    """Let a day of January end; return what was issued by that."""
    seller.test_clock.today = date(2026, 1, day + 1)
    seller.test_clock.save()
    append_days_ended(seller, at=AT)
    return drain()


def corrected(invoice: Invoice, **wanted: Any) -> Invoice:
    made = order_correction(
        invoice_id=invoice.pk, wanted=Wanted(reason="Wrong", **wanted), by="Ada", at=AT
    )
    event = Event.objects.get(payload__correction_id=str(made.pk))
    note = credit(event_id=event.pk, at=AT, worker="test")
    assert note is not None
    return note


class TestInvoices:
    def test_dollars(self, seller: Seller) -> None:
        factories.exchange_rate("USD", "1.0823")

        invoice = bought(seller, "100.00")

        assert (invoice.net_minor, invoice.tax_minor) == (100_00, 19_00)
        # 19.00 / 1.0823 = 17.5552…
        assert (invoice.accounting_currency, invoice.accounting_tax_minor) == ("EUR", 17_56)
        assert invoice.accounting_taxes == [17_56]
        assert (invoice.exchange_rate, invoice.exchange_rate_source) == (Decimal("1.0823"), "ECB")
        assert invoice.exchange_rate_date == date(2026, 1, 1)
        call_command("verify")

    def test_yen_have_no_decimals(self, seller: Seller) -> None:
        factories.exchange_rate("JPY", "162.77")

        invoice = bought(seller, "500", currency="JPY")

        # 95 / 162.77 = 0.5836…
        assert (invoice.tax_minor, invoice.accounting_tax_minor) == (95, 58)

    def test_several_rates_of_tax_sum_to_the_total(self, seller: Seller) -> None:
        factories.exchange_rate("USD", "3")
        lines = [
            factories.line(unit_price=Decimal(net), tax_class=tax_class)
            for net, tax_class in (("0.53", "standard"), ("1.43", "reduced"))
        ]
        factories.order(factories.customer(seller), *lines, currency="USD")

        (invoice,) = drain()

        # 0.10 each: 0.0333… and 0.0333…, together 0.0667.
        assert [tax["tax_minor"] for tax in invoice.taxes] == [10, 10]
        assert (invoice.accounting_tax_minor, invoice.accounting_taxes) == (7, [4, 3])

    def test_its_own_currency_states_nothing(self, seller: Seller) -> None:
        invoice = bought(seller, "100.00", currency="EUR")

        assert (invoice.accounting_currency, invoice.exchange_rate) == ("", None)

    def test_without_vat_the_rate_is_kept_if_it_is_known(self, seller: Seller) -> None:
        french = {"country": "FR", "vat_id": "FR40303265045"}
        unknown = bought(seller, "100.00", **french)
        factories.exchange_rate("USD", "1.0823")
        known = bought(seller, "100.00", **french)

        assert (unknown.tax_minor, unknown.exchange_rate) == (0, None)
        assert (known.exchange_rate, known.accounting_tax_minor) == (Decimal("1.0823"), None)
        assert known.accounting_taxes == []
        call_command("verify")

    def test_a_service_that_is_over_has_the_rate_of_its_last_day(self, seller: Seller) -> None:
        factories.exchange_rate("USD", "1.0500", day=date(2025, 12, 30))
        factories.exchange_rate("USD", "1.0823")
        factories.order(factories.customer(seller), currency="USD", ordered_on=date(2025, 12, 31))

        (invoice,) = drain()

        assert invoice.exchange_rate == Decimal("1.05")

    def test_two_sellers_have_each_its_rate(self, seller: Seller) -> None:
        factories.exchange_rate("USD", "1.0823")
        factories.own_rate(seller, "USD", "1.1000")
        other = factories.seller()

        mine, theirs = bought(seller, "100.00"), bought(other, "100.00")

        # 19.00 / 1.1 = 17.2727…
        assert (mine.accounting_tax_minor, theirs.accounting_tax_minor) == (17_27, 17_56)
        assert mine.exchange_rate_source == "Hausbank AG"
        call_command("verify")


class TestMissingRate:
    def test_it_is_a_failure_until_it_is_entered(self, seller: Seller) -> None:
        factories.order(factories.customer(seller), currency="USD")
        assert drain() == []
        failure = Failure.objects.get()
        assert (failure.code, failure.currency) == ("exchange_rate_missing", "USD")
        assert "no rate of USD is known for 2026-01-01" in failure.reason
        assert "POST /api/v1/exchange-rates" in failure.remedy

        factories.own_rate(seller, "USD", "1.1000")
        events.retry(failure_ids=[failure.id], by="alice", at=AT)
        (invoice,) = drain()

        # 99.00 x 19 % = 18.81; 18.81 / 1.1 = 17.10
        assert (invoice.number, invoice.accounting_tax_minor) == ("R2026-000001", 17_10)

    def test_an_order_that_is_collected_fails_by_itself(self, seller: Seller) -> None:
        customer = factories.customer(seller, grouping="per_day")
        orders = [factories.order(customer, currency=currency) for currency in ("EUR", "USD")]
        drain()
        failure = Failure.objects.get(code="exchange_rate_missing")
        assert failure.event.stream_id == orders[1].pk
        assert (failure.money_at_stake_minor, failure.currency) == (99_00, "USD")

        (in_euros,) = ended(seller)
        factories.own_rate(seller, "USD", "1.1000")
        events.retry(failure_ids=[failure.id], by="alice", at=AT)
        drain()
        (invoice,) = ended(seller, 2)  # With the next day that ends.

        assert (in_euros.currency, invoice.currency) == ("EUR", "USD")
        assert invoice.accounting_tax_minor == 17_10

    def test_a_contract_that_is_collected_fails_by_itself(self, seller: Seller) -> None:
        customer = factories.customer(seller, grouping="per_day")
        factories.order(customer)
        contract = factories.contract(customer, currency="USD")
        factories.subscription(contract, factories.plan(seller, price={"currency": "USD"}))

        drain()
        (invoice,) = ended(seller)

        assert invoice.currency == "EUR"
        failure = Failure.objects.get(code="exchange_rate_missing")
        assert failure.event.stream_id == contract.pk

    def test_another_seller_s_own_rate_helps_nobody_else(self, seller: Seller) -> None:
        factories.own_rate(factories.seller(), "USD", "1.1000")
        factories.order(factories.customer(seller), currency="USD")

        assert drain() == []


class TestCorrections:
    @pytest.fixture
    def invoice(self, seller: Seller) -> Invoice:
        factories.exchange_rate("USD", "1.0823")
        made = bought(seller, "100.00", "33.33")
        factories.own_rate(seller, "USD", "1.5000")  # Of no matter: the invoice's rate holds.
        return made

    def test_a_cancellation_negates_it_exactly(self, invoice: Invoice) -> None:
        note = corrected(invoice)

        # 133.33 x 19 % = 25.33; 25.33 / 1.0823 = 23.4038…
        assert invoice.accounting_tax_minor == 23_40
        assert (note.tax_minor, note.accounting_tax_minor) == (-25_33, -23_40)
        assert (note.exchange_rate, note.exchange_rate_source) == (Decimal("1.0823"), "ECB")
        call_command("verify")

    def test_parts_and_the_rest_come_to_the_whole(self, invoice: Invoice) -> None:
        notes = [
            corrected(invoice, parts=[Part(position=1, amount=Decimal(amount))])
            for amount in ("0.10", "0.10", "33.33")
        ]
        notes.append(corrected(invoice))

        stated = [note.accounting_tax_minor or 0 for note in notes]
        assert sum(stated) == -23_40
        assert all(tax <= 0 for tax in stated)
        call_command("verify")

    def test_what_the_engine_credits_has_the_rate_of_its_invoice(self, seller: Seller) -> None:
        plan = factories.plan(seller, price={"currency": "USD"})
        contract = factories.contract(factories.customer(seller), currency="USD")
        factories.exchange_rate("USD", "1.0823")
        made = factories.subscription(contract, plan)
        (invoice,) = drain()
        factories.own_rate(seller, "USD", "1.5000")

        factories.fact(made, kind="cancel")
        (note,) = drain()

        # 30.00 x 19 % = 5.70; 5.70 / 1.0823 = 5.2666…
        assert (invoice.accounting_tax_minor, note.accounting_tax_minor) == (5_27, -5_27)
        assert note.kind == "credit_note"


class TestProof:
    @pytest.mark.parametrize(
        ("column", "value", "why"),
        [
            ("accounting_tax_minor", "1757", "content is not what its hash was made of"),
            ("accounting_taxes", "'[1757]'", "not that by its rate"),
            ("exchange_rate", "1.0824", "nobody recorded its rate"),
            ("exchange_rate_source", "'BMF'", "nobody recorded its rate"),
        ],
    )
    def test_tampering_is_found(
        self, seller: Seller, capsys: Any, column: str, value: str, why: str
    ) -> None:
        factories.exchange_rate()
        bought(seller, "100.00")
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(f"UPDATE invoices_invoice SET {column} = {value}")
            cursor.execute("SET session_replication_role = DEFAULT")

        with pytest.raises((CommandError, SystemExit)):
            call_command("verify")

        said = capsys.readouterr()
        assert why in said.out + said.err

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"accounting_tax_minor": 17_57}, "invoice_accounting_taxes_add_up"),
            ({"accounting_taxes": [17_00, 56]}, "invoice_accounting_taxes_add_up"),
            ({"exchange_rate_source": ""}, "invoice_exchange_wholly_said"),
            ({"accounting_currency": "USD"}, "invoice_exchange_wholly_said"),
            ({"exchange_rate": None}, "invoice_exchange_wholly_said"),
        ],
    )
    def test_the_database_refuses_nonsense(
        self, seller: Seller, change: dict[str, Any], constraint: str
    ) -> None:
        factories.exchange_rate()
        invoice = bought(seller, "100.00")
        copy = Invoice.objects.get(pk=invoice.pk)
        copy.pk, copy.number, copy.sequence = new_id(), "R2026-000002", 2
        copy.event_id = Event.objects.exclude(pk=invoice.event_id).earliest("position").pk
        for name, value in change.items():
            setattr(copy, name, value)

        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            copy.save(force_insert=True)


def test_the_api_tells_of_it(seller: Seller) -> None:
    app = App(factories.api_key(seller))
    factories.exchange_rate()
    invoice = bought(seller, "100.00")
    at_home = bought(seller, "100.00", currency="EUR")

    told = app.get(f"/invoices/{invoice.id}").body["tax_in_accounting_currency"]

    assert told == {
        "currency": "EUR", "amount": "17.56", "rate": "1.0823", "rate_date": "2026-01-01",
        "source": "ECB",
    }  # fmt: skip
    assert app.get(f"/invoices/{at_home.id}").body["tax_in_accounting_currency"] is None
