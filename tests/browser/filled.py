"""A seller with something on each page that is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.urls import reverse

from billing.events.models import Event, Failure, FailureCause
from billing.sellers.models import Seller, TestClock
from invoices.issuing.models import Hold, Invoice
from invoices.overview.commands import count_figures
from tests import factories
from tests.admin.houses import House, house
from tests.handling import handle

MARK = "charlie"


@dataclass(frozen=True, slots=True)
class Filled:
    """The seller, and the addresses of its pages by a name of each."""

    seller: Seller
    pages: Mapping[str, str]


def fill() -> Filled:
    """Make a house of a seller that has billed for some days, with failures of one cause."""
    made = house(MARK)
    _sell(made)
    _fail_alike(made, 2)
    count_figures(at=factories.AT + timedelta(days=30))
    return Filled(made.seller, _pages(made))


def _sell(of: House) -> None:
    """Bill a few orders, in two currencies."""
    for day in range(2, 26, 3):
        TestClock.objects.filter(seller=of.seller).update(today=factories.TODAY.replace(day=day))
        for number in range(day % 2 + 1):
            line = factories.line(text="Training", unit_price=Decimal(50 + 37 * day % 300))
            currency = "USD" if day % 5 == 0 else "EUR"
            name = f"{of.mark}-{day}-{number}"
            factories.order(of.customer, line, external_id=name, currency=currency)
            event = Event.objects.get(seller=of.seller, state="waiting", type="order.placed")
            handle(event, at=factories.AT + timedelta(days=day - 1))


def _fail_alike(of: House, count: int) -> None:
    """Place orders of a product without a price."""
    product = factories.product(of.seller, code=f"{of.mark}-unpriced", name="Workshop")
    for _ in range(count):
        line = factories.line(product=product, unit_price=None, tax_class="")
        factories.order(of.customer, line)
    for event in Event.objects.filter(seller=of.seller, state="waiting", type="order.placed"):
        handle(event, at=factories.AT + timedelta(days=25))


def _pages(of: House) -> dict[str, str]:
    failure = Failure.objects.filter(seller=of.seller, cause__mend_kind="product")[0]
    cause = FailureCause.objects.get(pk=failure.cause_id)
    hold = Hold.objects.get(seller=of.seller)
    invoice = Invoice.objects.filter(seller=of.seller).earliest("issued_at")
    story = of.order_event.transaction_id
    return {
        "start": reverse("admin:index"),
        "found": f"{reverse('admin:find')}?q={of.mark}",
        "causes": reverse("admin:billing_failurecause_changelist"),
        "cause": reverse("admin:billing_failurecause_change", args=[cause.pk]),
        "retry": reverse("admin:billing_failure_retry", args=[failure.pk]),
        "failures": reverse("admin:billing_failure_changelist"),
        "failure": reverse("admin:billing_failure_change", args=[failure.pk]),
        "holds": reverse("admin:invoices_hold_changelist"),
        "hold": reverse("admin:invoices_hold_change", args=[hold.pk]),
        "approve": reverse("admin:invoices_hold_approve", args=[hold.pk]),
        "invoices": reverse("admin:invoices_invoice_changelist"),
        "invoice": reverse("admin:invoices_invoice_change", args=[invoice.pk]),
        "customers": reverse("admin:billing_customer_changelist"),
        "customer": reverse("admin:billing_customer_change", args=[of.customer.pk]),
        "contract": reverse("admin:billing_contract_change", args=[of.contract.pk]),
        "price": reverse("admin:billing_price_add"),
        "transaction": reverse("admin:billing_event_transaction", args=[story]),
        "events": reverse("admin:billing_event_changelist"),
        "deeds": reverse("admin:billing_staffaction_changelist"),
    }
