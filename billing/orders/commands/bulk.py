"""Placing many orders at once: set-based, in one transaction, safe to repeat."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.customers.commands import create_missing_customers
from billing.customers.models import Customer
from billing.events import log
from billing.orders.events import order_placed
from billing.orders.models import Order, OrderLine
from billing.sellers.models import Seller
from billing.sellers.queries import today

COMPARED = (
    "customer", "date", "currency", "quantity", "unit price", "tax class", "tax included", "text",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOrder:
    """
    An order of one line, with the caller's own ids of order and customer.

    `customer_name` and `country` (None: the seller's) describe a customer that is not yet known.
    """

    external_id: str
    customer_id: str
    customer_name: str
    country: str | None
    ordered_on: date
    currency: str
    text: str
    quantity: Decimal
    unit_price: Decimal
    tax_class: str
    tax_included: bool

    @property
    def content(self) -> tuple[object, ...]:
        """What must agree where the order is there already; named by `COMPARED`."""
        return (
            self.customer_id,
            self.ordered_on,
            self.currency,
            self.quantity,
            self.unit_price,
            self.tax_class,
            self.tax_included,
            self.text,
        )


@dataclass(slots=True, kw_only=True)
class Loaded:
    """What became of a chunk of orders; a refused one with its reason."""

    new: list[BulkOrder] = field(default_factory=list)
    known: list[BulkOrder] = field(default_factory=list)
    refused: list[tuple[BulkOrder, str]] = field(default_factory=list)
    customers_new: int = 0


@transaction.atomic
def place_orders(*, seller: Seller, orders: Sequence[BulkOrder], at: datetime) -> Loaded:
    """
    Record orders with their lines and events, and the customers that are missing.

    What is there with the same content is passed over; the same id with other content is refused,
    and so is an order that names another country than its customer's. The number of queries
    doesn't depend on how many orders there are.
    """
    loaded = Loaded()
    first = _first_of_each(orders, loaded)
    fresh = _not_there(seller, first, loaded)
    if not fresh:
        return loaded
    fresh.sort(key=lambda order: order.external_id)  # So that two imports can't deadlock.
    customers, loaded.customers_new = create_missing_customers(
        seller=seller, wanted=_wanted(fresh, seller), at=at
    )
    wanted = [order for order in fresh if _is_of_country(order, customers, loaded)]
    _insert(seller, wanted, customers, loaded=loaded, at=at)
    return loaded


def _first_of_each(orders: Iterable[BulkOrder], loaded: Loaded) -> dict[str, BulkOrder]:
    """Return the orders by id; one that comes twice is known if it is the same, else refused."""
    first: dict[str, BulkOrder] = {}
    for order in orders:
        earlier = first.setdefault(order.external_id, order)
        if earlier is not order:
            _compare(order, earlier.content, loaded)
    return first


def _not_there(seller: Seller, orders: Mapping[str, BulkOrder], loaded: Loaded) -> list[BulkOrder]:
    contents = _contents(seller, orders)
    for external_id, content in contents.items():
        _compare(orders[external_id], content, loaded)
    return [order for order in orders.values() if order.external_id not in contents]


def _contents(seller: Seller, external_ids: Iterable[str]) -> dict[str, tuple[object, ...] | None]:
    """Return the content of each order that is there; None for one of several lines."""
    stored = Order.objects.filter(seller=seller, external_id__in=list(external_ids))
    contents: dict[str, tuple[object, ...] | None] = {}
    for order in stored.select_related("customer").prefetch_related("lines"):
        lines = list(order.lines.all())
        contents[str(order.external_id)] = _content(order, lines[0]) if len(lines) == 1 else None
    return contents


def _content(order: Order, line: OrderLine) -> tuple[object, ...]:
    return (
        order.customer.external_id,
        order.ordered_on,
        order.currency,
        line.quantity,
        line.unit_price,
        line.tax_class,
        line.tax_included,
        line.text,
    )


def _compare(order: BulkOrder, content: tuple[object, ...] | None, loaded: Loaded) -> None:
    """Note an order as known if it has that content, else as refused."""
    if content == order.content:
        loaded.known.append(order)
        return
    if content is None:
        what = "several lines"
    else:
        what = "another " + ", ".join(
            f"{name} ({_shown(was)}, not {_shown(now)})"
            for name, was, now in zip(COMPARED, content, order.content, strict=True)
            if was != now
        )
    loaded.refused.append((order, f"order {order.external_id} is there already, with {what}"))


def _shown(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _wanted(orders: Iterable[BulkOrder], seller: Seller) -> dict[str, dict[str, object]]:
    """Return what is known of each customer, as its first order tells."""
    wanted: dict[str, dict[str, object]] = {}
    for order in orders:
        wanted.setdefault(
            order.customer_id,
            {
                "name": order.customer_name,
                # Without a VAT id taxed alike; a business' invoices need the address, which no file
                # holds.
                "kind": Customer.Kind.CONSUMER,
                "country": order.country or seller.country,
                "locale": seller.locale,
            },
        )
    return dict(sorted(wanted.items()))


def _is_of_country(order: BulkOrder, customers: Mapping[str, Customer], loaded: Loaded) -> bool:
    """Return whether an order names no other country than its customer's: tax depends on it."""
    known = customers[order.customer_id].country
    if order.country in (None, known):
        return True
    reason = (
        f"customer {order.customer_id} is known in {known}, not in {order.country}: correct one of"
        " the two, since the tax depends on it"
    )
    loaded.refused.append((order, reason))
    return False


def _insert(
    seller: Seller,
    wanted: Sequence[BulkOrder],
    customers: Mapping[str, Customer],
    *,
    loaded: Loaded,
    at: datetime,
) -> None:
    """Write orders, lines and events; what another import wrote meanwhile is compared with it."""
    recorded_on = today(seller, at=at)
    rows = {
        order.external_id: Order(
            seller=seller,
            customer=customers[order.customer_id],
            external_id=order.external_id,
            currency=order.currency,
            ordered_on=order.ordered_on,
            recorded_on=recorded_on,
            recorded_at=at,
        )
        for order in wanted
    }
    Order.objects.bulk_create(rows.values(), ignore_conflicts=True)
    ids = [row.pk for row in rows.values()]
    written = set(Order.objects.filter(pk__in=ids).values_list("external_id", flat=True))
    loaded.new = [order for order in wanted if order.external_id in written]
    overtaken = {order.external_id: order for order in wanted if order.external_id not in written}
    if overtaken:
        _not_there(seller, overtaken, loaded)
    OrderLine.objects.bulk_create(_line(rows[order.external_id], order) for order in loaded.new)
    log.append([order_placed(rows[order.external_id]) for order in loaded.new], at=at)


def _line(row: Order, order: BulkOrder) -> OrderLine:
    return OrderLine(
        seller_id=row.seller_id,
        order=row,
        position=1,
        text=order.text,
        quantity=order.quantity,
        unit_price=order.unit_price,
        tax_class=order.tax_class,
        tax_included=order.tax_included,
    )
