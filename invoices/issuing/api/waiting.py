"""Charges that wait for the invoice of a day or month: `/waiting-charges`."""

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.lists.filters import Filters, Of
from billing.api.lists.listing import Listing
from billing.api.scoped import Endpoint
from billing.customers.models import Customer
from invoices.issuing.api.invoices import InvoiceLineOutput
from invoices.issuing.models import Charge

OF_INVOICES = {"position", "explained"}  # What only a line of an invoice has.


class WaitingChargeFilters(Filters):
    customer = Of(Customer, required=True)


class WaitingChargeOutput(InvoiceLineOutput):
    collected_on = serializers.DateField(
        source="customer.next_collection_date",
        help_text="The day at whose end it is collected, unless the grouping is changed before.",
    )

    class Meta(InvoiceLineOutput.Meta):
        fields = [
            *[name for name in InvoiceLineOutput.Meta.fields if name not in OF_INVOICES],
            "collected_on", "transaction_id", "created_at",
        ]  # fmt: skip


WAITING_CHARGES = Listing[Charge](
    output=WaitingChargeOutput, filters=WaitingChargeFilters, by=("ordinal",)
)


class WaitingChargesView(Endpoint):
    @WAITING_CHARGES.described
    def get(self, request: Request) -> Response:
        """List a customer's charges that stand on no invoice yet, newest first."""
        known = self.rows(Charge)  # The last of a page may be invoiced before the next is read.
        charges = known.filter(invoice__isnull=True).select_related("order_line", "customer")
        return WAITING_CHARGES.answer(self, charges, known=known)


urlpatterns = [path("waiting-charges", WaitingChargesView.as_view(), name="waiting-charges")]
