"""
The world of a round: sellers, what is set up for them, and the facts that are told to the API.

What must come of it is reckoned beside, by the dates and prices alone: no code of the engine takes
part in that.
"""

import calendar
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from billing.catalog.models import Meter, Plan
from billing.contracts.commands import (
    NewContract,
    NewSubscription,
    make_contract,
    start_subscription,
)
from billing.customers.models import Customer
from billing.sellers.models import Seller
from tests import factories

UNIT_PRICE, CALL_PRICE = 3000, 10  # Minor units: of the base fee, of a call.
FIRST_DAY = date(2026, 1, 31)  # A month's end: periods turn on 28 February, and on 31 March again.
REAL_ZONES = ("America/Los_Angeles", "Pacific/Auckland")
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is told to the API, until it was taken."""

    path: str
    body: Body


@dataclass(slots=True)
class House:
    """A seller, what is told of it in this order, and what must come of it."""

    seller: Seller
    key: str
    facts: list[Fact] = field(default_factory=list)
    invoices: Counter[tuple[str, int]] = field(default_factory=Counter)  # (customer, net)
    failures: Counter[str] = field(default_factory=Counter)
    orders: int = 0

    def order(self, customer: Customer, net_minor: int, *, is_collected: bool = False) -> None:
        """Tell of an order; where charges are collected, its invoice is that of the day."""
        self.orders += 1
        line = {"text": "Thing", "quantity": "1", "unit_price": str(Decimal(net_minor) / 100)}
        body = {
            "customer": f"ext:{customer.external_id}",
            "external_id": f"O{self.orders}",
            "lines": [{**line, "tax_class": "standard"}],
        }
        self.facts.append(Fact("/orders", body))
        if not is_collected:
            self.invoices[str(customer.external_id), net_minor] += 1

    def owe(self, customer: str, net_minor: int) -> None:
        """Expect an invoice."""
        self.invoices[customer, net_minor] += 1


def clocked_house(chance: Random) -> House:
    """A seller in Berlin whose test clock goes over two months' ends; with usage, and collected."""
    seller = factories.seller(clock=FIRST_DAY, timezone="Europe/Berlin")
    house = House(seller, factories.api_key(seller))
    plan, meter = _metered_plan(seller)
    at_once, daily = _customer(seller, "now"), _customer(seller, "day", grouping="per_day")
    turns = chance.choice((1, 2))
    for number in range(chance.randint(1, 3)):
        quantity, calls = chance.randint(1, 9), chance.randint(1, 50)
        _tell_subscription(house, at_once, plan, f"S{number}", quantity)
        house.facts.append(Fact("/usage", _calls(meter, f"S{number}", calls)))
        base = UNIT_PRICE * quantity
        nets = [base, base + CALL_PRICE * calls, base][: turns + 1]
        for net in nets:
            house.owe("now", net)
    collected, ordered = chance.randint(1, 9), chance.randint(1, 3)
    _tell_subscription(house, daily, plan, "D", collected)
    for number in range(1, ordered + 1):
        house.order(daily, 100 * number, is_collected=True)
        house.order(at_once, 10_000 + number)
    # The first day's invoice has the base fee and 1.00 + 2.00 + … of the orders.
    house.owe("day", UNIT_PRICE * collected + 50 * ordered * (ordered + 1))
    for _ in range(turns):
        house.owe("day", UNIT_PRICE * collected)
    until = month_later(FIRST_DAY, turns) + timedelta(days=1)
    house.facts.append(Fact("/test-clock/advance", {"to": until.isoformat()}))
    return house


def living_house(chance: Random, *, now: datetime, with_documents: bool) -> House:
    """A seller of another zone in real time; contracts are behind, and one can't be billed."""
    zone = chance.choice(REAL_ZONES)
    seller = factories.seller(clock=None, timezone=zone, makes_documents=with_documents)
    house = House(seller, factories.api_key(seller))
    plan = factories.plan(seller, price={"unit_price": Decimal(UNIT_PRICE) / 100})
    at_once, daily = _customer(seller, "now"), _customer(seller, "day", grouping="per_day")
    today = now.astimezone(ZoneInfo(zone)).date()
    for _ in range(chance.randint(1, 3)):
        _fall_behind(house, at_once, plan, months=chance.randint(0, 3), today=today, chance=chance)
    _fall_behind(house, daily, plan, months=chance.randint(1, 2), today=today, chance=chance)
    refused = factories.customer(seller, external_id="refused")
    unpriced = factories.plan(seller, price={"currency": "USD"})
    with transaction.atomic():
        factories.unpriced_subscription(factories.contract(refused), unpriced)
    house.failures["price_missing"] += 1
    for number in range(2 if with_documents else chance.randint(3, 12)):
        house.order(at_once, 20_000 + number)
    return house


def month_later(day: date, months: int) -> date:
    """Return the same day of a later month, or its last one where that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def turns(start: date, *, until: date) -> Iterator[date]:
    """Yield the days on which monthly periods begin, up to a day."""
    months = 0
    while (day := month_later(start, months)) <= until:
        yield day
        months += 1


def _fall_behind(
    house: House, customer: Customer, plan: Plan, *, months: int, today: date, chance: Random
) -> None:
    """Start a subscription some months ago, of which nobody was told; it turns on no day near."""
    start = today - timedelta(days=30 * months + 12)
    at = datetime(start.year, start.month, start.day, 20, tzinfo=UTC)
    quantity = chance.randint(1, 9)
    contract = make_contract(customer=customer, new=NewContract(currency="EUR"), at=at)
    new = NewSubscription(plan=plan, quantity=Decimal(quantity), on=start)
    start_subscription(contract=contract, new=new, at=at)
    for _ in turns(start, until=today):
        house.owe(str(customer.external_id), UNIT_PRICE * quantity)


def _metered_plan(seller: Seller) -> tuple[Plan, Meter]:
    meter = factories.meter(seller, code="calls")
    plan = factories.plan(seller, price={"unit_price": Decimal(UNIT_PRICE) / 100})
    factories.price_of(
        plan, code="calls", kind="usage", meter=meter, unit_price=Decimal(CALL_PRICE) / 100
    )
    return plan, meter


def _customer(seller: Seller, name: str, **given: Any) -> Customer:
    return factories.customer(seller, external_id=name, **given)


def _tell_subscription(
    house: House, customer: Customer, plan: Plan, name: str, quantity: int
) -> None:
    agreed = {"customer": f"ext:{customer.external_id}", "external_id": f"C-{name}"}
    started = {
        "contract": f"ext:C-{name}",
        "external_id": name,
        "plan": f"code:{plan.code}",
        "quantity": str(quantity),
        "on": FIRST_DAY.isoformat(),
    }
    house.facts += [Fact("/contracts", agreed), Fact("/subscriptions", started)]


def _calls(meter: Meter, subscription: str, calls: int) -> Body:
    """Return usage of the first day: of so many calls, in two records."""
    values = {"a": calls // 2, "b": calls - calls // 2}
    return {
        "records": [
            {
                "meter": meter.code,
                "subscription": f"ext:{subscription}",
                "key": f"{subscription}-{name}",
                "at": f"{FIRST_DAY}T12:00:00+01:00",
                "value": str(value),
                "properties": {},
            }
            for name, value in values.items()
        ]
    }
