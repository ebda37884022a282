"""Facts refuse UPDATE, DELETE and TRUNCATE, whoever asks."""

from collections.abc import Callable, Iterable
from datetime import date

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

from billing.contracts.models import Contract
from billing.events.models import Event, FailureDecision, FailureNote
from billing.models import Attempt, AttemptArchive, Failure, OrderLine
from billing.orders.models import Order
from billing.sellers.models import Seller
from billing.staff.commands import deed_on, record
from billing.staff.origins import Actor, Origin
from invoices.credit_notes.commands import order_correction
from invoices.credit_notes.queries.wanted import Wanted
from invoices.issuing.commands import bill
from invoices.issuing.models import Charge, Invoice
from invoices.proving.models import Verification
from tests import factories
from tests.contracts.conftest import AT, refused

Sql = Callable[..., None]

# table, prefix of its triggers, columns that may change
FACTS = [
    ("billing_product", "product", {"name", "description"}),
    ("billing_plan", "plan", {"name"}),
    ("billing_price", "price", {"valid_until"}),
    (
        "billing_contract",
        "contract",
        {
            "next_billing_date",
            "billed_date",
            "billed_position",
            "purchase_order",
            "project_reference",
        },
    ),
    (
        "billing_subscription",
        "subscription",
        {"charged_until", "charged_known_on", "charged_position"},
    ),
    ("billing_subscriptionchange", "subscription_change", set()),
    ("billing_coupon", "coupon", {"valid_until"}),
    ("billing_couponredemption", "coupon_redemption", set()),
    ("billing_order", "order", set()),
    ("billing_orderline", "order_line", set()),
    ("billing_event", "event", {"state", "published_at", "next_send_at", "sends", "retried_at"}),
    ("billing_attempt", "attempt", set()),
    ("billing_attemptarchive", "attempt_archive", set()),
    ("billing_staffaction", "staff_action", set()),
    ("billing_taxrate", "tax_rate", {"valid_until"}),
    ("billing_sellerregistration", "seller_registration", {"valid_until"}),
    ("billing_taxoverride", "tax_override", {"valid_until", "ended_at"}),
    ("billing_exchangerate", "exchange_rate", set()),
    ("billing_ownexchangerate", "own_exchange_rate", set()),
    ("billing_vatidcheck", "vat_id_check", {"next_check_at"}),
    (
        "billing_failure",
        "failure",
        {
            "state",
            "closed_at",
            "closed_by",
            "closing_note",
            "priority",
            "reason",
            "remedy",
            "code",
            "cause_id",
            "is_new",
            "money_at_stake_minor",
            "currency",
        },
    ),
    ("billing_failurecause", "failure_cause", {"next_probe_at", "probes", "probed_event_id"}),
    ("billing_failurenote", "failure_note", set()),
    ("billing_failuredecision", "failure_decision", set()),
    ("invoices_balancemovement", "balance_movement", {"rest_minor"}),
    (
        "invoices_charge",
        "charge",
        {
            "invoice_id",
            "position",
            "amount_minor",
            "tax_category",
            "tax_percent",
            "exemption_code",
            "exemption_text",
            "seller_vat_id",
            "tax_override_id",
        },
    ),
    ("invoices_correction", "correction", set()),
    ("invoices_correctionline", "correction_line", set()),
    ("invoices_invoice", "invoice", set()),
    (
        "invoices_delivery",
        "delivery",
        {
            "state",
            "tries",
            "earlier_tries",
            "next_try_at",
            "held_until",
            "settled_at",
            "body",
            "pruned_at",
        },
    ),
    (
        "invoices_deliveryattempt",
        "delivery_attempt",
        {
            "ended_at",
            "outcome",
            "status",
            "answer",
            "ip",
            "milliseconds",
            "request_headers",
            "answer_headers",
        },
    ),
    ("invoices_downloadlink", "download_link", {"revoked_at", "downloads", "latest_download_at"}),
    ("invoices_webhooksecret", "webhook_secret", {"expires_at"}),
    (
        "invoices_webhookendpoint",
        "webhook_endpoint",
        {
            "url",
            "description",
            "event_types",
            "state",
            "failing_since",
            "disabled_at",
            "disabled_reason",
            "customer_id",
            "contract_id",
        },
    ),
    ("invoices_verification", "verification", set()),
    ("invoices_numberseries", "number_series", {"latest_sequence", "latest_date", "latest_hash"}),
]

SETTLED_WITH_INVOICE = sorted(
    next(free for table, _, free in FACTS if table == "invoices_charge")
    - {"invoice_id", "position"}
)
# Facts of which other tests try the refusals.
FACTS_TRIED_ELSEWHERE: dict[str, set[str]] = {
    "billing_meter": set(),
    "billing_unattributedrecord": {"attributed_at", "reason"},
    "billing_usageconflict": set(),
    "billing_usagekey": set(),
    "billing_usagerecord": set(),
    "invoices_account": {"valid_until"},
    "invoices_accountoverride": {"valid_until"},
    "invoices_debtoraccount": set(),
    "invoices_document": set(),
    "invoices_documenttemplate": set(),
    "invoices_hold": set(),
    "invoices_holddecision": set(),
    "invoices_holdrule": {"ended_at", "ended_by"},
}
# Who there is, what they want, and what is reckoned from facts: these may change.
NO_FACTS = {
    "billing_apikey",
    "billing_bulkmessage",
    "billing_customer",
    "billing_idempotentrequest",
    "billing_lease",
    "billing_membership",
    "billing_seller",
    "billing_testclock",
    "billing_unattributedusage",
    "billing_usagebucket",
    "billing_usagedistinct",
    "invoices_billingrun",
    "invoices_bookkeeping",
    "invoices_countedlog",
    "invoices_countedseries",
    "invoices_dayfigure",
    "invoices_deliverywish",
    "invoices_mailstyle",
}


@pytest.fixture
def everything(invoice: Invoice, contract: Contract, seller: Seller) -> None:
    """At least one row of each kind of fact."""
    plan = factories.plan(seller)
    factories.coupon(seller)
    factories.subscription(contract, plan, coupon="WELCOME")
    event = Event.objects.filter(payload__contract_id=str(contract.id)).earliest("position")
    cause = factories.failure_cause(seller)
    Failure.objects.create(
        seller=seller, event=event, code="defect", reason="x", remedy="y", priority=1,
        state="open", opened_at=AT, cause=cause, is_new=True,
    )  # fmt: skip
    FailureNote.objects.create(seller=seller, cause=cause, kind="comment", by="Ada", at=AT)
    FailureDecision.objects.create(seller=seller, deed="retry", failure_ids=[], by="Ada", at=AT)
    clerk = Actor(user_id=None, name="Ada", origin=Origin())
    record([deed_on(contract, action="change", what="x")], by=clerk, at=AT)
    AttemptArchive.objects.create(
        seller=seller, after_position=0, until_position=event.position, attempts=99,
        storage_name="a", sha256="b", created_at=AT,
    )  # fmt: skip
    factories.money(contract.customer)
    factories.endpoint(seller)
    factories.delivery(invoice)
    wanted = Wanted(reason="Wrong")
    order_correction(invoice_id=invoice.pk, wanted=wanted, by="Ada", at=AT)
    factories.override(seller)
    factories.registration(seller)
    factories.exchange_rate()
    factories.own_rate(seller)
    factories.vat_id_check(contract.customer)
    Verification.objects.create(
        began_at=AT, ended_at=AT, is_proven=True, checked={}, found={"none_waits": 0}
    )
    assert Attempt.objects.exists()
    assert Charge.objects.exists()
    assert OrderLine.objects.exists()


class TestEveryColumn:
    """A new table or column is frozen, or someone says here that it may change."""

    FREE = {**{table: free for table, _, free in FACTS}, **FACTS_TRIED_ELSEWHERE}

    def test_every_table_is_one_of_facts_or_not(self) -> None:
        assert set(_tables()) == NO_FACTS | set(self.FREE)

    @pytest.mark.parametrize("table", sorted(FREE))
    def test_it_is_frozen_unless_it_may_change(self, db: None, table: str) -> None:
        assert _tables()[table] - _frozen(table) == self.FREE[table]


def _tables() -> dict[str, set[str]]:
    """The columns of each table, as the models say."""
    models = [model for app in ("billing", "invoices") for model in _models(app)]
    return {
        model._meta.db_table: {field.column for field in model._meta.concrete_fields}
        for model in models
    }


def _models(app: str) -> Iterable[type[Model]]:
    return apps.get_app_config(app).get_models()


def _frozen(table: str) -> set[str]:
    """The columns that the trigger of a table of facts names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_trigger t JOIN pg_attribute a"
            " ON a.attrelid = t.tgrelid AND a.attnum = ANY(t.tgattr)"
            " WHERE t.tgrelid = %s::regclass AND t.tgname LIKE '%%_never_changes'",
            [table],
        )
        return {name for (name,) in cursor.fetchall()}


class TestFactsNeverChange:
    @pytest.mark.parametrize(("table", "prefix", "free"), FACTS)
    def test_each_frozen_column_refuses_an_update(
        self, sql: Sql, everything: None, table: str, prefix: str, free: set[str]
    ) -> None:
        for column in _columns(table) - free:
            with refused(f"{prefix}_never_changes"):
                sql(f"UPDATE {table} SET {column} = {column}")

    @pytest.mark.parametrize(("table", "prefix", "free"), FACTS)
    def test_rows_refuse_to_be_deleted(
        self, sql: Sql, everything: None, table: str, prefix: str, free: set[str]
    ) -> None:
        with refused(f"{prefix}_never_deleted"):
            sql(f"DELETE FROM {table}")

    @pytest.mark.parametrize(("table", "prefix", "free"), FACTS)
    def test_tables_refuse_to_be_truncated(
        self, sql: Sql, db: None, table: str, prefix: str, free: set[str]
    ) -> None:
        with refused("_never_truncated"):
            sql(f"TRUNCATE {table} CASCADE")

    def test_a_price_ends_once(self, sql: Sql, seller: Seller) -> None:
        price = factories.plan(seller).prices.get()
        sql("UPDATE billing_price SET valid_until = %s WHERE id = %s", date(2026, 3, 1), price.id)

        with refused("price_ends_once"):
            sql("UPDATE billing_price SET valid_until = NULL WHERE id = %s", price.id)

    def test_an_override_ends_once(self, sql: Sql, seller: Seller) -> None:
        override = factories.override(seller)
        end = "UPDATE billing_taxoverride SET valid_until = %s, ended_at = %s WHERE id = %s"
        with refused("tax_override_ends_once"):
            sql(end, date(2026, 3, 1), None, override.id)  # It must be known when.
        sql(end, date(2026, 3, 1), AT, override.id)

        with refused("tax_override_ends_once"):
            sql(end, date(2026, 4, 1), AT, override.id)

    def test_a_registration_ends_once(self, sql: Sql, seller: Seller) -> None:
        registration = factories.registration(seller, valid_until=date(2026, 3, 1))

        with refused("seller_registration_ends_once"):
            sql(
                "UPDATE billing_sellerregistration SET valid_until = NULL WHERE id = %s",
                registration.id,
            )

    def test_a_tax_rate_ends_once(self, sql: Sql) -> None:
        with refused("tax_rate_ends_once"):
            sql("UPDATE billing_taxrate SET valid_until = NULL")

    def test_a_seller_stays_in_its_mode(self, sql: Sql, seller: Seller) -> None:
        with refused("seller_mode_for_good"):
            sql("UPDATE billing_seller SET is_test = NOT is_test")

    @pytest.mark.parametrize("formats", ["R{year}-{sequence}", "R{year}-{sequence:04d}"])
    def test_two_kinds_of_documents_need_two_formats(self, sql: Sql, formats: str) -> None:
        with refused("seller_number_formats_differ"):
            factories.seller(
                invoice_number_format="R{year}-{sequence:06d}", credit_note_number_format=formats
            )

    def test_a_handled_event_never_waits_again(self, sql: Sql, invoice: Invoice) -> None:
        with refused("event_settled_for_good"):
            sql("UPDATE billing_event SET state = 'waiting' WHERE id = %s", invoice.event_id)

    def test_a_contract_is_billed_forward_only(self, sql: Sql, contract: Contract) -> None:
        sql("UPDATE billing_contract SET billed_date = '2026-02-01', billed_position = 7")

        with refused("contract_billed_forward"):
            sql("UPDATE billing_contract SET billed_date = '2026-01-31'")
        with refused("contract_billed_forward"):
            sql("UPDATE billing_contract SET billed_position = 6")

    def test_an_unknown_state_is_refused(self, sql: Sql, order: Order) -> None:
        with refused("event_state_known"):
            sql("UPDATE billing_event SET state = 'lost'")

    def test_a_closed_failure_stays_closed(self, sql: Sql, everything: None) -> None:
        sql("UPDATE billing_failure SET state = 'resolved', closed_at = now()")

        with refused("failure_closed_for_good"):
            sql("UPDATE billing_failure SET state = 'open', closed_at = NULL")

    @pytest.mark.parametrize("column", ["reason", "remedy", "cause_id", "money_at_stake_minor"])
    def test_what_a_closed_failure_says_stays(
        self, sql: Sql, everything: None, column: str
    ) -> None:
        sql("UPDATE billing_failure SET state = 'resolved', closed_at = now()")

        with refused("failure_reason_of_open"):
            sql(f"UPDATE billing_failure SET {column} = {column}")

    def test_a_charge_leaves_its_invoice_never(self, sql: Sql, invoice: Invoice) -> None:
        with refused("charge_invoiced_once"):
            sql("UPDATE invoices_charge SET invoice_id = NULL, position = NULL")

    @pytest.mark.parametrize("column", SETTLED_WITH_INVOICE)
    def test_an_invoiced_charge_is_settled(self, sql: Sql, invoice: Invoice, column: str) -> None:
        with refused("charge_invoiced_once"):
            sql(f"UPDATE invoices_charge SET {column} = {column}")

    @pytest.mark.parametrize("column", SETTLED_WITH_INVOICE)
    def test_a_waiting_charge_is_settled_with_its_invoice(
        self, sql: Sql, seller: Seller, column: str
    ) -> None:
        factories.order(factories.customer(seller, grouping="monthly"))
        bill(event_id=Event.objects.get().id, at=AT, worker="test")
        assert Charge.objects.get().invoice is None

        with refused("charge_invoiced_once"):
            sql(f"UPDATE invoices_charge SET {column} = {column}")

    def test_a_counter_counts_up_only(self, sql: Sql, invoice: Invoice) -> None:
        with refused("number_series_counts_up"):
            sql("UPDATE invoices_numberseries SET latest_sequence = 0")


def _columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {
            column.name for column in connection.introspection.get_table_description(cursor, table)
        }
