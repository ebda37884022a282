"""The lists of the API, from the URL configuration, and a seller with a row in each."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver

from billing.sellers.models import Seller
from config.urls import api
from invoices.credit_notes.commands import order_correction
from invoices.credit_notes.queries.wanted import Wanted
from invoices.issuing.models import Invoice
from tests import factories
from tests.api.conftest import bill_all


def list_views(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, Any]]:
    """Yield the route of each list with its method."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from list_views(pattern.url_patterns)
        else:
            view = getattr(pattern.callback, "view_class", None)
            method = getattr(view, "get", None)
            if getattr(method, "is_list", False):
                yield str(pattern.pattern), method


LISTS = dict(list_views(api))


class House:
    """A seller that trades: each time there is one more of everything that is listed."""

    def __init__(self, seller: Seller) -> None:
        self.seller = seller
        self.customer = factories.customer(seller, external_id="A1", email="a@customer.example")
        self.plan = factories.plan(seller, code="pro")
        self.contract = factories.contract(self.customer, external_id="C1")
        coupon = factories.coupon(seller)
        self.subscription = factories.subscription(
            self.contract, self.plan, external_id="S1", coupon=coupon.code
        )
        factories.order(self.customer, external_id="O1")
        factories.meter(seller, code="calls")
        self.later = factories.customer(seller, external_id="later", grouping="monthly")
        bill_all(seller)
        invoice = Invoice.objects.filter(seller=seller, contract=self.contract)[0]
        factories.document(invoice)
        self.invoice = invoice

    # One more each time is too much for a test, or there can't be one.
    seldom = {"seller/registrations", "exchange-rates", "tax-overrides", "usage", "usage/days",
              "subscriptions/<reference:id>/changes", "invoices/<reference:id>/corrections",
              "billing-runs", "failure-causes/<reference:id>/notes"}  # fmt: skip

    def trade_more(self, number: int) -> None:
        """Add a row to every list, to those that hold seldom things too."""
        self.trade()
        after = timedelta(days=1 + number)
        factories.billing_run(
            self.seller, day=factories.TODAY + after, started_at=factories.AT + after,
            finished_at=factories.AT + after, counted_at=factories.AT + after,
        )  # fmt: skip

    def trade(self) -> None:
        """Add a row to every list."""
        seller, customer = self.seller, factories.customer(self.seller)
        plan, product = factories.plan(seller), factories.product(seller)
        factories.price_of(plan, code="more")
        factories.meter(seller)
        contract = factories.contract(self.customer)
        factories.subscription(contract, plan)
        factories.order(customer, factories.line(), factories.line())
        factories.order(self.customer, factories.line())
        factories.order(self.later, factories.line())
        factories.money(self.customer)
        factories.coupon(seller, code=product.code)
        factories.vat_id_check(self.customer)
        factories.endpoint(seller)
        factories.api_key(seller)
        unpriced = factories.line(product=product, unit_price=None, tax_class="")
        factories.order(customer, unpriced)  # Fails: the product has no price.
        bill_all(seller)
        latest = Invoice.objects.filter(seller=seller, kind="invoice").latest("id")
        factories.delivery(latest, address=f"{latest.number}@customer.example")
        wanted = Wanted(reason="Wrong", bill_again=False)
        order_correction(invoice_id=latest.pk, wanted=wanted, by="clerk", at=factories.AT)
        bill_all(seller)
