"""What an order demands: its lines, priced."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from django.db.models import Sum
from msgspec import structs

from billing.catalog.models import Price
from billing.catalog.queries import PriceMissing, on_sale, price_terms
from billing.mending import Mend
from billing.money import EXACT, to_minor
from billing.orders.models import Order, OrderLine
from billing.pricing.explanation import explain_purchase
from billing.pricing.prices import ZERO
from billing.pricing.rating import full_price
from billing.pricing.rating import unit_price as price_of_unit
from billing.pricing.taxes import Supply, SupplyKind
from invoices.issuing.models import Charge
from invoices.issuing.queries.drafts import DraftLine
from invoices.issuing.queries.lines import item_of


def lines_of_order(order: Order) -> list[DraftLine]:
    """
    Return the lines of an order, priced.

    :raises PriceMissing: if a line gives no price and its product has none in the currency.
    """
    return lines_of_orders([order])[order.pk]()


def lines_of_orders(orders: Sequence[Order]) -> dict[UUID, Callable[[], list[DraftLine]]]:
    """
    Return what gives the lines of each order, priced: in as many queries for many as for one.

    Each raises PriceMissing as `lines_of_order` does.
    """
    rows = OrderLine.objects.filter(order__in=orders).select_related("product")
    of: dict[UUID, list[OrderLine]] = {order.pk: [] for order in orders}
    for row in rows.order_by("order_id", "position"):
        of[row.order_id].append(row)
    lines = [line for mine in of.values() for line in mine]
    products = {line.product_id for line in lines if line.unit_price is None and line.product_id}
    prices = list(Price.objects.filter(product_id__in=products)) if products else []
    return {order.pk: partial(_lines_of, order, of[order.pk], prices) for order in orders}


def lines_of_order_reopened(order: Order, *, correction_id: str) -> list[DraftLine]:
    """
    Return the lines of an order less what stays charged of them: some were taken back.

    What was conceded of them stays given back.

    :raises PriceMissing: if a line gives no price and its product has none in the currency.
    """
    lines = lines_of_order(order)
    still = dict(
        Charge.objects.filter(order_line_id__in=[line.order_line_id for line in lines])
        .filter(is_concession=False)
        .values_list("order_line_id")
        .annotate(sum=Sum("priced_minor"))
    )
    return [_less(line, still.get(line.order_line_id, 0), correction_id) for line in lines]


def _lines_of(order: Order, lines: Sequence[OrderLine], prices: Sequence[Price]) -> list[DraftLine]:
    return [_order_line(order, line, prices) for line in lines]


def _less(line: DraftLine, charged_minor: int, correction_id: str) -> DraftLine:
    return structs.replace(
        line,
        priced_minor=line.priced_minor - charged_minor,
        cause=f"correction {correction_id}",
        explanation={**line.explanation, "charged_before_minor": charged_minor},
    )


def _order_line(order: Order, line: OrderLine, prices: Sequence[Price]) -> DraftLine:
    price = None
    if line.unit_price is None:
        price = _price_of_product(order, line, prices)
        terms = price_terms(price)
        unit_price = price_of_unit(terms) or ZERO  # It is flat or per unit: it has one.
        amount = full_price(terms, line.quantity)
    else:
        unit_price = line.unit_price
        amount = EXACT.multiply(line.quantity, line.unit_price)
    item = item_of(line.product)
    return DraftLine(
        subscription_id=None,
        price_id=price.id if price else None,
        price_code=price.code if price else "",
        order_line_id=line.id,
        cause=f"order {order.id}",
        is_credit=False,
        starts_on=order.ordered_on,
        ends_on=None,
        stretch_starts_on=order.ordered_on,
        text=line.text or (price.text if price else ""),
        quantity=line.quantity,
        unit_price=unit_price,
        priced_minor=to_minor(amount, order.currency),
        tax_included=price.tax_included if price else line.tax_included,
        supply=price_terms(price).supply if price else _supply(line),
        unit=price.unit if price else line.unit,
        item_number=line.item_number or item.get("item_number", ""),
        description=line.description or item.get("description", ""),
        explanation=dict(
            explain_purchase(
                price_terms(price) if price else None,
                quantity=line.quantity,
                unit_price=unit_price,
                tax_included=price.tax_included if price else line.tax_included,
                owed_minor=to_minor(amount, order.currency),
            )
        ),
    )


def _supply(line: OrderLine) -> Supply:
    return Supply(
        tax_class=line.tax_class,
        kind=SupplyKind(line.supply),
        exemption_code=line.exemption_code,
        exemption_text=line.exemption_text,
        product_id=str(line.product_id or ""),
    )


def _price_of_product(order: Order, line: OrderLine, prices: Sequence[Price]) -> Price:
    product = line.product
    assert product is not None
    for price in on_sale(prices, on=order.ordered_on):
        if price.product_id == product.id and price.currency == order.currency:
            return price  # There is one: see price_of_product_on_sale_once.
    raise PriceMissing(
        f"Product {product.code} has no price in {order.currency} on sale on {order.ordered_on}.",
        mend=Mend("product", str(product.pk), order.currency),
    )
