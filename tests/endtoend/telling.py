"""Tells a scenario to the API, fact by fact, as an app of the seller would."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from billing.pricing.prices import MeterTerms, PlanTerms, PriceTerms, Tier
from billing.pricing.terms import ChangeKind, Credit, Discount, Override, When
from billing.simulation.scenario import Ordered, Row, Scenario, Used

ALWAYS = date(2000, 1, 1)  # The earliest day that the API takes.
Body = dict[str, Any]


class Answer(Protocol):
    """What the API answered."""

    status: int

    @property
    def body(self) -> Any: ...


class App(Protocol):
    """Something that calls the API for one seller."""

    def get(self, path: str) -> Answer: ...

    def post(self, path: str, body: Any = None) -> Answer: ...


class Refused(Exception):
    """The API refused a fact; the text is the detail of its problem."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at a moment of a seller's test clock: the facts of a day, or its end."""

    on: date
    facts: tuple[Row | Ordered | Used, ...]


def steps(scenario: Scenario) -> Iterator[Step]:
    """Yield the days on which facts are recorded, in order: usage before what it may meet."""
    days: dict[date, list[Row | Ordered | Used]] = defaultdict(list)
    for used in scenario.usage:
        days[used.record.recorded_on].append(used)
    for row in scenario.timeline:
        days[row.recorded_on].append(row)
    for order in scenario.orders:
        days[order.on].append(order)
    started: set[str] = set()
    for on in sorted(days):
        if on <= scenario.until:
            yield Step(on, tuple(_of_day(days[on], started)))


def _of_day(
    facts: Iterable[Row | Ordered | Used], started: set[str]
) -> Iterator[Row | Ordered | Used]:
    """Yield a day's facts as told, but usage as early as its subscription is there."""
    waiting = [fact for fact in facts if isinstance(fact, Used)]
    for fact in facts:
        if isinstance(fact, Used):
            continue
        yield from [used for used in waiting if used.subscription in started]
        waiting = [used for used in waiting if used.subscription not in started]
        yield fact
        if isinstance(fact, Row) and fact.kind is ChangeKind.START:
            started.add(fact.subscription)
    yield from waiting


class Teller:
    """Speaks for a seller that lives a scenario."""

    def __init__(self, app: App, scenario: Scenario) -> None:
        """Nothing is told yet."""
        self._app = app
        self._scenario = scenario
        self.codes: dict[str, str] = {}

    def set_up(self) -> None:
        """State what is sold, to whom, and on which terms."""
        scenario = self._scenario
        self._post("/customers", _customer(scenario))
        for meter in scenario.meters.values():
            self._post("/meters", _meter(meter, scenario.plans.values()))
        self._post("/products", {"code": "product", "name": "Product"})
        for plan in scenario.plans.values():
            made = self._post("/plans", _plan(plan))
            self.codes |= {price["id"]: price["code"] for price in made["prices"]}
        self._post("/contracts", _contract(scenario))

    def state(self, facts: Iterable[Row | Ordered | Used]) -> None:
        """
        State the facts of a day in their order.

        :raises Refused: if the API refuses one of them.
        """
        for fact in facts:
            if isinstance(fact, Ordered):
                self._post("/orders", _order(fact))
            elif isinstance(fact, Used):
                self._post("/usage", {"records": [_record(fact)]})
            elif fact.kind is ChangeKind.START:
                self._post("/subscriptions", _start(fact))
            else:
                path = f"/subscriptions/ext:{_name(fact.subscription)}/changes"
                self._post(path, _change(fact))

    def advance(self, to: date, *, hold_due: bool) -> None:
        """Send the test clock on its way."""
        self._post("/test-clock/advance", {"to": to.isoformat(), "hold_due": hold_due})

    def finish(self) -> None:
        """Send the test clock on its way to the end of the story's last day."""
        self.advance(self._scenario.until + timedelta(days=1), hold_due=True)

    def documents(self) -> list[Body]:
        """Return all documents with their lines, oldest first."""
        found: list[Body] = []
        path = "/invoices?limit=100"
        while path:
            page = self._app.get(path).body
            found += [self._app.get(f"/invoices/{row['id']}").body for row in page["results"]]
            following: str | None = page["next"]
            path = following.partition("/api/v1")[2] if following else ""
        return found[::-1]

    def _post(self, path: str, body: Body) -> Any:
        answer = self._app.post(path, body)
        if answer.status >= 300:
            raise Refused(str(answer.body.get("detail", answer.body)))
        return answer.body


def _customer(scenario: Scenario) -> Body:
    customer = scenario.customer
    return {
        "external_id": "customer",
        "name": "Customer",
        "kind": customer.kind,
        "country": customer.country,
        "vat_id": customer.vat_id or "",
        "grouping": scenario.contract.grouping.value,
        "invoice_day": scenario.contract.invoice_day,
    }


def _contract(scenario: Scenario) -> Body:
    term = scenario.contract.term
    body: Body = {"customer": "ext:customer", "external_id": "contract"}
    if term:
        body["term"] = {
            "initial_months": term.initial_months,
            "renewal_months": term.renewal_months,
            "notice_months": term.notice_months,
        }
    return body


def _meter(meter: MeterTerms, plans: Iterable[PlanTerms]) -> Body:
    prices = [price for plan in plans for price in plan.prices if price.meter == meter]
    dimensions = {name for price in prices for name in price.group_by}
    dimensions |= {name for price in prices for name, _ in price.filters}
    return {
        "code": meter.code,
        "name": meter.code,
        "aggregation": meter.aggregation.value,
        "property": meter.property,
        "carried": meter.carried,
        "dimensions": sorted(dimensions),
    }


def _plan(plan: PlanTerms) -> Body:
    return {
        "product": "code:product",
        "code": plan.code,
        "name": plan.code,
        "interval": plan.interval.value,
        "interval_count": plan.interval_count,
        "alignment": plan.alignment.value,
        "anchor_day": plan.anchor_day,
        "trial_days": plan.trial_days,
        "minimum_commitment": _said(plan.minimum_commitment),
        "prices": [_price(price, plan) for price in plan.prices],
    }


_FIGURES = (
    "amount", "unit_price", "size", "free_units", "rate", "fixed_fee", "free_amount",
    "min_per_event", "max_per_event", "minimum", "maximum",
)  # fmt: skip


def _price(price: PriceTerms, plan: PlanTerms) -> Body:
    body: Body = {
        "code": price.code,
        "text": price.code,
        "kind": price.kind.value,
        "timing": price.timing.value,
        "model": price.model.value,
        "rounding": price.round.value,
        "free_events": price.free_events,
        "tax_class": price.tax_class,
        "tax_included": price.tax_included,
        "proration": price.proration.value,
        "currency": price.currency,
        "valid_from": (price.valid_from or ALWAYS).isoformat(),
        "valid_until": _day(_sold_until(price, plan)),
        "applies_to": price.applies_to.value,
    }
    body |= {
        name: _said(value) for name in _FIGURES if (value := getattr(price, name)) not in (None, 0)
    }
    if price.amount is not None:
        body["amount"] = _said(price.amount)
    if price.unit_price is not None:
        body["unit_price"] = _said(price.unit_price)
    if price.rate is not None:
        body["rate"] = _said(price.rate)
    if price.tiers:
        body["tiers"] = [_tier(tier) for tier in price.tiers]
    if price.meter:
        body["meter"] = f"code:{price.meter.code}"
        body["filters"] = {name: list(values) for name, values in price.filters}
        body["group_by"] = list(price.group_by)
    return body


def _sold_until(price: PriceTerms, plan: PlanTerms) -> date | None:
    """Return the end of a version's sale; at the latest when the next one is on sale."""
    mine = price.valid_from or ALWAYS
    ends = [
        other.valid_from
        for other in plan.prices
        if other.code == price.code and other.valid_from and other.valid_from > mine
    ]
    if price.valid_until:
        ends.append(price.valid_until)
    return min(ends, default=None)


def _tier(tier: Tier) -> Body:
    body: Body = {"up_to": _said(tier.up_to), "unit_price": _said(tier.unit_price)}
    body["flat"] = _said(tier.flat)
    if tier.rate is not None:
        body = {"up_to": body["up_to"], "flat": body["flat"], "rate": _said(tier.rate)}
    return body


def _order(order: Ordered) -> Body:
    lines = [
        {
            "text": line.text,
            "quantity": _said(line.quantity),
            "unit_price": _said(line.unit_price),
            "tax_class": line.tax_class,
            "tax_included": line.tax_included,
        }
        for line in order.lines
    ]
    return {"customer": "ext:customer", "on": order.on.isoformat(), "lines": lines}


def _record(used: Used) -> Body:
    record = used.record
    body: Body = {
        "meter": used.meter,
        "subscription": f"ext:{_name(used.subscription)}",
        "key": record.key,
        "at": record.at.isoformat(),
        "value": _said(record.value),
        "properties": dict(record.properties),
    }
    if record.amount is not None:
        body["amount"] = _said(record.amount)
    return body


def _start(row: Row) -> Body:
    assert row.plan is not None
    return {
        "contract": "ext:contract",
        "external_id": _name(row.subscription),
        "plan": f"code:{row.plan.code}",
        "quantity": _said(Decimal(1) if row.quantity is None else row.quantity),
        "on": row.on.isoformat(),
    }


def _change(row: Row) -> Body:
    body: Body = {"kind": row.kind.value}
    if row.kind is not ChangeKind.UNDO or row.on != row.recorded_on:
        body["on"] = row.on.isoformat()
    if row.when is not When.NOW:
        body["when"] = row.when.value
    if row.plan:
        body["plan"] = f"code:{row.plan.code}"
    if row.quantity is not None:
        body["quantity"] = _said(row.quantity)
    if row.credit is not Credit.PRORATED:
        body["credit"] = row.credit.value
    if row.anchor_day is not None:
        body["anchor_day"] = row.anchor_day
    return body | _discount(row.discount) | _override(row.override)


def _discount(discount: Discount | None) -> Body:
    if discount is None:
        return {}
    body = {"percent": _said(discount.percent), "amount": _said(discount.amount)}
    given: Body = {name: value for name, value in body.items() if value is not None}
    if discount.periods is not None:
        given["periods"] = discount.periods
    if discount.price_codes is not None:
        given["prices"] = list(discount.price_codes)
    return given


def _override(override: Override | None) -> Body:
    if override is None:
        return {}
    body: Body = {"price": override.price_code}
    if override.amount is not None:
        body["amount"] = _said(override.amount)
    if override.unit_price is not None:
        body["unit_price"] = _said(override.unit_price)
    if override.tiers:
        body["tiers"] = [_tier(tier) for tier in override.tiers]
    return body


def _name(subscription: str) -> str:
    return subscription or "subscription"


def _said(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
