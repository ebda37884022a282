"""Charges that wait for the invoice of a day or month: `/waiting-charges`."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.fields import ReferenceField
from billing.api.pages import PageQuery, listed
from billing.api.scoped import Endpoint
from billing.customers.models import Customer
from invoices.issuing.api.invoices import InvoiceLineOutput
from invoices.issuing.queries.waiting import waiting_charges

OF_INVOICES = {"position", "explained"}  # What only a line of an invoice has.


class WaitingChargesQuery(PageQuery):
    customer = ReferenceField(known_as="ext")


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


class WaitingChargesView(Endpoint):
    @listed(WaitingChargeOutput, query=WaitingChargesQuery)
    def get(self, request: Request) -> Response:
        """List a customer's charges that stand on no invoice yet, newest first."""
        asked = self.asked(WaitingChargesQuery)
        customer = self.resolve(Customer, asked["customer"], field="customer")
        charges = waiting_charges(customer).select_related("order_line", "customer")
        return self.page(charges, _shown, asked=asked)


def _shown(charges: Any) -> Any:
    return WaitingChargeOutput(charges, many=True).data


urlpatterns = [path("waiting-charges", WaitingChargesView.as_view(), name="waiting-charges")]
