"""
Contracts of one seller in large numbers, all due on one day, just as the commands leave them.

One contract is made by the commands; the database copies its rows for all others. Each has a
customer of its own, and one subscription of a plan with three prices in advance: 3 lines, 19 % VAT.
Its start is recorded and handled. Nothing is charged yet, or the period before (`billed_before`).

The seller is in test mode. Its clock stands on an earlier day while it is built, so that nothing is
billed; `release` removes the clock, and the scheduler finds all due by the real day.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from benchmarks import stencils
from billing.catalog.commands import NewPlan, NewPrice, NewProduct, create_plan, create_product
from billing.catalog.models import Plan
from billing.contracts.commands import (
    NewContract,
    NewSubscription,
    make_contract,
    start_subscription,
)
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.customers.commands import create_customer
from billing.customers.models import Customer
from billing.events.models import Attempt, Event
from billing.sellers.models import Seller, TestClock
from config.demo.seller import make_seller
from invoices.issuing.commands import bill
from invoices.issuing.models import Invoice

CHUNK = 20_000
QUANTITY = Decimal(7)
NET_MINOR = 2900 + 7 * 990 + 7 * 490  # What each contract owes for a month: 132.60.
GROSS_MINOR = NET_MINOR + 2519  # 132.60 at 19 %: 25.194
ZONE = ZoneInfo("Europe/Berlin")
RECORDED_DAYS_AHEAD = 14

# Identities that sort by time. Source: RFC 9562, section 5.7; uuidv7() needs PostgreSQL 18.
_NEW_ID = """overlay(overlay(overlay(md5(random()::text || n)
    placing lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') from 1)
    placing '7' from 13) placing '8' from 17)::uuid"""
_NEW = ", ".join(
    f"{_NEW_ID} AS new_{name}"
    for name in ("customer", "contract", "subscription", "change", "event")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A seller with its contracts, and the day on which they are due."""

    seller: Seller
    contracts: int
    day: date
    billed_before: bool


def build_contracts(
    *, count: int, at: datetime, billed_before: bool = False, makes_documents: bool = False
) -> Built:
    """
    Build a seller with contracts that are due on the day of `at`.

    Each chunk is a transaction, and what is needed beside it doesn't grow with `count`.
    """
    day = at.astimezone(ZONE).date()
    starts_on = _month_before(day) if billed_before else day
    known_on = starts_on if billed_before else day - timedelta(days=RECORDED_DAYS_AHEAD)
    known_at = datetime.combine(known_on, time(9), ZONE)
    with transaction.atomic():  # No worker sees the first contract before it is billed.
        seller = make_seller(
            name=f"Benchmark {at.isoformat(timespec='microseconds')}", at=known_at, clock=known_on,
            makes_documents=makes_documents,
        )  # fmt: skip
        first = _first_contract(seller, starts_on=starts_on, at=known_at)
    for start in range(2, count + 1, CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            _copy_contracts(cursor, first, start, min(start + CHUNK - 1, count))
    if billed_before:
        invoice = Invoice.objects.get(seller=seller)
        stencils.write_for_others(stencils.Stencil.of(invoice, with_event=False))
    return Built(seller=seller, contracts=count, day=day, billed_before=billed_before)


def stand_on(built: Built, day: date) -> None:
    """Set the seller's clock on a day, where it stands: nothing is billed by itself."""
    TestClock.objects.filter(seller=built.seller).update(today=day)


def release(built: Built) -> None:
    """Let the seller live by the real time: the scheduler finds what is due."""
    TestClock.objects.filter(seller=built.seller).delete()


def _month_before(day: date) -> date:
    """Return the day a month earlier; the 28th for the last days, which some months lack."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=min(day.day, 28))


@dataclass(frozen=True, slots=True)
class _First:
    """The rows of the contract that the commands made."""

    customer: Customer
    contract: Contract
    subscription: Subscription
    change: SubscriptionChange
    event: Event
    attempt: Attempt


def _first_contract(seller: Seller, *, starts_on: date, at: datetime) -> _First:
    customer = create_customer(
        seller=seller,
        details={
            "external_id": "K0000001", "name": "Kunde 0000001 GmbH", "kind": "business",
            "street": "Domstraße 1000001", "postcode": "50668", "city": "Köln", "country": "DE",
            "locale": "de",
        },
        at=at,
    )  # fmt: skip
    new = NewContract(currency="EUR", external_id="V0000001")
    contract = make_contract(customer=customer, new=new, at=at)
    plan = _plan(seller, valid_from=min(starts_on, at.date()), at=at)
    begun = NewSubscription(plan=plan, quantity=QUANTITY, on=starts_on, external_id="S0000001")
    subscription = start_subscription(contract=contract, new=begun, at=at)
    change = subscription.changes.get()
    event = Event.objects.get(seller=seller, stream_id=contract.pk)
    bill(event_id=event.pk, at=at, worker="benchmark")
    for row in (contract, subscription, event):
        row.refresh_from_db()
    return _First(customer, contract, subscription, change, event, event.attempts.get())


def _plan(seller: Seller, *, valid_from: date, at: datetime) -> Plan:
    product = create_product(seller=seller, new=NewProduct(code="p", name="Anlass"), at=at)
    flat: dict[str, Any] = {"model": "flat", "amount": Decimal("29.00")}
    per_unit: dict[str, Any] = {"model": "per_unit"}
    prices = [
        NewPrice(
            code=code, text=text, currency="EUR", tax_class="standard", tax_included=False,
            kind="recurring", proration="daily", timing="advance", valid_from=valid_from, **model,
        )
        for code, text, model in (
            ("base", "Grundgebühr", flat),
            ("seats", "Plätze", {**per_unit, "unit_price": Decimal("9.90")}),
            ("support", "Betreuung", {**per_unit, "unit_price": Decimal("4.90")}),
        )
    ]  # fmt: skip
    new = NewPlan(
        code="team", name="Team", interval="month", interval_count=1, alignment="anniversary",
        anchor_day=None, prices=prices,
    )  # fmt: skip
    return create_plan(product=product, new=new, at=at)


def _copy_contracts(cursor: CursorWrapper, first: _First, start: int, stop: int) -> None:
    """Copy the first contract with all that belongs to it, for the numbers from start to stop."""
    cursor.execute(
        f"CREATE TEMP TABLE fresh ON COMMIT DROP AS SELECT n, {_NEW}, 0::bigint AS recorded"
        " FROM generate_series(%s::bigint, %s) n",
        [start, stop],
    )
    _copy(
        cursor, first.customer, id="new_customer", external_id="'K' || lpad(n::text, 7, '0')",
        name="'Kunde ' || lpad(n::text, 7, '0') || ' GmbH'", street="'Domstraße ' || 1000000 + n",
    )  # fmt: skip
    # Before its contract (the foreign keys are checked at commit): the trigger gives the position.
    _copy(
        cursor, first.change, omitted=("position",), id="new_change",
        subscription_id="new_subscription",
    )  # fmt: skip
    cursor.execute(
        "UPDATE fresh SET recorded = c.position FROM billing_subscriptionchange c"
        " WHERE c.id = new_change"
    )
    _copy(
        cursor, first.contract, id="new_contract", customer_id="new_customer",
        external_id="'V' || lpad(n::text, 7, '0')", billed_position="recorded",
    )  # fmt: skip
    _copy(
        cursor, first.subscription, id="new_subscription", contract_id="new_contract",
        external_id="'S' || lpad(n::text, 7, '0')", charged_position="recorded",
    )  # fmt: skip
    _copy(
        cursor, first.event, omitted=("position",), id="new_event", transaction_id="new_event",
        stream_id="new_contract", idempotency_key="'subscription.changed:' || new_change",
        payload="jsonb_build_object('change_id', new_change,"
        " 'subscription_id', new_subscription, 'contract_id', new_contract)",
    )  # fmt: skip
    _copy(cursor, first.attempt, omitted=("id",), event_id="new_event")


def _copy(
    cursor: CursorWrapper, like: models.Model, *, omitted: tuple[str, ...] = (), **given: str
) -> None:
    """
    Insert a row like one that is there for each of `fresh`, in its order.

    `given` is the SQL of columns that differ; those `omitted` are given by the database.
    """
    table = like._meta.db_table
    columns = [
        str(field.column) for field in like._meta.concrete_fields if field.column not in omitted
    ]
    values = [given.get(column, f'model."{column}"') for column in columns]
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM fresh, {table} AS model WHERE model.id = %s ORDER BY n",
        [like.pk],
    )
