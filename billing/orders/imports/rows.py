"""From the cells of a row to an order, or to all reasons why it isn't one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from iso3166 import countries_by_alpha2

from billing.catalog.models import TAX_CLASSES
from billing.money import EXACT, UnknownCurrency, minor_digits, to_minor
from billing.orders.commands import BulkOrder
from billing.sellers.models import Seller
from billing.texts import first_control

LONGEST_ID, LONGEST_NAME, LONGEST_TEXT = 100, 200, 300
EARLIEST = date(1900, 1, 1)
MOST_MINOR = 10**15
HIGHEST_PRICE = 10**18
DECIMALS = 12  # Of quantities and unit prices.
_PRICE_STEP = Decimal(1).scaleb(-DECIMALS)
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,30})?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(\.\d{3})+(,\d+)?", re.ASCII)  # 1.234,50

Cells = Mapping[str, str]


class ValueRefused(ValueError):
    """A cell can't be taken; the text says why."""


class RowRefused(ValueError):
    """A row can't be taken, for each of the reasons."""

    def __init__(self, reasons: list[str]) -> None:
        """Keep all reasons."""
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    What holds for all rows, unless a cell says otherwise.

    `country` overrides the column (None: it doesn't). `text` may hold `{order}`.
    """

    seller: Seller
    today: date
    is_net: bool
    tax_class: str
    country: str | None
    text: str
    has_decimal_comma: bool


def read_order(cells: Cells, terms: Terms) -> BulkOrder:
    """
    Return the order that a row's cells state.

    `amount` is that of the whole order: the unit price is its share per unit of the quantity.

    :raises RowRefused: with all that is wrong with the row.
    """
    values: dict[str, Any] = {}
    reasons: list[str] = []
    for name, read in _READERS.items():
        try:
            values[name] = read(cells, terms)
        except ValueRefused as refusal:
            reasons.append(str(refusal))
    if reasons:
        raise RowRefused(reasons)
    amount: Decimal = values.pop("amount")
    unit_price = EXACT.divide(amount, values["quantity"]).quantize(_PRICE_STEP, context=EXACT)
    order = BulkOrder(
        unit_price=unit_price,
        tax_included=not terms.is_net,
        **values,
    )
    _check_total(order, amount)
    return order


def _check_total(order: BulkOrder, amount: Decimal) -> None:
    """Refuse a quantity whose unit price can't be stored, or can't give the amount again."""
    total = EXACT.multiply(order.quantity, order.unit_price)
    is_lost = to_minor(total, order.currency) != to_minor(amount, order.currency)
    if is_lost or not order.unit_price or order.unit_price >= HIGHEST_PRICE:
        raise RowRefused([f"amount {amount} can't be split into {order.quantity} units"])


def _identity(what: str, longest: int) -> Callable[[Cells, Terms], str]:
    def read(cells: Cells, _terms: Terms) -> str:
        identity = _text(what, cells[what], longest)
        if not identity.isprintable():
            raise ValueRefused(f"{what} contains a line break or control character")
        return identity

    return read


def _text(what: str, value: str, longest: int) -> str:
    if not value:
        raise ValueRefused(f"{what} is empty")
    if len(value) > longest:
        raise ValueRefused(f"{what} has {len(value)} characters: at most {longest} are possible")
    if control := first_control(value, has_lines=True):
        raise ValueRefused(f"{what} contains a control character ({control}): leave it out")
    if any("\udc80" <= character <= "\udcff" for character in value):
        raise ValueRefused(f"{what} is not UTF-8")
    return value


def _customer_name(cells: Cells, _terms: Terms) -> str:
    name = cells.get("customer_name")
    # Without a name the id is shown; what is wrong with that is a reason of its own.
    return _text("customer_name", name, LONGEST_NAME) if name else cells["customer"]


def _line_text(cells: Cells, terms: Terms) -> str:
    if text := cells.get("text"):
        return _text("text", text, LONGEST_TEXT)
    text = terms.text.replace("{order}", cells["order"])
    if len(text) > LONGEST_TEXT:
        raise ValueRefused(f"text has {len(text)} characters: at most {LONGEST_TEXT} are possible")
    return text


def _date(cells: Cells, terms: Terms) -> date:
    value = cells["date"]
    try:
        on = date.fromisoformat(value)
    except ValueError:
        on = None
    if on is None or value != on.isoformat():
        raise ValueRefused(f"date {value!r} is no date such as 2026-01-31")
    if on < EARLIEST:
        raise ValueRefused(f"date {on} is before {EARLIEST}")
    if on > terms.today:
        raise ValueRefused(f"date {on} is after {terms.today}, the seller's today")
    return on


def _currency(cells: Cells, terms: Terms) -> str:
    currency = cells.get("currency") or terms.seller.currency
    try:
        minor_digits(currency)
    except UnknownCurrency as unknown:
        raise ValueRefused(f"currency: {unknown}") from None
    return currency


def _amount(cells: Cells, terms: Terms) -> Decimal:
    amount = _positive("amount", cells["amount"], terms)
    try:
        currency = _currency(cells, terms)
    except ValueRefused:
        return amount  # That is a reason of its own.
    digits = minor_digits(currency)
    if _decimals(amount) > digits:
        raise ValueRefused(f"amount {amount} has more than the {digits} decimals of {currency}")
    if to_minor(amount, currency) > MOST_MINOR:
        raise ValueRefused(f"amount {amount} is more than can be charged at once")
    return amount


def _quantity(cells: Cells, terms: Terms) -> Decimal:
    quantity = _positive("quantity", cells.get("quantity") or "1", terms)
    if _decimals(quantity) > DECIMALS:
        raise ValueRefused(f"quantity {quantity} has more than {DECIMALS} decimals")
    return quantity


def _positive(what: str, value: str, terms: Terms) -> Decimal:
    if "," in value and not terms.has_decimal_comma:
        raise ValueRefused(
            f"{what} {value!r} has a comma: write 1234.50, or pass --decimal-comma for 1234,50"
        )
    plain = value
    if terms.has_decimal_comma:
        is_grouped = "." not in value or _GROUPED.fullmatch(value)
        plain = value.replace(".", "").replace(",", ".") if is_grouped else ""
    if _NUMBER.fullmatch(plain.removeprefix("-")) is None:
        example = "1234,50" if terms.has_decimal_comma else "1234.50"
        raise ValueRefused(f"{what} {value!r} is no number such as {example}")
    number = Decimal(plain)
    if number <= 0:
        raise ValueRefused(f"{what} {value} is {'negative' if number < 0 else 'zero'}")
    return number


def _decimals(number: Decimal) -> int:
    """Return how many decimals a number has; those of 1.50 are one."""
    exponent = number.normalize(EXACT).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _country(cells: Cells, terms: Terms) -> str | None:
    country = terms.country or cells.get("country") or None
    if country is not None and country not in countries_by_alpha2:
        raise ValueRefused(
            f"country {country!r} is no ISO 3166 code such as DE: pass --country DE to take all"
            " customers as domestic"
        )
    return country


def _tax_class(cells: Cells, terms: Terms) -> str:
    tax_class = cells.get("tax") or terms.tax_class
    if tax_class not in TAX_CLASSES:
        raise ValueRefused(f"tax {tax_class!r} is none of {', '.join(TAX_CLASSES)}")
    return tax_class


_READERS: dict[str, Callable[[Cells, Terms], object]] = {
    "external_id": _identity("order", LONGEST_ID),
    "customer_id": _identity("customer", LONGEST_ID),
    "customer_name": _customer_name,
    "country": _country,
    "ordered_on": _date,
    "currency": _currency,
    "amount": _amount,
    "quantity": _quantity,
    "text": _line_text,
    "tax_class": _tax_class,
}
