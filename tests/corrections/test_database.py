"""Nobody takes back more than is left, whoever asks; and the proof finds it if someone did."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from billing.sellers.models import Seller
from invoices.credit_notes.models import Correction, CorrectionLine
from invoices.credit_notes.queries.draft import OWN_COLUMNS
from invoices.credit_notes.queries.wanted import Part
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.content import content
from tests import factories
from tests.contracts.conftest import refused
from tests.contracts.test_numbers_and_totals import Sql, _insert_copy
from tests.corrections.conftest import corrected, drain
from tests.corrections.test_orders import line
from tests.proving.conftest import Tamper, verify

CREDIT = "(SELECT id FROM invoices_charge WHERE corrects_id IS NOT NULL ORDER BY id LIMIT 1)"
NOTE = "(SELECT id FROM invoices_invoice WHERE number = 'G2026-000001')"

# Of each column that a correction has from the charge, another value.
OTHER: dict[str, object] = {
    "price_code": "x",
    "tag": "x",
    "text": "x",
    "starts_on": date(2025, 1, 1),
    "stretch_starts_on": date(2025, 1, 1),
    "unit_price": 7,
    "currency": "USD",
    "tax_included": True,
    "tax_class": "reduced",
    "tax_category": "AE",
    "tax_percent": 7,
    "supply": "goods",
    "exemption_code": "VATEX-EU-G",
    "exemption_text": "Export",
    "seller_vat_id": "ATU12345675",
    "tax_override_id": UUID(int=7),
    "item_number": "x",
    "description": "x",
    "price_id": UUID(int=7),
    "customer_id": UUID(int=7),
    "seller_id": UUID(int=7),
    "order_line_id": UUID(int=7),
}
# An order's charge has none of them, by charge_of_subscription_or_order.
REFUSED_ANYWAY = {"subscription_id", "plan_id", "ends_on"}

# What is done to the books, and the check that finds it among others.
TAMPERED = [
    (
        "UPDATE billing_event SET payload = '{}' WHERE type = 'correction.ordered'",
        "corrections_told",
    ),
    (
        f"UPDATE invoices_charge SET priced_minor = -901, amount_minor = -901 WHERE id = {CREDIT}",
        "corrections_as_ordered",
    ),
    ("DELETE FROM invoices_correctionline", "corrections_as_ordered"),
    (
        f"UPDATE invoices_charge SET is_concession = NOT is_concession WHERE id = {CREDIT}",
        "corrections_as_ordered",
    ),
    (f"UPDATE invoices_charge SET quantity = 7 WHERE id = {CREDIT}", "corrections_as_ordered"),
    (f"UPDATE invoices_charge SET unit = 'HUR' WHERE id = {CREDIT}", "corrections_as_ordered"),
    (f"DELETE FROM invoices_invoice WHERE id = {NOTE}", "corrections_documented"),
    (
        f"""UPDATE invoices_invoice SET corrects = '[{{"number": "X"}}]' WHERE id = {NOTE}""",
        "corrections_documented",
    ),
    (
        f"UPDATE invoices_invoice SET correction_kind = 'cancellation' WHERE id = {NOTE}",
        "corrections_documented",
    ),
    (
        "UPDATE invoices_charge SET priced_minor = 1, amount_minor = 1 WHERE corrects_id IS NULL",
        "corrections_within",
    ),
    (f"UPDATE invoices_charge SET tax_percent = 7 WHERE id = {CREDIT}", "corrections_within"),
    (f"UPDATE invoices_charge SET exemption_text = 'x' WHERE id = {CREDIT}", "corrections_within"),
    (
        "UPDATE invoices_invoice SET prepaid_minor = 1, payable_minor = 11780"
        " WHERE number = 'R2026-000001'",
        "corrections_settle_what_is_open",
    ),
    (
        f"UPDATE invoices_invoice SET settled_minor = settled_minor - 1 WHERE id = {NOTE}",
        "corrections_booked",
    ),
    (
        "UPDATE invoices_correction SET settle = 'payout' WHERE kind = 'cancellation'",
        "corrections_booked",
    ),
    ("DELETE FROM billing_event WHERE type = 'order.reopened'", "corrections_billed_again"),
    (
        "UPDATE invoices_invoice SET tax_minor = tax_minor - 1, gross_minor = gross_minor - 1,"
        f" payable_minor = payable_minor - 1 WHERE id = {NOTE}",
        "corrections_recomputed",
    ),
]


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def invoice(seller: Seller) -> Invoice:
    customer = factories.customer(seller)
    factories.order(customer)
    (issued,) = drain()
    return issued


@pytest.fixture
def note(invoice: Invoice) -> Invoice:
    """9.00 of 99.00 net taken back."""
    (made,) = corrected(invoice, parts=[Part(position=1, amount=line("9.00").unit_price)])
    return made


def _copy(note: Invoice, **changes: object) -> None:
    """Insert a copy of the credit note's line, on no invoice."""
    fresh = {"id": uuid4(), "cause": "again", "invoice_id": None, "position": None}
    _insert_copy("invoices_charge", note.lines.get().id, {**fresh, **changes})


class TestRefusals:
    def test_what_is_left_can_be_taken_back(self, sql: Sql, note: Invoice) -> None:
        _copy(note, priced_minor=-9000, amount_minor=-9000)

        assert Charge.objects.filter(corrects__isnull=False).count() == 2

    @pytest.mark.parametrize(
        "changes",
        [
            {"priced_minor": -9001, "amount_minor": -9001},
            {"priced_minor": 900, "amount_minor": 900},
        ],
    )
    def test_more_than_is_left_is_refused(
        self,
        sql: Sql,
        note: Invoice,
        changes: dict[str, object],
    ) -> None:
        with refused("charge_corrects_what_is_left"):
            _copy(note, **changes)

    @pytest.mark.parametrize("column", sorted(OTHER))
    def test_it_tells_the_same_of_the_supply(self, sql: Sql, note: Invoice, column: str) -> None:
        with refused("charge_corrects_alike|charge_corrects_what_is_left"):
            _copy(note, **{column: OTHER[column]})

    def test_every_column_is_its_own_or_that_of_the_charge(self) -> None:
        columns = {field.attname for field in Charge._meta.concrete_fields}

        assert columns == {*OTHER, *OWN_COLUMNS, *REFUSED_ANYWAY}

    def test_a_correction_is_not_corrected(self, sql: Sql, note: Invoice) -> None:
        with refused("charge_corrects_what_is_left"):
            _copy(note, corrects_id=note.lines.get().id, priced_minor=9, amount_minor=9)

    def test_one_correction_takes_a_charge_back_once(self, sql: Sql, note: Invoice) -> None:
        with refused("charge_order_line_once|charge_corrected_once"):
            _copy(note, cause=note.lines.get().cause)

    def test_a_concession_corrects_something(self, sql: Sql, note: Invoice) -> None:
        with refused("charge_correction_taxed_as_charged"):
            _copy(note, corrects_id=None)

    @pytest.mark.parametrize(
        ("column", "value"),
        [("settled_minor", "-1"), ("settled_minor", "9999"), ("correction_kind", "''"),
         ("corrected_invoice_id", "NULL")],
    )  # fmt: skip
    def test_a_credit_note_says_wholly_what_it_corrects(
        self,
        sql: Sql,
        note: Invoice,
        column: str,
        value: str,
    ) -> None:
        with refused("invoice_correction_wholly_said"):
            sql("SET LOCAL session_replication_role = replica")
            sql(f"UPDATE invoices_invoice SET {column} = {value} WHERE id = %s", note.id)

    @pytest.mark.parametrize(
        "wrong", [{"amount_minor": 9901}, {"amount_minor": -1}, {"quantity": 2}]
    )
    def test_no_more_is_ordered_of_a_line_than_it_has(
        self, sql: Sql, note: Invoice, wrong: dict[str, object]
    ) -> None:
        told = CorrectionLine.objects.get()
        other = Correction.objects.get()
        other.pk = uuid4()
        other.save(force_insert=True)

        with refused("correction_line_of_invoice"):
            _insert_copy(
                "invoices_correctionline",
                told.id,
                {"id": uuid4(), "correction_id": other.pk, **wrong},
            )

    def test_a_credit_note_is_not_ordered_to_be_corrected(self, sql: Sql, note: Invoice) -> None:
        correction_id = Correction.objects.get().id
        with refused("correction_of_invoice"):
            _insert_copy(
                "invoices_correction", correction_id, {"id": uuid4(), "invoice_id": note.id}
            )

    def test_another_seller_s_invoice_is_not(self, sql: Sql, note: Invoice) -> None:
        correction_id, other = Correction.objects.get().id, factories.seller()
        with refused("correction_of_invoice"):
            _insert_copy(
                "invoices_correction", correction_id, {"id": uuid4(), "seller_id": other.id}
            )


class TestVerify:
    @pytest.fixture
    def books(self, seller: Seller, note: Invoice) -> Seller:
        """A part taken back, and the rest, to be billed again."""
        corrected(note.corrected_invoice, bill_again=True)
        return seller

    def test_what_was_corrected_is_proven(self, books: Seller) -> None:
        assert verify(books).problems == []

    @pytest.mark.parametrize(("statement", "check"), TAMPERED)
    def test_it_finds_what_was_tampered_with(
        self,
        books: Seller,
        tamper: Tamper,
        statement: str,
        check: str,
    ) -> None:
        tamper(statement)

        found = {result.check.name for result in verify(books).results if result.found}
        assert check in found

    @pytest.mark.parametrize(
        ("settle", "statement"),
        [
            ("balance", "DELETE FROM invoices_balancemovement"),
            ("payout", "UPDATE invoices_correction SET settle = 'balance'"),
        ],
    )
    def test_it_finds_money_that_went_elsewhere(
        self, seller: Seller, invoice: Invoice, tamper: Tamper, settle: str, statement: str
    ) -> None:
        corrected(invoice, settle=Correction.Settle(settle))
        assert verify(seller).problems == []

        tamper(statement)

        found = {result.check.name for result in verify(seller).results if result.found}
        assert found == {"corrections_booked"}

    def test_documents_that_correct_nothing_keep_their_hash(self, invoice: Invoice) -> None:
        said = content(invoice, list(invoice.lines.all()))

        assert b"corrected_invoice_id" not in said
        assert b"is_concession" not in said
