"""From what a human has in hand, an id or a number, to the transaction that it belongs to."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db.models import QuerySet

from billing.contracts.events import SUBSCRIPTION_CHANGED
from billing.contracts.models import SubscriptionChange
from billing.events.models import Event
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order
from billing.sellers.models import Seller
from invoices.issuing.models import Charge, Invoice

_Rows = Sequence[tuple[UUID, UUID]]  # Transaction id, seller id.


class Ambiguous(Exception):
    """Several sellers have what was named; the text lists them."""


def resolve(text: str, *, seller_id: UUID | None = None) -> UUID | None:
    """
    Return the transaction id of what is named; None if nothing is, or not by that seller.

    It may be the id of a transaction, event, invoice, charge, order or subscription change, the
    number of an invoice, or the caller's own id of an order.

    :raises Ambiguous: if the number or the caller's own id is found at several sellers.
    """
    if "\0" in text or not _is_encodable(text):
        return None  # The database couldn't even be asked.
    try:
        finders, key = _BY_ID, str(UUID(text))
    except ValueError:
        finders, key = _BY_NAME, text
    for find in finders:
        found = {row for row in find(key) if seller_id in (None, row[1])}
        if len(found) > 1:
            raise Ambiguous(_several(text, [seller for _, seller in found]))
        for transaction_id, _ in found:
            return transaction_id
    return None


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _in_transaction(key: str) -> _Rows:
    return _rows(Event.objects.filter(transaction_id=key))


def _event(key: str) -> _Rows:
    return _rows(Event.objects.filter(pk=key))


def _invoice(key: str) -> _Rows:
    return _rows(Invoice.objects.filter(pk=key))


def _charge(key: str) -> _Rows:
    return _rows(Charge.objects.filter(pk=key))


def _order(key: str) -> _Rows:
    return _told_by(ORDER_PLACED, Order.objects.filter(pk=key))


def _change(key: str) -> _Rows:
    return _told_by(SUBSCRIPTION_CHANGED, SubscriptionChange.objects.filter(pk=key))


def _numbered(key: str) -> _Rows:
    # The index begins with the seller: name them all, rather than read every invoice.
    return _rows(Invoice.objects.filter(seller__in=Seller.objects.all(), number=key))


def _ordered_as(key: str) -> _Rows:
    orders = Order.objects.filter(seller__in=Seller.objects.all(), external_id=key)
    return _told_by(ORDER_PLACED, orders)


_BY_ID: tuple[Callable[[str], _Rows], ...] = (
    _in_transaction,
    _event,
    _invoice,
    _charge,
    _order,
    _change,
)
_BY_NAME: tuple[Callable[[str], _Rows], ...] = (_numbered, _ordered_as)


def _rows(rows: QuerySet[Event] | QuerySet[Invoice] | QuerySet[Charge]) -> _Rows:
    return list(rows.order_by().values_list("transaction_id", "seller_id").distinct())


def _told_by(event_type: str, facts: QuerySet[Order] | QuerySet[SubscriptionChange]) -> _Rows:
    rows: set[tuple[UUID, UUID]] = set()
    for pk, seller_id in facts.values_list("pk", "seller_id"):
        key = f"{event_type}:{pk}"
        rows.update(_rows(Event.objects.filter(seller_id=seller_id, idempotency_key=key)))
    return list(rows)


def _several(text: str, seller_ids: Sequence[UUID]) -> str:
    names = Seller.objects.filter(pk__in=seller_ids).order_by("name").values_list("name", "id")
    listed = ", ".join(f"{name} ({pk})" for name, pk in names)
    return f"{text} is found at several sellers: {listed}. Name one with --seller."
