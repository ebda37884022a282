"""What the customer wants to find on a document: the numbers of its own order and project."""

from collections.abc import Sequence

from billing.contracts.models import Contract
from billing.orders.models import Order
from invoices.issuing.models import Charge

_NAMES = ("purchase_order", "project_reference")


def references_as_printed(lines: Sequence[Charge], of: Contract | Order | None) -> dict[str, str]:
    """
    Return the customer's references of what stands on a document: `of` one alone, if given.

    Several are named one after the other. Source: EN 16931 BT-13, BT-11.
    """
    found = [of] if of else _sources(lines)
    said = {name: dict.fromkeys(getattr(each, name) for each in found) for name in _NAMES}
    return {name: ", ".join(text for text in texts if text) for name, texts in said.items()}


def _sources(lines: Sequence[Charge]) -> list[Contract | Order]:
    """Return the contracts and orders that lines are of, in the order in which they were made."""
    subscriptions = {line.subscription_id for line in lines if line.subscription_id}
    order_lines = {line.order_line_id for line in lines if line.order_line_id}
    found: list[Contract | Order] = []
    if subscriptions:
        contracts = Contract.objects.filter(subscriptions__in=subscriptions)
        found += contracts.distinct().order_by("pk")
    if order_lines:
        found += Order.objects.filter(lines__in=order_lines).distinct().order_by("pk")
    return found
