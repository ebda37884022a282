"""What the database refuses of balances, past the ORM; and what `verify` finds."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection

from billing.customers.models import Customer
from billing.sellers.models import Seller
from invoices.balances.models import BalanceMovement
from tests import factories
from tests.contracts.conftest import refused, sql
from tests.proving.conftest import Tamper, tamper, verify
from tests.stage.conftest import AT, drain

__all__ = ["sql", "tamper"]

Sql = Callable[..., None]
NEW = (
    "INSERT INTO invoices_balancemovement (id, seller_id, customer_id, kind, currency,"
    " amount_minor, lot_id, rest_minor, invoice_id, reason, booked_on, transaction_id, created_at,"
    " expires_on) SELECT gen_random_uuid(), seller_id, {customer_id}, '{kind}', '{currency}',"
    " {amount}, {lot}, {rest}, {invoice}, '{reason}', booked_on, transaction_id, created_at,"
    " {expires} FROM invoices_balancemovement WHERE lot_id IS NULL LIMIT 1"
)


def new(**given: object) -> str:
    """Takes 1.00 from the lot, unless something else is given."""
    values = {
        "customer_id": "customer_id", "kind": "adjustment", "currency": "EUR", "amount": -1_00,
        "lot": "id", "rest": "NULL", "invoice": "NULL", "reason": "x", "expires": "NULL",
    }  # fmt: skip
    return NEW.format(**{**values, **given})


@pytest.fixture
def lot(customer: Customer) -> BalanceMovement:
    return factories.money(customer, 10_00)


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"amount": -10_01}, "balance_lot_not_below_zero"),
            ({"currency": "CHF"}, "balance_lot_of_same_customer"),
            ({"customer_id": "gen_random_uuid()"}, "balance_lot_of_same_customer"),
            ({"lot": "gen_random_uuid()"}, "balance_lot_of_same_customer"),
            ({"amount": 1}, "balance_movement_brings_or_takes"),
            ({"kind": "prepayment"}, "balance_movement_brings_or_takes"),
            ({"expires": "'2027-01-01'"}, "balance_movement_brings_or_takes"),
            ({"rest": 1}, "balance_lot_not_below_zero"),
            ({"reason": ""}, "balance_movement_has_reason"),
            ({"kind": "applied"}, "balance_movement_of_invoice"),
            ({"invoice": "id"}, "balance_movement_of_invoice"),
            ({"kind": "applied", "invoice": "id"}, "balancemovement_invoice_is_there"),
            (
                {"kind": "credit_note", "lot": "NULL", "amount": 1, "rest": 1, "invoice": "id"},
                "balance_movement_fits_invoice",
            ),
            (
                {"kind": "prepayment", "lot": "NULL", "amount": 5, "rest": 4},
                "balance_lot_begins_full",
            ),
        ],
    )
    def test_nonsense(
        self, sql: Sql, lot: BalanceMovement, given: dict[str, object], name: str
    ) -> None:
        with refused(name):
            sql(new(**given))

    def test_a_movement_that_makes_sense_is_taken(self, sql: Sql, lot: BalanceMovement) -> None:
        sql(new())

        lot.refresh_from_db()
        assert lot.rest_minor == 9_00

    def test_nobody_else_says_what_is_left(self, sql: Sql, lot: BalanceMovement) -> None:
        with refused("balance_lot_kept_by_movements"):
            sql("UPDATE invoices_balancemovement SET rest_minor = 5")

    def test_nothing_is_applied_to_an_issued_invoice(
        self, sql: Sql, lot: BalanceMovement, customer: Customer
    ) -> None:
        Customer.objects.update(apply_balance="manual")
        factories.order(customer)
        (invoice,) = drain()

        with refused("balance_movement_fits_invoice"):
            sql(new(kind="applied", invoice=f"'{invoice.id}'"))

    @pytest.mark.parametrize(
        ("prepaid", "payable", "name"),
        [
            ("100", "gross_minor - 100", "invoice_prepaid_is_applied"),
            ("-1", "gross_minor + 1", "invoice_payable_is_gross_less_prepaid"),
            ("gross_minor + 1", "-1", "invoice_payable_is_gross_less_prepaid"),
            ("0", "gross_minor - 1", "invoice_payable_is_gross_less_prepaid"),
        ],
    )
    def test_an_invoice_that_says_otherwise(
        self, sql: Sql, customer: Customer, prepaid: str, payable: str, name: str
    ) -> None:
        factories.order(customer)
        drain()
        copied = another_invoice(prepaid_minor=prepaid, payable_minor=payable)

        sql("SELECT 1")
        sql("ALTER TABLE invoices_invoice DISABLE TRIGGER invoice_adds_up")  # It has no lines.

        with refused(name):
            sql(copied)

    def test_money_of_another_customer(self, sql: Sql, seller: Seller, customer: Customer) -> None:
        factories.money(factories.customer(seller), 10_00)
        factories.order(customer)
        drain()
        unborn = "'01a20000-0000-7000-8000-000000000001'"
        copied = another_invoice(id=unborn, prepaid_minor="100", payable_minor="gross_minor - 100")
        sql("SELECT 1")
        sql("ALTER TABLE invoices_invoice DISABLE TRIGGER invoice_adds_up")

        with refused("invoice_prepaid_is_applied"), connection.cursor() as cursor:
            cursor.execute(new(kind="applied", invoice=unborn))
            cursor.execute(copied)


def another_invoice(**said: str) -> str:
    """Issues the first invoice once more, with something else in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM invoices_invoice LIMIT 0")
        columns = [column.name for column in cursor.description or ()]
    other = {
        "id": "gen_random_uuid()",
        "sequence": "sequence + 1",
        "number": "'X'",
        "event_id": "(SELECT id FROM billing_event WHERE type = 'invoice.issued')",
        **said,
    }
    values = ", ".join(other.get(column, column) for column in columns)
    return f"INSERT INTO invoices_invoice SELECT {values} FROM invoices_invoice LIMIT 1"


TAMPERED = [
    ("UPDATE invoices_balancemovement SET rest_minor = 5 WHERE lot_id IS NULL", "balances_hold"),
    (
        "UPDATE invoices_balancemovement SET amount_minor = 2000 WHERE lot_id IS NULL",
        "balances_hold",
    ),
    ("UPDATE invoices_balancemovement SET currency = 'CHF' WHERE lot_id IS NULL", "balances_hold"),
    ("DELETE FROM invoices_balancemovement WHERE lot_id IS NULL", "balances_hold"),
    ("DELETE FROM invoices_balancemovement WHERE kind = 'applied'", "balances_applied"),
    (
        "UPDATE invoices_balancemovement SET amount_minor = -1 WHERE kind = 'applied'",
        "balances_applied",
    ),
    (
        "UPDATE invoices_balancemovement SET invoice_id = gen_random_uuid() WHERE kind = 'applied'",
        "balances_applied",
    ),
    (
        "UPDATE invoices_invoice SET prepaid_minor = 1, payable_minor = gross_minor - 1",
        "balances_applied",
    ),
    (
        "UPDATE invoices_balancemovement SET kind = 'credit_note',"
        " invoice_id = (SELECT id FROM invoices_invoice) WHERE lot_id IS NULL",
        "credit_notes_booked",
    ),
    (
        "UPDATE invoices_balancemovement SET transaction_id = gen_random_uuid()"
        " WHERE lot_id IS NULL",
        "movements_told",
    ),
    ("DELETE FROM billing_event WHERE type = 'balance.changed'", "movements_told"),
]


class TestVerify:
    @pytest.mark.parametrize(("statement", "check"), TAMPERED)
    def test_it_finds_what_was_tampered_with(
        self, seller: Seller, customer: Customer, lot: BalanceMovement, tamper: Tamper,
        statement: str, check: str,
    ) -> None:  # fmt: skip
        factories.order(customer, factories.line(unit_price=Decimal(5)), at=AT)
        drain()
        assert verify(seller).is_proven

        tamper(statement)

        found = {result.check.name for result in verify(seller).results if result.found}
        assert check in found
