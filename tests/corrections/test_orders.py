"""Invoices of orders, taken back wholly and in part."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.customers.commands import change_customer
from billing.customers.models import Customer
from billing.events.models import Event
from invoices.credit_notes.models import Correction
from invoices.credit_notes.queries.wanted import (
    CreditNoteCorrected,
    Discount,
    MoreThanLeft,
    NothingLeft,
    Part,
    PartUnclear,
    Wanted,
    taken,
)
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.explained import explained_line
from invoices.issuing.queries.left import correcting, left_of_lines, open_minor
from tests import factories
from tests.corrections.conftest import corrected, drain, handled, ordered
from tests.stage.conftest import AT

Settle = Correction.Settle


def invoiced(customer: Customer, *lines: Any, **given: Any) -> Invoice:
    factories.order(customer, *lines, **given)
    (invoice,) = drain()
    return invoice


def sums(*invoices: Invoice) -> list[tuple[str, int, int, int]]:
    return [(one.kind, one.net_minor, one.tax_minor, one.gross_minor) for one in invoices]


def line(price: str, quantity: str = "1", **given: Any) -> Any:
    return factories.line(unit_price=Decimal(price), quantity=Decimal(quantity), **given)


@pytest.fixture
def mixed(customer: Customer) -> Invoice:
    """Three rates' worth of lines, with and without tax in the price."""
    return invoiced(
        customer,
        line("0.13", "3"),
        line("19.99", "7", tax_included=True),
        line("12.99", "3", tax_class="reduced", tax_included=True),
        line("0.10", tax_class="reduced"),
        line("5.00", tax_class="exempt"),
    )


class TestCancellation:
    def test_it_is_exactly_the_negated_invoice(self, mixed: Invoice) -> None:
        (note,) = corrected(mixed)

        assert (note.net_minor, note.tax_minor, note.gross_minor) == (
            -mixed.net_minor, -mixed.tax_minor, -mixed.gross_minor,
        )  # fmt: skip
        assert [
            (tax["category"], tax["percent"], -tax["base_minor"], -tax["tax_minor"])
            for tax in note.taxes
        ] == [
            (tax["category"], tax["percent"], tax["base_minor"], tax["tax_minor"])
            for tax in mixed.taxes
        ]
        assert [-row.amount_minor for row in note.lines.order_by("position")] == [
            row.amount_minor for row in mixed.lines.order_by("position")
        ]

    def test_it_has_a_number_of_its_own_and_names_the_invoice(self, customer: Customer) -> None:
        invoice = invoiced(customer)

        (note,) = corrected(invoice, reason="Wrong address")

        assert (note.number, note.kind, note.correction_kind) == (
            "G2026-000001", "credit_note", "cancellation",
        )  # fmt: skip
        assert note.corrects == [{"number": "R2026-000001", "issue_date": "2026-01-01"}]
        assert note.corrected_invoice == invoice
        assert list(correcting(invoice)) == [note]
        assert note.lines.get().explanation["reason"] == "Wrong address"

    def test_the_invoice_stays_as_it_was(self, customer: Customer) -> None:
        invoice = invoiced(customer)
        before = Invoice.objects.filter(pk=invoice.pk).values().get()

        corrected(invoice)

        assert Invoice.objects.filter(pk=invoice.pk).values().get() == before

    def test_it_shows_the_parties_of_the_invoice(self, customer: Customer) -> None:
        invoice = invoiced(customer)
        change_customer(customer_id=customer.pk, details={"name": "Bob GmbH"}, at=AT)

        (note,) = corrected(invoice)

        assert note.customer_as_printed == invoice.customer_as_printed

    def test_twice_is_refused(self, customer: Customer) -> None:
        invoice = invoiced(customer)
        ordered(invoice)

        with pytest.raises(NothingLeft):  # Although no credit note is issued yet.
            ordered(invoice)

        drain()
        with pytest.raises(NothingLeft, match="All of R2026-000001 is taken back"):
            ordered(invoice)

    def test_a_credit_note_is_not_corrected(self, customer: Customer) -> None:
        (note,) = corrected(invoiced(customer))

        with pytest.raises(CreditNoteCorrected, match="billed by an order"):
            ordered(note)

    def test_it_takes_back_what_parts_left(self, mixed: Invoice) -> None:
        parts = [Part(position=1, quantity=Decimal(1)), Part(position=2, amount=Decimal("10.00"))]
        first = corrected(mixed, parts=parts)
        second = corrected(mixed, discount=Discount(percent=Decimal(15)))

        last = corrected(mixed)

        units = [(row.quantity, row.unit) for row in first[0].lines.order_by("position")]
        assert units == [(1, "C62"), (1, "LS")]  # Said in units, and not.
        notes = [*first, *second, *last]
        assert [note.correction_kind for note in notes] == [
            "correction", "correction", "cancellation",
        ]  # fmt: skip
        for name in ("net_minor", "tax_minor", "gross_minor"):
            assert sum(getattr(note, name) for note in notes) == -getattr(mixed, name)


class TestBillingAgain:
    def test_it_bills_with_the_customer_of_today(self, customer: Customer) -> None:
        invoice = invoiced(customer)
        change_customer(customer_id=customer.pk, details={"name": "Bob GmbH"}, at=AT)

        note, anew = corrected(invoice, bill_again=True)

        assert sums(note, anew) == [
            ("credit_note", -9900, -1881, -11781), ("invoice", 9900, 1881, 11781),
        ]  # fmt: skip
        assert anew.customer_as_printed["name"] == "Bob GmbH"
        assert note.transaction_id == anew.transaction_id

    def test_it_can_be_done_again_and_again(self, customer: Customer) -> None:
        _, second = corrected(invoiced(customer), bill_again=True)
        _, third = corrected(second, bill_again=True)

        assert third.number == "R2026-000003"
        assert left_of_lines(list(third.lines.all())).values()
        assert not any(left_of_lines(list(second.lines.all())).values())

    def test_what_was_conceded_stays_given_back(self, customer: Customer) -> None:
        invoice = invoiced(customer)
        corrected(invoice, parts=[Part(position=1, amount=Decimal("9.00"))])

        note, anew = corrected(invoice, bill_again=True)

        assert [note.net_minor, anew.net_minor] == [-9000, 9000]
        told = explained_line(anew.lines.get())
        assert "9,00 € sind abgezogen, die schon nachgelassen wurden." in told

    def test_otherwise_nothing_is_billed_again(self, customer: Customer) -> None:
        corrected(invoiced(customer))

        assert drain() == []
        assert Charge.objects.filter(corrects__isnull=True).count() == 1


class TestParts:
    def test_units_come_to_their_share(self, customer: Customer) -> None:
        invoice = invoiced(customer, line("10.00", "5"))

        (note,) = corrected(invoice, parts=[Part(position=1, quantity=Decimal(2))])

        assert sums(note) == [("credit_note", -2000, -380, -2380)]  # 2 x 10.00, 19 %
        assert note.correction_kind == "correction"
        row = note.lines.get()
        assert (row.quantity, row.unit_price, row.is_concession) == (2, 10, True)

    def test_many_parts_ask_the_database_as_often_as_one(self, customer: Customer) -> None:
        invoice = invoiced(customer, *(line("10.00", "5") for _ in range(8)))
        lines, asked = list(invoice.lines.order_by("position")), []

        for count in (1, 8):
            parts = [Part(position=place + 1, quantity=Decimal(1)) for place in range(count)]
            with CaptureQueriesContext(connection) as queries:
                taken(invoice, lines, Wanted(reason="x", parts=parts))
            asked.append(len(queries))

        assert asked[0] == asked[1]

    def test_all_units_one_by_one_come_to_all_of_it(self, customer: Customer) -> None:
        invoice = invoiced(customer, line("0.335", "3"))  # 1.005 -> 1.01

        notes = [corrected(invoice, parts=[Part(position=1, quantity=Decimal(1))])[0]
                 for _ in range(3)]  # fmt: skip

        assert [note.net_minor for note in notes] == [-34, -33, -34]
        assert sum(note.gross_minor for note in notes) == -invoice.gross_minor
        with pytest.raises(NothingLeft):
            ordered(invoice, parts=[Part(position=1, quantity=Decimal(1))])

    def test_an_amount_has_the_terms_of_the_price(self, customer: Customer) -> None:
        invoice = invoiced(customer, line("50.39", tax_included=True))

        (note,) = corrected(invoice, parts=[Part(position=1, amount=Decimal("11.90"))])

        assert sums(note) == [("credit_note", -1000, -190, -1190)]

    def test_percent_is_of_what_is_left(self, customer: Customer) -> None:
        invoice = invoiced(customer)
        half = [Part(position=1, percent=Decimal(50))]

        notes = [corrected(invoice, parts=half)[0] for _ in range(2)]

        assert [note.net_minor for note in notes] == [-4950, -2475]
        lines = list(invoice.lines.all())
        assert left_of_lines(lines) == {lines[0].pk: 2475}

    def test_a_discount_is_spread_over_lines_and_rates(self, customer: Customer) -> None:
        invoice = invoiced(
            customer, line("10.00"), line("10.00"), line("10.00", tax_class="reduced")
        )

        (note,) = corrected(invoice, discount=Discount(amount=Decimal("10.00")))

        # 10.00 in three parts, the cent to the first
        amounts = [row.amount_minor for row in note.lines.order_by("position")]
        assert amounts == [-334, -333, -333]
        # 6.67 x 19 % = 1.27, 3.33 x 7 % = 0.23
        assert sums(note) == [("credit_note", -1000, -150, -1150)]

    @pytest.mark.parametrize(
        ("part", "refusal", "field"),
        [
            (Part(position=2, percent=Decimal(1)), PartUnclear, "lines.0.line"),
            (Part(position=1, amount=Decimal("99.01")), MoreThanLeft, "lines.0.amount"),
            (Part(position=1, amount=Decimal("0.001")), PartUnclear, "lines.0.amount"),
            (Part(position=1, quantity=Decimal(2)), MoreThanLeft, "lines.0.quantity"),
            (Part(position=1, percent=Decimal(101)), MoreThanLeft, "lines.0.percent"),
            (Part(position=1, percent=Decimal("0.001")), PartUnclear, "lines.0.percent"),
        ],
    )
    def test_what_does_not_fit_is_refused_at_its_field(
        self, customer: Customer, part: Part, refusal: type[Exception], field: str
    ) -> None:
        invoice = invoiced(customer)

        with pytest.raises(refusal) as told:
            ordered(invoice, parts=[part])

        assert told.value.field == field  # type: ignore[attr-defined]

    def test_a_line_is_named_once(self, customer: Customer) -> None:
        half = Part(position=1, percent=Decimal(50))

        with pytest.raises(PartUnclear, match="named twice"):
            ordered(invoiced(customer), parts=[half, half])

    def test_an_amount_off_lines_with_and_without_tax_is_unclear(self, mixed: Invoice) -> None:
        with pytest.raises(PartUnclear, match="give a percentage"):
            ordered(mixed, discount=Discount(amount=Decimal(1)))


class TestMoney:
    def test_it_settles_what_is_open(self, customer: Customer) -> None:
        invoice = invoiced(customer)

        (note,) = corrected(invoice, parts=[Part(position=1, amount=Decimal("9.00"))])

        # 9.00 + 19 % of 117.81
        assert (note.gross_minor, note.settled_minor, open_minor(invoice)) == (-1071, 1071, 10710)
        assert not customer.balance_movements.exists()

    def test_what_was_prepaid_goes_back_to_the_balance(self, customer: Customer) -> None:
        factories.money(customer, 100_00)
        invoice = invoiced(customer)

        (note,) = corrected(invoice)

        # 117.81 were 100.00 of the balance and 17.81 open
        assert (note.settled_minor, open_minor(invoice)) == (17_81, 0)
        lot = customer.balance_movements.get(kind="credit_note")
        assert (lot.amount_minor, lot.invoice_id) == (100_00, note.pk)

    @pytest.mark.parametrize(("settle", "kept"), [(Settle.BALANCE, [117_81]), (Settle.PAYOUT, [])])
    def test_of_a_paid_invoice_it_goes_where_it_shall(
        self, customer: Customer, settle: Settle, kept: list[int]
    ) -> None:
        invoice = invoiced(customer)

        (note,) = corrected(invoice, settle=settle)

        assert (note.settled_minor, open_minor(invoice)) == (0, 117_81)
        moved = customer.balance_movements.filter(kind="credit_note")
        assert list(moved.values_list("amount_minor", flat=True)) == kept

    def test_what_comes_to_the_balance_pays_the_new_invoice(self, customer: Customer) -> None:
        _, anew = corrected(invoiced(customer), bill_again=True, settle=Settle.BALANCE)

        assert (anew.prepaid_minor, anew.payable_minor) == (117_81, 0)


class TestEvents:
    def test_one_handled_twice_credits_once(self, customer: Customer) -> None:
        invoice = invoiced(customer)
        ordered(invoice)
        event = Event.objects.get(type="correction.ordered")
        drain()

        assert handled(event) == []
        assert Invoice.objects.filter(kind="credit_note").count() == 1
