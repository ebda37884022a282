"""The proof of the books holds for what the engine does, and finds whatever else is done."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.events import commands as events
from billing.events.models import Event, Failure
from billing.events.tries import Trouble, Try
from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Invoice
from invoices.proving.queries.checks import CHECKS
from tests import factories
from tests.balances.test_database import TAMPERED as BALANCES_TAMPERED
from tests.corrections.test_database import TAMPERED as CORRECTIONS_TAMPERED
from tests.proving.conftest import KIND, Tamper, advance, verify
from tests.stage.conftest import AT, drain

ORDER = "(SELECT id FROM billing_order WHERE external_id = 'O-1')"
LINE = f"(SELECT id FROM billing_orderline WHERE order_id = {ORDER} AND position = 1)"
EVENT = f"(SELECT id FROM billing_event WHERE type = 'order.placed' AND stream_id = {ORDER})"
INVOICE = f"(SELECT id FROM invoices_invoice WHERE event_id = {EVENT})"
R4 = "(SELECT id FROM invoices_invoice WHERE number = 'R2026-000004')"
START = "(SELECT id FROM billing_subscriptionchange WHERE kind = 'start' ORDER BY id LIMIT 1)"
PERIOD = "(SELECT id FROM billing_event WHERE type = 'period.ended' ORDER BY id LIMIT 1)"
RENEWAL = (
    "(SELECT id FROM invoices_charge WHERE cause = 'period 2026-05-01' AND NOT is_credit LIMIT 1)"
)
OTHER = "(SELECT id FROM billing_seller WHERE name = 'Beta AG')"
COPIED = (
    "seller_id, customer_id, subscription_id, price_id, price_code, tag, is_credit, starts_on,"
    " ends_on, stretch_starts_on, text, quantity, unit_price, currency, priced_minor, amount_minor,"
    " tax_included, tax_class, tax_category, tax_percent, explanation, event_id, transaction_id,"
    " created_at, invoice_id"
)

# What is done to the books, the checks that find it among others, and what the finding names.
TAMPERED = [
    # Events and tries.
    (f"UPDATE billing_event SET state = 'waiting' WHERE id = {EVENT}", "none_waits", "since 2026"),
    (f"UPDATE billing_event SET state = 'waiting' WHERE id = {EVENT}", "done_is_handled", "event"),
    (f"UPDATE billing_event SET state = 'failed' WHERE id = {EVENT}", "none_failed", "no open"),
    (
        f"UPDATE billing_event SET state = 'written_off' WHERE id = {EVENT}",
        "written_off_by_someone",
        "order.placed",
    ),
    (f"UPDATE billing_event SET state = 'noted' WHERE id = {EVENT}", "handled_once", "listens"),
    (f"UPDATE billing_event SET state = 'noted' WHERE id = {EVENT}", "done_is_handled", "noted"),
    (f"DELETE FROM billing_attempt WHERE event_id = {EVENT}", "handled_once", "succeeded 0 times"),
    (f"DELETE FROM billing_event WHERE id = {EVENT}", "tries_have_events", "attempt"),
    (f"DELETE FROM billing_event WHERE id = {EVENT}", "orders_told", "order O-1"),
    (f"DELETE FROM billing_event WHERE id = {EVENT}", "invoices_of_one_event", "not there"),
    (f"DELETE FROM billing_order WHERE id = {ORDER}", "orders_told", "not there"),
    (f"DELETE FROM billing_subscriptionchange WHERE id = {START}", "changes_told", "not there"),
    (
        f"DELETE FROM billing_event WHERE payload->>'change_id' = {START}::text",
        "changes_told",
        "no event tells of the start",
    ),
    (
        "UPDATE billing_contract SET next_billing_date = '2026-07-15' WHERE external_id = 'C-2'",
        "due_told",
        "contract C-2",
    ),
    (
        "UPDATE billing_contract SET next_billing_date = '2026-07-30' WHERE external_id = 'C-2'",
        "due_told",
        "is stuck: its next day is 2026-07-30",
    ),
    (
        f"DELETE FROM billing_event WHERE type = 'invoice.issued' AND stream_id = {INVOICE}",
        "invoices_told",
        "no event tells",
    ),
    # Numbers, dates, chain.
    (f"DELETE FROM invoices_invoice WHERE id = {R4}", "numbers_gapless", "number 4 of invoice"),
    (f"DELETE FROM invoices_invoice WHERE id = {R4}", "invoices_told", "not there"),
    (f"DELETE FROM invoices_invoice WHERE id = {R4}", "charges_invoiced", "not there"),
    (
        "DELETE FROM invoices_invoice WHERE number ="
        " (SELECT max(number) FROM invoices_invoice WHERE kind = 'invoice')",
        "counters_agree",
        "its counter stands at",
    ),
    ("UPDATE invoices_numberseries SET latest_date = '2026-08-08'", "counters_agree", "2026-08-08"),
    ("UPDATE invoices_numberseries SET latest_hash = 'f'", "counters_agree", "latest hash"),
    (
        "UPDATE invoices_invoice SET issue_date = '2026-12-31', due_date = '2026-12-31'"
        f" WHERE id = {R4}",
        "dates_in_order",
        "the one before it 2026-12-31",
    ),
    (
        "UPDATE invoices_numberseries SET year = 2027 WHERE kind = 'credit_note'",
        "dates_in_order",
        "G2026-000001",
    ),
    (f"UPDATE invoices_invoice SET hash = 'f' WHERE id = {R4}", "chain_unbroken", "R2026-000004"),
    (
        f"UPDATE invoices_invoice SET hash = 'f' WHERE id = {R4}",
        "documents_recomputed",
        "invoice R2026-000004",
    ),
    (
        f"UPDATE invoices_invoice SET number = 'X' WHERE id = {R4}",
        "documents_recomputed",
        "invoice X",
    ),
    # What the documents say.
    (
        f"UPDATE invoices_invoice SET gross_minor = gross_minor + 1, tax_minor = tax_minor + 1,"
        f" payable_minor = payable_minor + 1"
        f" WHERE id = {R4}",
        "documents_recomputed",
        "tax is",
    ),
    (
        f"UPDATE invoices_invoice SET customer_as_printed = '{{}}' WHERE id = {R4}",
        "documents_recomputed",
        "its content is not what its hash was made of",
    ),
    (
        f"UPDATE invoices_charge SET text = 'Gift' WHERE invoice_id = {R4}",
        "documents_recomputed",
        "R2026-000004",
    ),
    (
        f"DELETE FROM invoices_charge WHERE invoice_id = {R4}",
        "documents_recomputed",
        "not numbered 1 to n",
    ),
    (
        "UPDATE invoices_charge SET amount_minor = amount_minor - 1,"
        f" priced_minor = priced_minor - 1 WHERE invoice_id = {R4}",
        "documents_recomputed",
        "its postings don't hold: debit less credit is",
    ),
    (
        f"UPDATE invoices_invoice SET taxes = '[{{}}]' WHERE id = {R4}",
        "documents_recomputed",
        "it can't be posted",
    ),
    # What was charged.
    (
        "UPDATE invoices_charge SET invoice_id = NULL, position = NULL"
        f" WHERE order_line_id = {LINE}",
        "charges_invoiced",
        "Training: stands on no invoice",
    ),
    (f"UPDATE invoices_charge SET cause = 'x' WHERE order_line_id = {LINE}", "charges_caused", "x"),
    (
        f"UPDATE invoices_charge SET priced_minor = 9800, amount_minor = 9800"
        f" WHERE order_line_id = {LINE}",
        "orders_charged",
        "is charged 9800 minor units, but owes 9900",
    ),
    (
        f"UPDATE billing_orderline SET quantity = 2 WHERE id = {LINE}",
        "orders_charged",
        "order O-1, line 1",
    ),
    (f"DELETE FROM invoices_charge WHERE order_line_id = {LINE}", "orders_charged", "not charged"),
    (
        f"UPDATE invoices_charge SET text = 'Gift' WHERE order_line_id = {LINE}",
        "orders_charged",
        "another text",
    ),
    (f"DELETE FROM billing_orderline WHERE id = {LINE}", "order_charges_owed", "Training"),
    (
        f"DELETE FROM invoices_invoice WHERE event_id = {EVENT}",
        "orders_invoiced",
        "order O-1",
    ),
    (
        f"UPDATE invoices_charge SET tax_percent = 7 WHERE order_line_id = {LINE}",
        "charges_taxed",
        "taxed S 7 %, but the rate of its class and day is S 19 %",
    ),
    (
        "UPDATE billing_taxrate SET percent = 20 WHERE tax_class = 'standard'",
        "charges_taxed",
        "is S 20 %",
    ),
    (
        "UPDATE invoices_invoice SET customer_as_printed ="
        """ jsonb_set(customer_as_printed, '{country}', '"CH"')"""
        f" WHERE id = {INVOICE}",
        "charges_taxed",
        "Training: taxed S 19 %, but the rate of its class and day is O 0 %",
    ),
    (
        f"UPDATE invoices_invoice SET customer_as_printed = '{{}}' WHERE id = {INVOICE}",
        "charges_taxed",
        "is not known",
    ),
    (
        "UPDATE invoices_charge SET amount_minor = amount_minor + 1,"
        f" priced_minor = priced_minor + 1 WHERE id = {RENEWAL}",
        "charges_explained",
        "minor units, explained as",
    ),
    (
        "UPDATE billing_price SET unit_price = 31 WHERE code = 'base'",
        "charges_explained",
        "not those of its price",
    ),
    (
        "UPDATE invoices_charge SET explanation = jsonb_set(jsonb_set(explanation,"
        " '{owed_minor}', '1'), '{charged_before_minor}', to_jsonb(1 - priced_minor))"
        f" WHERE id = {RENEWAL}",
        "charges_explained",
        "is not the 1 minor units owed",
    ),
    (f"DELETE FROM invoices_charge WHERE id = {RENEWAL}", "subscriptions_recomputed", "too little"),
    (
        f"INSERT INTO invoices_charge (id, cause, position, {COPIED})"
        f" SELECT gen_random_uuid(), 'again', 9, {COPIED} FROM invoices_charge"
        f" WHERE id = {RENEWAL}",
        "subscriptions_recomputed",
        "too much",
    ),
    (
        f"UPDATE billing_subscriptionchange SET quantity = 4 WHERE id = {START}",
        "subscriptions_recomputed",
        "subscription S-1",
    ),
    (
        "UPDATE billing_subscriptionchange SET effective_on = '2026-05-20' WHERE kind = 'cancel'",
        "subscriptions_recomputed",
        "subscription S-1",
    ),
    (
        "UPDATE billing_price SET valid_from = '2026-09-01' WHERE code = 'base'",
        "subscriptions_recomputed",
        "can't be computed again: Plan small has no price",
    ),
    (
        "UPDATE billing_contract SET next_billing_date = NULL WHERE external_id = 'C-2'",
        "subscriptions_recomputed",
        "its next day is None",
    ),
    # Balances.
    (
        "UPDATE invoices_balancemovement SET amount_minor = 1 WHERE lot_id IS NULL",
        "balances_hold",
        "were taken from it",
    ),
    (
        "UPDATE invoices_balancemovement SET lot_id = gen_random_uuid() WHERE lot_id IS NOT NULL",
        "balances_hold",
        "the lot that it takes from is not there",
    ),
    (
        "DELETE FROM invoices_balancemovement WHERE kind = 'applied'",
        "balances_applied",
        "but 0 were applied to it",
    ),
    (
        "UPDATE invoices_balancemovement SET amount_minor = 1 WHERE kind = 'credit_note'",
        "credit_notes_booked",
        "but 1 were booked",
    ),
    (
        "UPDATE invoices_balancemovement SET transaction_id = gen_random_uuid()",
        "movements_told",
        "but no event tells of it",
    ),
    # Sellers and customers.
    (
        f"UPDATE invoices_charge SET seller_id = {OTHER} WHERE order_line_id = {LINE}",
        "sellers_apart",
        "its order line is of another seller",
    ),
    (
        f"UPDATE billing_customer SET seller_id = {OTHER} WHERE external_id = 'K-7'",
        "sellers_apart",
        "its customer is of another seller",
    ),
    (
        f"UPDATE invoices_invoice SET contract_id ="
        f" (SELECT id FROM billing_contract WHERE external_id = 'C-2') WHERE id = {INVOICE}",
        "parties_agree",
        "another customer or currency",
    ),
    # Usage.
    ("UPDATE billing_usagebucket SET total = total + 1", "usage_adds_up", "but its bucket says"),
    ("UPDATE billing_usagebucket SET weighted = 0", "usage_adds_up", "usage of subscription"),
    ("DELETE FROM billing_usagebucket", "usage_adds_up", "its bucket is not there"),
    ("DELETE FROM billing_usagerecord", "usage_adds_up", "a bucket without records"),
    ("UPDATE billing_usagerecord SET measured = 7", "usage_adds_up", "3 records come to 21"),
    (
        "DELETE FROM billing_usagedistinct WHERE value = 'u1'",
        "usage_told_apart",
        "distinct value u1 is not there",
    ),
    (
        'UPDATE billing_usagerecord SET properties = \'{"user": "u1"}\'',
        "usage_told_apart",
        "distinct value u2 has no record",
    ),
    ("DELETE FROM billing_usagerecord WHERE key = 'calls-1'", "usage_once", "its record is lost"),
    ("DELETE FROM billing_usagekey WHERE key = 'calls-1'", "usage_once", "was never claimed"),
    ("UPDATE billing_usagerecord SET key = 'calls-1'", "usage_once", "3 records have it"),
    (
        "UPDATE billing_unattributedusage SET waiting = 2",
        "usage_waiting_told",
        "says that 2 records wait, but 0 do",
    ),
    (
        "UPDATE billing_unattributedrecord SET attributed_at = NULL",
        "usage_waiting_told",
        "waits, but its event is handled",
    ),
    (
        f"UPDATE billing_meter SET seller_id = {OTHER}",
        "usage_of_seller",
        "of another seller",
    ),
]


@pytest.mark.django_db
class TestVerify:
    def test_what_the_engine_did_is_proven(self, books: Seller) -> None:
        proof = verify()

        assert proof.problems == []
        assert proof.is_proven
        assert Invoice.objects.filter(kind="credit_note").exists()
        total = sum(Invoice.objects.values_list("gross_minor", flat=True))
        assert proof.gross == {"EUR": f"{Decimal(total) / 100:.2f}"}
        assert proof.checked["invoices"] == Invoice.objects.count()
        assert proof.checked["charges"] == Charge.objects.count()

    @pytest.mark.parametrize(("statement", "check", "named"), TAMPERED)
    def test_it_finds_and_names(
        self, books: Seller, tamper: Tamper, statement: str, check: str, named: str
    ) -> None:
        factories.seller(name="Beta AG")

        tamper(statement)

        found = [problem for problem in verify().problems if problem.check == check]
        assert any(named in f"{problem.object}: {problem.message}" for problem in found), found

    def test_a_number_twice_is_found(self, books: Seller, tamper: Tamper) -> None:
        tamper("ALTER TABLE invoices_invoice DROP CONSTRAINT invoice_number_once", counts=False)
        tamper("UPDATE invoices_invoice SET number = 'R2026-000003' WHERE number = 'R2026-000004'")

        (problem,) = [found for found in verify().problems if found.check == "numbers_unique"]

        assert problem.object == "invoice R2026-000003"
        assert problem.seller == "Alpha GmbH"

    def test_each_check_was_shown_to_fail(self) -> None:
        shown = {check for _, check, _ in TAMPERED} | {"numbers_unique"}
        shown |= {check for _, check in (*BALANCES_TAMPERED, *CORRECTIONS_TAMPERED)}
        shown |= {"files_made", "files_as_written"}  # See tests/rendering.
        shown |= {"exchange_rates_recorded"}  # See tests/exchange.
        shown |= {"archives_prove", "archived_is_settled"}  # See test_archives.py.

        assert shown == {check.name for check in CHECKS}

    def test_what_a_query_stumbles_over_is_told(self, books: Seller, tamper: Tamper) -> None:
        tamper("""UPDATE invoices_charge SET explanation = '{"owed_minor": "x"}'""")

        found = {problem.check: problem.message for problem in verify().problems}

        assert "could not be carried out" in found["charges_explained"]
        assert "documents_recomputed" in found  # The other checks go on.

    def test_of_many_problems_the_first_are_named_and_all_counted(
        self, books: Seller, tamper: Tamper
    ) -> None:
        tamper(
            "INSERT INTO billing_event (id, seller_id, transaction_id, type, stream_id, payload,"
            " as_of_date, occurred_at, recorded_at, idempotency_key, queue, state, next_send_at,"
            " sends)"
            " SELECT gen_random_uuid(), seller_id, transaction_id, type, stream_id, payload,"
            " as_of_date, occurred_at, recorded_at, n, queue, 'waiting', next_send_at, sends"
            f" FROM billing_event, generate_series(1, 150) n WHERE id = {EVENT}"
        )

        result = next(row for row in verify().results if row.check.name == "none_waits")

        assert (result.found, len(result.problems)) == (150, 100)


@pytest.mark.django_db
class TestSettled:
    def test_a_written_off_event_is_settled(self, seller: Seller) -> None:
        contract = factories.contract(factories.customer(seller), currency="USD")
        factories.unpriced_subscription(contract, factories.plan(seller))
        drain()
        events.write_off(
            failure_ids=[Failure.objects.get(state="open").id], by="bob", at=AT, why="A test"
        )

        assert verify().problems == []

    def test_a_failed_event_is_named_with_its_reason(self, db: None) -> None:
        customer = factories.customer(factories.seller(country="CH"))
        factories.order(customer, external_id="O-2")
        drain()

        (problem,) = verify().problems

        assert problem.check == "none_failed"
        assert "crosses a border" in problem.message

    def test_an_order_of_nothing_needs_no_invoice(self, seller: Seller) -> None:
        free = factories.product(seller, code="gift")
        factories.price_of(of=free, unit_price=Decimal(0))
        line = factories.NewLine(quantity=Decimal(2), product=free)
        factories.order(factories.customer(seller), factories.line(unit_price=Decimal(0)), line)

        assert drain() == []
        assert verify().problems == []

    def test_changes_of_one_day_after_the_turn_of_a_period(self, seller: Seller) -> None:
        contract = factories.contract(factories.customer(seller))
        subscription = factories.subscription(contract, factories.plan(seller))
        advance(seller, date(2026, 2, 1))
        for quantity in (5, 2, 3):
            request = ChangeRequest(kind=KIND.CHANGE_QUANTITY, quantity=Decimal(quantity))
            change_subscription(subscription_id=subscription.id, request=request, at=AT)
            drain()

        assert verify().problems == []

    def test_a_change_that_was_written_off_on_the_day_of_a_turn(self, seller: Seller) -> None:
        contract = factories.contract(factories.customer(seller))
        subscription = factories.subscription(contract, factories.plan(seller))
        advance(seller, date(2026, 2, 1))
        request = ChangeRequest(kind=KIND.CHANGE_QUANTITY, quantity=Decimal(9))
        change_subscription(subscription_id=subscription.id, request=request, at=AT)
        tried = Try(task="issuing.bill", worker="w", started_at=AT, ended_at=AT)
        trouble = Trouble(code="defect", reason="x", remedy="y", error_class="E")
        event = Event.objects.get(state="waiting")
        failure = events.fail(event_id=event.id, tried=tried, trouble=trouble)
        assert failure
        events.write_off(failure_ids=[failure.id], by="bob", at=AT, why="A test")

        assert verify().problems == []

    def test_another_sellers_trouble_is_not_ones_own(self, seller: Seller) -> None:
        other = factories.seller(name="Beta AG")
        factories.order(factories.customer(other))

        assert verify(seller).problems == []
        assert [problem.seller for problem in verify(other).problems] == ["Beta AG"]


@pytest.mark.django_db
class TestCost:
    def test_the_number_of_queries_does_not_grow_with_the_rows(self, seller: Seller) -> None:
        metered = {"kind": "usage", "timing": "arrears", "meter": factories.meter(seller)}
        customer = factories.customer(seller)
        plan = factories.plan(seller, price=metered)

        def queries() -> int:
            factories.order(customer)
            factories.subscription(factories.contract(customer), plan)
            drain()
            with CaptureQueriesContext(connection) as captured:
                assert verify().is_proven
            return len(captured)

        first = queries()

        assert [queries(), queries(), queries()] == [first] * 3


@pytest.mark.django_db
class TestCommand:
    def test_it_says_that_the_books_are_proven(self, books: Seller) -> None:
        out = StringIO()

        call_command("verify", seller="Alpha GmbH", stdout=out)

        assert "ok     no event waits" in out.getvalue()
        assert "The books are proven: " in out.getvalue()
        assert "gross 711.90 EUR" in out.getvalue()

    def test_it_names_what_is_wrong_and_exits_1(self, books: Seller, tamper: Tamper) -> None:
        tamper("UPDATE invoices_invoice SET hash = 'f' WHERE number = 'R2026-000002'")
        out = StringIO()

        with pytest.raises(SystemExit) as exit_:
            call_command("verify", stdout=out)

        assert exit_.value.code == 1
        assert "WRONG  each document holds the hash of the one before" in out.getvalue()
        assert "chain_unbroken: Alpha GmbH: invoice R2026-000003: " in out.getvalue()

    def test_its_json_can_be_read_by_programs(self, books: Seller) -> None:
        out = StringIO()

        call_command("verify", json=True, progress=True, stdout=out, stderr=StringIO())

        proof = json.loads(out.getvalue())
        assert (proof["ok"], proof["problems"]) == (True, [])
        assert proof["checked"]["orders"] == 1
        assert {check["name"] for check in proof["checks"]} == {check.name for check in CHECKS}

    def test_an_unknown_seller_is_refused(self, seller: Seller) -> None:
        with pytest.raises(CommandError, match="No seller is called 'Nobody'"):
            call_command("verify", seller="Nobody")
