"""What can keep an event from being billed, in plain words, with the money at stake."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.catalog.models import Price
from billing.catalog.queries import PriceMissing, price_terms
from billing.contracts.models import Contract, SubscriptionChange
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.events.causes import HELD, place_of
from billing.events.models import Event
from billing.events.tries import Trouble
from billing.exchange.queries import ExchangeRateMissing
from billing.mending import NOTHING, Mend, mend_of
from billing.money import UnknownCurrency, to_minor
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order, OrderLine
from billing.pricing.prices import ContradictoryPlan, PriceKind
from billing.pricing.rating import full_price
from billing.pricing.taxes import TaxDataMissing, TaxNotDecided
from billing.pricing.timeline import ContradictoryTimeline
from invoices.issuing.events import ORDER_REOPENED
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.contents import (
    CustomerDataMissing,
    FormatDoesNotFit,
    InvoiceContentMissing,
    SellerDataMissing,
    SeveralVatIds,
)
from invoices.issuing.queries.held import Held
from invoices.issuing.queries.series import NumberSeriesAhead

DEFECT = "defect"
MOST_MINOR = 2**63 - 1  # What a column of minor units holds.

# What was foreseen: class of exception → class of failure and remedy. The exception's own text is
# the reason.
_FORESEEN: dict[type[Exception], tuple[str, str]] = {
    PriceMissing: (
        "price_missing",
        "Add a price in the currency that is on sale on that day, then retry. A subscription can "
        "also get another plan, or be cancelled, on the day that failed.",
    ),
    TaxDataMissing: (
        "tax_data_missing",
        "Add the rate for the country, class and day (admin: Catalog → Tax rates), or override the "
        "tax (Catalog → Tax overrides), then retry; a class that the country doesn't have is a "
        "slip of the price or order.",
    ),
    TaxNotDecided: (
        "tax_not_decided",
        "Check both countries; if they are right, record where the seller is registered for VAT, "
        "or override the tax, then retry.",
    ),
    ExchangeRateMissing: (
        "exchange_rate_missing",
        "Enter the rate under Catalog → Own exchange rates in the admin or by POST "
        "/api/v1/exchange-rates, or import those of the ECB or BMF (manage.py "
        "import_exchange_rates), then retry.",
    ),
    SellerDataMissing: (
        "seller_data_missing",
        "Enter it on the seller's page in the admin (Seller → Sellers), or what is neither name, "
        "tax nor bank by PATCH /api/v1/seller, then retry.",
    ),
    CustomerDataMissing: (
        "customer_data_missing",
        "Enter it on the customer's page in the admin (Customers → Customers) or by "
        "PATCH /api/v1/customers/ID, then retry.",
    ),
    SeveralVatIds: (
        "several_vat_ids",
        "Order what is taxed in each country separately (of collected documents: with the grouping "
        "per event), then write this one off.",
    ),
    InvoiceContentMissing: (
        "invoice_content_missing",
        "Enter it where the line comes from (the order, or the text of the price in the admin "
        "under Catalog → Prices), then retry.",
    ),
    FormatDoesNotFit: (
        "format_does_not_fit",
        "Choose another format of documents on the customer's page in the admin (Customers → "
        "Customers) or by PATCH /api/v1/customers/ID: ZUGFeRD or PDF; then retry.",
    ),
    ContradictoryTimeline: (
        "timeline_contradicts",
        "Record the change that mends the timeline (or an undo), then retry.",
    ),
    ContradictoryPlan: (
        "plan_contradicts",
        "Sell a plan whose terms agree, change the subscription to it, then retry.",
    ),
    UnknownCurrency: (
        "currency_unknown",
        "Make the contract or order in a currency of ISO 4217, and write this one off.",
    ),
    Held: (
        HELD,
        "Look at it in the admin (Oversight → Approvals), and approve or reject it; or mend what "
        "it rests on, then retry: it is looked at anew.",
    ),
    NumberSeriesAhead: (
        "number_series_ahead",
        "Set the clock right, or wait for the date of the latest document, then retry.",
    ),
}


def is_foreseen(error: Exception) -> bool:
    """Return whether an exception says what is wrong with the facts; else it is a defect."""
    return isinstance(error, tuple(_FORESEEN))


def trouble(error: Exception, event: Event) -> Trouble:
    """Return what is wrong with an event, for a human."""
    code, remedy = _code_and_remedy(error)
    money = _money_at_stake(event)
    foreseen = is_foreseen(error)
    return Trouble(
        code=code,
        reason=_reason(error, code),
        remedy=remedy,
        error_class=type(error).__name__,
        money_at_stake_minor=min(money[0], MOST_MINOR) if money else None,
        currency=money[1] if money else "",
        mend=_mend(error, event) if foreseen else NOTHING,
        place=type(error).__name__ if foreseen else place_of(error),
    )


def code_and_reason(error: Exception) -> tuple[str, str]:
    """Return what an exception is called as a failure, and its reason in plain words."""
    code, _ = _code_and_remedy(error)
    return code, _reason(error, code)


def _mend(error: Exception, event: Event) -> Mend:
    """Return what must be mended, with the row that an exception couldn't know."""
    mend = mend_of(error)
    if isinstance(error, ContradictoryTimeline):
        return Mend("contract", str(event.stream_id))
    if mend.kind == "seller":
        return mend.of(event.seller_id)
    return mend.of(_customer_id(event)) if mend.kind == "customer" else mend


def _customer_id(event: Event) -> UUID | None:
    """Return whose document an event asks for."""
    if event.type == CUSTOMER_DAY_ENDED:
        return event.stream_id
    for kind in (Contract, Order):
        found = kind.objects.filter(pk=event.stream_id).values_list("customer_id", flat=True)
        if customer_id := found.first():
            return customer_id
    return (
        Invoice.objects.filter(pk=event.payload.get("invoice_id"))
        .values_list("customer_id", flat=True)
        .first()
    )


def _code_and_remedy(error: Exception) -> tuple[str, str]:
    return next(
        (row for kind, row in _FORESEEN.items() if isinstance(error, kind)),
        (DEFECT, "Report it to the developers with the transaction id; retry once it is mended."),
    )


def _reason(error: Exception, code: str) -> str:
    return str(error) if code != DEFECT else f"{type(error).__name__}: {error}"


def _money_at_stake(event: Event) -> tuple[int, str] | None:
    """Return an estimate of what an event is worth; None if the facts don't tell."""
    try:
        if event.type in (ORDER_PLACED, ORDER_REOPENED):
            return _worth_of_order(UUID(event.payload["order_id"]))
        if event.type == CUSTOMER_DAY_ENDED:
            return _worth_of_day(event.stream_id)
        return _worth_of_contract(event)
    except (UnknownCurrency, KeyError, Order.DoesNotExist, Contract.DoesNotExist):
        return None


def _worth_of_order(order_id: UUID) -> tuple[int, str] | None:
    currency = Order.objects.values_list("currency", flat=True).get(pk=order_id)
    listed = Price.objects.filter(product=OuterRef("product"), currency=currency)
    each = Coalesce("amount", "unit_price")  # The one that its model has.
    latest = Subquery(listed.order_by("-valid_from").values(each=each)[:1])
    lines = OrderLine.objects.filter(order_id=order_id)
    worth = lines.aggregate(sum=Sum(F("quantity") * Coalesce(F("unit_price"), latest)))["sum"]
    return None if worth is None else (to_minor(worth, currency), currency)


def _worth_of_day(customer_id: UUID) -> tuple[int, str] | None:
    """Return what waits to be collected of a customer, in the currency in which most does."""
    waiting = Charge.objects.filter(customer_id=customer_id, invoice__isnull=True)
    sums = waiting.values_list("currency").annotate(sum=Sum("amount_minor"))
    return max(((worth, currency) for currency, worth in sums), default=None)


def _worth_of_contract(event: Event) -> tuple[int, str] | None:
    """Return what a period of the plans in question costs, in any currency on offer."""
    currency = Contract.objects.values_list("currency", flat=True).get(pk=event.stream_id)
    changes = SubscriptionChange.objects.filter(subscription__contract_id=event.stream_id)
    if change_id := event.payload.get("change_id"):
        changes = changes.filter(pk=change_id)
    quantities: dict[UUID | None, Decimal] = {
        plan_id: quantity if quantity is not None else Decimal(1)
        for plan_id, quantity in changes.filter(plan__isnull=False).values_list(
            "plan_id", "quantity"
        )
    }
    prices = list(Price.objects.filter(plan_id__in=[plan_id for plan_id in quantities if plan_id]))
    same = [price for price in prices if price.currency == currency]
    return _sum_of(same or prices, quantities)


def _sum_of(
    prices: Iterable[Price], quantities: dict[UUID | None, Decimal]
) -> tuple[int, str] | None:
    latest = {(price.plan_id, price.code): price for price in prices}
    if not latest:
        return None
    currency = next(iter(latest.values())).currency
    worth = sum(
        full_price(price_terms(price), quantities[price.plan_id])
        for price in latest.values()
        if price.currency == currency and price.kind != PriceKind.USAGE
    )
    return to_minor(Decimal(worth), currency), currency
