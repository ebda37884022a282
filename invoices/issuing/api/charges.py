"""Charges that stand on invoices and credit notes, over all of them: `/charges`."""

from django.db.models import QuerySet
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.lists.expansion import Showing
from billing.api.lists.filters import Filters, Identifier, Of, days
from billing.api.lists.listing import Listing
from billing.api.scoped import Endpoint
from billing.contracts.api.subscriptions import SUBSCRIPTION
from billing.contracts.models import Contract, Subscription
from billing.customers.api import CUSTOMER
from billing.customers.models import Customer
from invoices.issuing.api.invoices import INVOICE, InvoiceLineOutput
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.explained import EXPLAINED_BY


class ChargeOutput(InvoiceLineOutput):
    invoice = serializers.UUIDField(source="invoice_id")
    customer = serializers.UUIDField(source="customer_id")

    class Meta(InvoiceLineOutput.Meta):
        fields = [
            "id", "invoice", "customer",
            *[name for name in InvoiceLineOutput.Meta.fields if name != "id"],
            "currency", "transaction_id", "created_at",
        ]  # fmt: skip


class ChargeFilters(Filters):
    invoice = Of(Invoice, known_as="")
    customer = Of(Customer, column="invoice__customer")
    contract = Of(Contract, column="invoice__contract")
    subscription = Of(Subscription)
    transaction = Identifier(column="transaction_id")
    issued_from, issued_until = days("invoice__issue_date", leads=False, needs=True)
    starts_from, starts_until = days("starts_on", leads=False, needs=True)


def _up_to(charges: QuerySet[Charge], latest: QuerySet[Charge]) -> QuerySet[Charge]:
    """Say of the invoices too that they aren't newer: their index leads to the page."""
    invoices = Invoice.objects.filter(pk__lte=latest.values("invoice"))
    return charges.filter(invoice__in=invoices)


CHARGE_SHOWN = Showing(
    output=ChargeOutput,
    expands={"invoice": INVOICE, "customer": CUSTOMER, "subscription": SUBSCRIPTION},
)
CHARGES = Listing[Charge](
    output=ChargeOutput,
    filters=ChargeFilters,
    by=("invoice", "position"),
    expands=CHARGE_SHOWN.expands,
    sparse=True,
    exports=True,
    bound=_up_to,
)


class ChargesView(Endpoint):
    @CHARGES.described
    def get(self, request: Request) -> Response:
        """List the charges on invoices and credit notes, those of the newest one first."""
        return CHARGES.answer(self, self._charges())

    def _charges(self) -> QuerySet[Charge]:
        """Return the lines of the seller's invoices: by these, charges alone have no order."""
        lines = self.rows(Charge).filter(invoice__seller=self.seller)
        return lines.select_related("order_line", *EXPLAINED_BY)


class ChargeView(ChargesView):
    @CHARGE_SHOWN.described
    def get(self, request: Request, id: str) -> Response:  # type: ignore[override]
        """Show a charge that stands on an invoice or credit note."""
        charge = self.find(self._charges(), id, known_as="")
        return CHARGE_SHOWN.answer(self, charge, ChargeOutput(charge).data)


urlpatterns = [
    path("charges", ChargesView.as_view(), name="charges"),
    path("charges/<reference:id>", ChargeView.as_view(), name="charge"),
]
