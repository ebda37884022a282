"""What was charged already, as the pure engine's values."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from billing.pricing.difference import Charged, Line
from billing.pricing.parties import Parties, parties_as_printed
from invoices.issuing.models import Charge
from invoices.issuing.queries.taxes import tax_of

COMMITMENT = "commitment "  # Before a plan's id: what tops up to its minimum commitment.


def charged(subscription_id: UUID, *, since: date) -> Iterable[Charged]:
    """
    Return a subscription's charges in the order in which they were made, as priced.

    Only those of stretches that start on or after a day.
    """
    charges = Charge.objects.filter(subscription_id=subscription_id, stretch_starts_on__gte=since)
    for charge in charges.prefetch_related("corrects").order_by("ordinal"):
        yield as_charged(charge)


def as_charged(charge: Charge) -> Charged:
    """
    Return a charge of a subscription as the engine's value; its amount is that of the price.

    What takes back some units of another is told to belong to it by the other's quantity.
    """
    assert charge.ends_on is not None, "a charge of a subscription covers a period"
    return Charged(
        price_id=_price_id(charge),
        stretch_starts_on=charge.stretch_starts_on,
        starts_on=charge.starts_on,
        ends_on=charge.ends_on,
        tag=charge.tag,
        quantity=charge.corrects.quantity if charge.corrects else charge.quantity,
        measured=charge.measured,
        unit_price=charge.unit_price,
        amount_minor=charge.priced_minor,
        is_credit=charge.is_credit,
        is_concession=charge.is_concession,
        tax=tax_of(charge) if _is_tax_decided(charge) else None,
    )


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


def _is_tax_decided(charge: Charge) -> bool:
    """Return whether a charge will keep its tax: it does not wait for a document to decide it."""
    return charge.invoice_id is not None or charge.is_taxed_as_charged


def _price_id(charge: Charge) -> str:
    """Return the id of the price; that of a commitment is the one that pricing gives it."""
    return str(charge.price_id) if charge.price_id else f"{COMMITMENT}{charge.plan_id}"
