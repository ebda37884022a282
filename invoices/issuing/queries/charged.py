"""What was charged already, as the pure engine's values."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from billing.copying import uuid_array
from billing.pricing.difference import Charged, Line
from billing.pricing.parties import Parties, parties_as_printed
from billing.pricing.taxes import Tax
from invoices.issuing.models import Charge

COMMITMENT = "commitment "  # Before a plan's id: what tops up to its minimum commitment.


def charged(since: Mapping[UUID, date]) -> dict[UUID, list[Charged]]:
    """
    Return subscriptions' charges in the order in which they were made, as priced: in one query.

    Only those of stretches that start on or after the day that is given for a subscription. What
    takes back some units of another is told to belong to it by the other's quantity.
    """
    found: dict[UUID, list[Charged]] = {subscription_id: [] for subscription_id in since}
    if not since:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_CHARGED, [uuid_array(since), list(since.values())])
        for row in cursor.fetchall():
            charge = _Row(*row)
            found[charge.subscription_id].append(_as_charged(charge))
    return found


def parties_charged(subscription_id: UUID, line: Line) -> Parties | None:
    """Return between whom the charge was taxed that a credit takes back; None if it waits yet."""
    charges = Charge.objects.filter(
        subscription_id=subscription_id,
        stretch_starts_on=line.stretch_starts_on,
        price_code=line.price.code,
        tag=line.tag,
        is_credit=False,
        is_taxed_as_charged=False,  # It has the parties of another.
        invoice__isnull=False,
    )
    printed = charges.order_by("-ordinal").values_list(
        "invoice__seller_as_printed", "invoice__customer_as_printed"
    )
    for seller, customer in printed[:1]:
        return parties_as_printed(seller, customer)
    return None


class _Row(NamedTuple):
    """What a charge tells of what it was for, in the order of the query's columns."""

    subscription_id: UUID
    price_id: UUID | None
    plan_id: UUID | None
    stretch_starts_on: date
    starts_on: date
    ends_on: date
    tag: str
    quantity: Decimal
    measured: Decimal | None
    unit_price: Decimal | None
    priced_minor: int
    is_credit: bool
    is_concession: bool
    is_tax_decided: bool
    tax_category: str
    tax_percent: Decimal
    exemption_code: str
    exemption_text: str
    tax_override_id: UUID | None
    seller_vat_id: str


def _as_charged(row: _Row) -> Charged:
    """Return a charge of a subscription as the engine's value; its amount is that of the price."""
    return Charged(
        price_id=str(row.price_id) if row.price_id else f"{COMMITMENT}{row.plan_id}",
        stretch_starts_on=row.stretch_starts_on,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        tag=row.tag,
        quantity=row.quantity,
        measured=row.measured,
        unit_price=row.unit_price,
        amount_minor=row.priced_minor,
        is_credit=row.is_credit,
        is_concession=row.is_concession,
        tax=_tax(row) if row.is_tax_decided else None,
    )


def _tax(row: _Row) -> Tax:
    return Tax(
        row.tax_category,
        row.tax_percent,
        exemption_code=row.exemption_code,
        exemption_text=row.exemption_text,
        override_id=str(row.tax_override_id or ""),
        seller_vat_id=row.seller_vat_id,
    )


# Subscription by subscription, however the planner takes the tables to be: there is no better way.
# A charge keeps its tax if it doesn't wait for a document to decide it.
_CHARGED = """
    SELECT c.subscription_id, c.price_id, c.plan_id, c.stretch_starts_on, c.starts_on, c.ends_on,
           c.tag, coalesce(o.quantity, c.quantity), c.measured, c.unit_price, c.priced_minor,
           c.is_credit, c.is_concession, c.invoice_id IS NOT NULL OR c.is_taxed_as_charged,
           c.tax_category, c.tax_percent, c.exemption_code, c.exemption_text, c.tax_override_id,
           c.seller_vat_id
    FROM unnest(%s::uuid[], %s::date[]) AS open(subscription_id, since)
    CROSS JOIN LATERAL (
        SELECT * FROM invoices_charge
        WHERE subscription_id = open.subscription_id AND stretch_starts_on >= open.since
        OFFSET 0) AS c
    LEFT JOIN invoices_charge o ON o.id = c.corrects_id
    ORDER BY c.ordinal
"""
