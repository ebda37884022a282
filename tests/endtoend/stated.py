"""Who agrees on what in a scenario, and what happens then, as bodies for the API."""

from decimal import Decimal

from billing.pricing.terms import ChangeKind, Credit, Discount, Override, When
from billing.simulation.scenario import Ordered, Row, Scenario, Used
from tests.endtoend.sold import tier_body
from tests.endtoend.words import Body, name_of, said


def customer_body(scenario: Scenario) -> Body:
    customer = scenario.customer
    return {
        "external_id": "customer",
        "name": "Customer",
        "kind": customer.kind,
        "street": "Hauptstr. 1",
        "postcode": "10115",
        "city": "Berlin",
        "country": customer.country,
        "vat_id": customer.vat_id or "",
        "delivery_country": customer.delivery_country or "",
        "grouping": scenario.contract.grouping.value,
        "invoice_day": scenario.contract.invoice_day,
    }


def contract_body(scenario: Scenario) -> Body:
    term = scenario.contract.term
    body: Body = {"customer": "ext:customer", "external_id": "contract"}
    if term:
        body["term"] = {
            "initial_months": term.initial_months,
            "renewal_months": term.renewal_months,
            "notice_months": term.notice_months,
        }
    return body


def order_body(order: Ordered) -> Body:
    lines = [
        {
            "text": line.text,
            "quantity": said(line.quantity),
            "unit_price": said(line.unit_price),
            "tax_class": line.tax_class,
            "tax_included": line.tax_included,
            "supply": line.supply_kind.value,
        }
        for line in order.lines
    ]
    return {"customer": "ext:customer", "on": order.on.isoformat(), "lines": lines}


def record_body(used: Used) -> Body:
    record = used.record
    body: Body = {
        "meter": used.meter,
        "subscription": f"ext:{name_of(used.subscription)}",
        "key": record.key,
        "at": record.at.isoformat(),
        "value": said(record.value),
        "properties": dict(record.properties),
    }
    if record.amount is not None:
        body["amount"] = said(record.amount)
    return body


def start_body(row: Row) -> Body:
    assert row.plan is not None
    return {
        "contract": "ext:contract",
        "external_id": name_of(row.subscription),
        "plan": f"code:{row.plan.code}",
        "quantity": said(Decimal(1) if row.quantity is None else row.quantity),
        "on": row.on.isoformat(),
    }


def change_body(row: Row) -> Body:
    body: Body = {"kind": row.kind.value}
    if row.kind is not ChangeKind.UNDO or row.on != row.recorded_on:
        body["on"] = row.on.isoformat()
    if row.when is not When.NOW:
        body["when"] = row.when.value
    if row.plan:
        body["plan"] = f"code:{row.plan.code}"
    if row.quantity is not None:
        body["quantity"] = said(row.quantity)
    if row.credit is not Credit.PRORATED:
        body["credit"] = row.credit.value
    if row.anchor_day is not None:
        body["anchor_day"] = row.anchor_day
    return body | _discount(row.discount) | _override(row.override)


def _discount(discount: Discount | None) -> Body:
    if discount is None:
        return {}
    body = {"percent": said(discount.percent), "amount": said(discount.amount)}
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
        body["amount"] = said(override.amount)
    if override.unit_price is not None:
        body["unit_price"] = said(override.unit_price)
    if override.tiers:
        body["tiers"] = [tier_body(tier) for tier in override.tiers]
    return body
