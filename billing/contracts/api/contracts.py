"""Contracts: `/contracts`."""

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.contracts import commands
from billing.contracts.models import Contract
from billing.customers.models import Customer
from billing.sellers.api.fields import CurrencyField, ExternalIdField, ReferenceField, WholeField
from billing.sellers.api.inputs import Input
from billing.sellers.api.pages import listed
from billing.sellers.api.problems import Refusal, tell
from billing.sellers.api.scoped import Endpoint

tell(
    constraints={
        "contract_external_id_once": Refusal(
            409, "external_id_taken", "external_id", "Another contract has this external_id."
        )
    }
)


class ContractInput(Input):
    customer = ReferenceField(known_as="ext")
    external_id = ExternalIdField()
    currency = CurrencyField(required=False, help_text="Default: the seller's.")
    payment_days = WholeField(
        min_value=0,
        max_value=365,
        default=None,
        allow_null=True,
        help_text="Days until an invoice is due; null: the customer's.",
    )


class ContractOutput(serializers.ModelSerializer[Contract]):
    customer = serializers.UUIDField(source="customer_id")

    class Meta:
        model = Contract
        fields = [
            "id", "external_id", "customer", "currency", "payment_days", "next_billing_date",
            "created_at",
        ]  # fmt: skip


class ContractsView(Endpoint):
    @listed(ContractOutput)
    def get(self, request: Request) -> Response:
        """List the contracts, newest first."""
        return self.page(self.rows(Contract), _shown)

    @extend_schema(request=ContractInput, responses={201: ContractOutput})
    def post(self, request: Request) -> Response:
        """Make a contract with a customer."""
        said = {"currency": self.seller.currency, **self.said(ContractInput)}
        customer = self.resolve(Customer, said.pop("customer"), field="customer")
        contract = commands.make_contract(customer=customer, **said, at=timezone.now())
        return self.created(ContractOutput(contract).data, route="contract", id=contract.id)


class ContractView(Endpoint):
    @extend_schema(responses=ContractOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a contract."""
        return Response(ContractOutput(self.find(self.rows(Contract), id)).data)


def _shown(contracts: Any) -> Any:
    return ContractOutput(contracts, many=True).data


urlpatterns = [
    path("contracts", ContractsView.as_view(), name="contracts"),
    path("contracts/<reference:id>", ContractView.as_view(), name="contract"),
]
