"""An invoice that doesn't add up, skips a number or breaks the chain is refused."""

from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import pytest
from django.db import connection
from psycopg.types.json import Jsonb

from billing.events.models import Event
from billing.orders.models import Order
from billing.sellers.models import Seller
from invoices.issuing.commands import bill
from invoices.issuing.models import Invoice
from tests import factories
from tests.contracts.conftest import AT, refused

Sql = Callable[..., None]


@pytest.fixture
def copy(sql: Sql, invoice: Invoice, seller: Seller) -> Callable[..., None]:
    """Inserts a copy of an invoice and its line, the next of its series, but for `changes`."""

    def insert(*, line: dict[str, object] | None = None, **changes: object) -> None:
        other = factories.order(invoice.customer)
        event = Event.objects.get(payload__order_id=str(other.id))
        invoice_id = uuid4()
        fresh_line = {
            "id": uuid4(), "invoice_id": invoice_id, "order_line_id": other.lines.get().id,
            "event_id": event.id, "ordinal": 99,
        }  # fmt: skip
        _insert_copy("invoices_charge", invoice.lines.get().id, {**fresh_line, **(line or {})})
        fresh = {
            "id": invoice_id, "sequence": 2, "number": "R2026-000002", "event_id": event.id,
            "previous_hash": invoice.hash, "hash": "1" * 64,
        }  # fmt: skip
        _insert_copy("invoices_invoice", invoice.id, {**fresh, **changes})
        connection.check_constraints()

    return insert


class TestTotals:
    def test_the_copy_itself_is_accepted(self, copy: Callable[..., None]) -> None:
        copy()

        assert Invoice.objects.count() == 2

    def test_gross_must_be_net_plus_tax(self, copy: Callable[..., None]) -> None:
        with refused("invoice_total_is_net_plus_tax"):
            copy(gross_minor=1, payable_minor=1)

    def test_net_must_be_the_sum_of_the_lines(self, copy: Callable[..., None]) -> None:
        with refused("invoice_totals_are_lines"):
            copy(line={"amount_minor": 9901, "priced_minor": 9901})

    def test_tax_must_be_that_of_the_rates(self, copy: Callable[..., None]) -> None:
        with refused("invoice_totals_are_lines"):
            copy(tax_minor=1880, gross_minor=11780, payable_minor=11780)

    def test_a_rate_must_be_that_of_the_lines(self, copy: Callable[..., None]) -> None:
        with refused("invoice_totals_are_lines"):
            copy(line={"tax_percent": 7})

    def test_an_invoice_must_have_lines(self, copy: Callable[..., None]) -> None:
        with refused("invoice_totals_are_lines"):
            copy(line={"invoice_id": None, "position": None})

    def test_a_position_must_not_be_left_out(self, copy: Callable[..., None]) -> None:
        with refused("invoice_totals_are_lines"):
            copy(line={"position": 2})

    def test_a_line_of_another_currency_is_refused(self, copy: Callable[..., None]) -> None:
        with refused("invoice_totals_are_lines"):
            copy(line={"currency": "USD"})

    def test_an_issued_invoice_takes_no_further_line(self, sql: Sql, invoice: Invoice) -> None:
        line = factories.order(invoice.customer).lines.get()

        with refused("invoice_sealed"):
            _insert_copy(
                "invoices_charge",
                invoice.lines.get().id,
                {"id": uuid4(), "position": 2, "order_line_id": line.id},
            )

    def test_kind_and_sign_must_agree(self, copy: Callable[..., None]) -> None:
        with refused("invoice_kind_by_sign"):
            copy(kind="credit_note")


class TestNumbers:
    def test_a_skipped_number_is_refused(self, copy: Callable[..., None]) -> None:
        with refused("invoice_follows_predecessor"):
            copy(sequence=3)

    def test_a_repeated_number_is_refused(self, copy: Callable[..., None]) -> None:
        with refused("invoice_sequence_once"):
            copy(sequence=1, previous_hash="0" * 64)

    def test_a_number_as_printed_is_used_once(self, copy: Callable[..., None]) -> None:
        with refused("invoice_number_once"):
            copy(number="R2026-000001")

    def test_a_date_before_the_predecessor_is_refused(self, copy: Callable[..., None]) -> None:
        copy(issue_date=date(2026, 1, 5), due_date=date(2026, 2, 1))

        with refused("invoice_follows_predecessor"):
            copy(sequence=3, number="R3", previous_hash="1" * 64)

    def test_a_date_of_another_year_is_refused(self, copy: Callable[..., None]) -> None:
        with refused("invoice_follows_predecessor"):
            copy(issue_date=date(2027, 1, 1), due_date=date(2027, 1, 1))

    def test_a_broken_chain_is_refused(self, copy: Callable[..., None]) -> None:
        with refused("invoice_follows_predecessor"):
            copy(previous_hash="2" * 64)

    def test_one_event_has_one_invoice(self, copy: Callable[..., None], invoice: Invoice) -> None:
        with refused("event_id"):
            copy(event_id=invoice.event_id)

    def test_a_due_date_before_the_issue_is_refused(self, copy: Callable[..., None]) -> None:
        with refused("invoice_sequence_and_dates"):
            copy(due_date=date(2025, 12, 31))


class TestCharges:
    def test_an_order_line_is_charged_once(self, sql: Sql, invoice: Invoice, order: Order) -> None:
        with refused("charge_order_line_once"):
            _insert_copy(
                "invoices_charge",
                invoice.lines.get().id,
                {"id": uuid4(), "invoice_id": None, "position": None},
            )

    def test_an_order_line_is_not_charged_again_for_another_cause(
        self, sql: Sql, invoice: Invoice
    ) -> None:
        with refused("charge_order_line_again"):
            _insert_copy(
                "invoices_charge",
                invoice.lines.get().id,
                {"id": uuid4(), "invoice_id": None, "position": None, "cause": "again"},
            )

    def test_a_period_is_charged_once_for_one_cause(self, sql: Sql, seller: Seller) -> None:
        charge_id = _charged_subscription(seller)

        with refused("charge_period_charged_once"):
            _insert_copy(
                "invoices_charge", charge_id, {"id": uuid4(), "invoice_id": None, "position": None}
            )

    def test_a_net_price_is_the_amount(self, sql: Sql, invoice: Invoice) -> None:
        with refused("charge_net_price_is_amount"):
            _insert_copy("invoices_charge", invoice.lines.get().id, {"priced_minor": 1})

    def test_a_charge_is_of_a_subscription_or_an_order(self, sql: Sql, invoice: Invoice) -> None:
        with refused("charge_of_subscription_or_order"):
            _insert_copy("invoices_charge", invoice.lines.get().id, {"order_line_id": None})

    def test_only_a_subscription_is_taxed_as_charged(self, sql: Sql, invoice: Invoice) -> None:
        with refused("charge_taxed_as_charged_of_subscription"):
            _insert_copy("invoices_charge", invoice.lines.get().id, {"is_taxed_as_charged": True})

    def test_a_position_needs_an_invoice(self, sql: Sql, invoice: Invoice) -> None:
        with refused("charge_invoiced_at_position"):
            _insert_copy("invoices_charge", invoice.lines.get().id, {"invoice_id": None})


def _charged_subscription(seller: Seller) -> UUID:
    contract = factories.contract(factories.customer(seller))
    factories.subscription(contract, factories.plan(seller))
    event = Event.objects.get(payload__contract_id=str(contract.id))
    (issued,) = bill(event_id=event.id, at=AT, worker="test")
    return issued.lines.get().id


def _insert_copy(table: str, row_id: UUID, changes: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE id = %s", [row_id])
        names = [column.name for column in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True)) | changes
        cells = [Jsonb(cell) if isinstance(cell, dict | list) else cell for cell in row.values()]
        marks = ", ".join(["%s"] * len(cells))
        cursor.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", cells)
