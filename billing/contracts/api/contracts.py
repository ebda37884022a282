"""Contracts: `/contracts`."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.fields import (
    CurrencyField,
    DayField,
    ExactField,
    ExternalIdField,
    ReferenceField,
    WholeField,
    optional,
)
from billing.api.inputs import Input
from billing.api.pages import listed
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.contracts import commands
from billing.contracts.api.changes import PERCENT_AT_MOST, ChangeOutput, shown_changes
from billing.contracts.commands import NewContract, NewTerm
from billing.contracts.models import Contract, SubscriptionChange
from billing.contracts.queries import contract_terms
from billing.customers.models import Customer
from billing.pricing.agreement import Term, TermNotAllowed
from billing.sellers.models import Seller
from billing.sellers.queries import today

tell(
    exceptions={TermNotAllowed: Refusal(400, "term_not_allowed")},
    constraints={
        "contract_external_id_once": Refusal(
            409, "external_id_taken", "external_id", "Another contract has this external_id."
        )
    },
)


LONGEST_TERM = 1200


class TermInput(Input):
    initial_months = WholeField(min_value=1, max_value=LONGEST_TERM)
    renewal_months = WholeField(
        min_value=0,
        max_value=LONGEST_TERM,
        allow_null=True,
        help_text="Length of each further term; null: for an indefinite time; 0: none, the "
        "contract ends by itself.",
    )
    notice_months = WholeField(
        min_value=0, max_value=LONGEST_TERM, default=0, help_text="Before the end of a term."
    )


class ReferencesInput(Input):
    purchase_order = optional(100, "The customer's number of its order (BT-13).")
    project_reference = optional(100, "The customer's project (BT-11).")


class ContractInput(ReferencesInput):
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
    term = TermInput(
        default=None,
        allow_null=True,
        help_text="From the first start of a subscription on; null: it can be cancelled for any"
        " day.",
    )


class IndexationInput(Input):
    on = DayField(help_text="First day of the new prices.")
    percent = ExactField(
        min_value=-100,
        max_value=PERCENT_AT_MOST,
        help_text="By how much recurring prices rise; negative: fall.",
    )


class TermOutput(serializers.Serializer[Any]):
    initial_months = serializers.IntegerField()
    renewal_months = serializers.IntegerField(
        allow_null=True, help_text="Null: for an indefinite time; 0: it ends by itself."
    )
    notice_months = serializers.IntegerField()


class ContractOutput(serializers.ModelSerializer[Contract]):
    customer = serializers.UUIDField(source="customer_id")
    term = serializers.SerializerMethodField()
    earliest_end = serializers.SerializerMethodField(
        help_text="Earliest day on which it can end if notice is given today; null without a "
        "term, or while nothing has been started."
    )

    class Meta:
        model = Contract
        fields = [
            "id", "external_id", "customer", "currency", "payment_days", "purchase_order",
            "project_reference", "term", "earliest_end", "next_billing_date", "created_at",
        ]  # fmt: skip

    @extend_schema_field(TermOutput(allow_null=True))
    def get_term(self, contract: Contract) -> dict[str, int | None] | None:
        """Return the term as it was agreed."""
        if contract.initial_months is None:
            return None
        ends_by_itself = contract.renewal == Contract.Renewal.NONE
        return {
            "initial_months": contract.initial_months,
            "renewal_months": 0 if ends_by_itself else contract.renewal_months,
            "notice_months": contract.notice_months,
        }

    def get_earliest_end(self, contract: Contract) -> date | None:
        """Return the end that notice of today leads to."""
        term: Term | None = self.context["terms"].get(contract.id)
        return term.earliest_end(notice_on=self.context["today"]) if term else None


class ContractsView(Endpoint):
    @listed(ContractOutput)
    def get(self, request: Request) -> Response:
        """List the contracts, newest first."""
        return self.page(self.rows(Contract), self._shown)

    @extend_schema(request=ContractInput, responses={201: ContractOutput})
    def post(self, request: Request) -> Response:
        """Make a contract with a customer."""
        said = {"currency": self.seller.currency, **self.said(ContractInput)}
        customer = self.resolve(Customer, said.pop("customer"), field="customer")
        said["term"] = NewTerm(**said["term"]) if said["term"] else None
        contract = commands.make_contract(
            customer=customer, new=NewContract(**said), at=timezone.now()
        )
        return self.created(self._shown([contract])[0], route="contract", id=contract.id)

    def _shown(self, contracts: Sequence[Contract]) -> Any:
        return shown_contracts(contracts, self.seller)


class ContractView(Endpoint):
    @extend_schema(responses=ContractOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a contract."""
        contract = self.find(self.rows(Contract), id)
        return Response(shown_contracts([contract], self.seller)[0])

    @extend_schema(request=ReferencesInput, responses=ContractOutput)
    def patch(self, request: Request, id: str) -> Response:
        """Note the customer's own numbers for later invoices; what was agreed stays."""
        contract = self.find(self.rows(Contract), id)
        details = self.said(ReferencesInput, partial=True)
        contract = commands.change_references(contract=contract, details=details)
        return Response(shown_contracts([contract], self.seller)[0])


class IndexationsView(Endpoint, bills=True):
    @extend_schema(request=IndexationInput, responses={201: ChangeOutput(many=True)})
    def post(self, request: Request, id: str) -> Response:
        """Raise what a contract's subscriptions pay periodically, by percent from a day on."""
        contract = self.find(self.rows(Contract), id)
        changes = commands.index_contract(
            contract=contract, **self.said(IndexationInput), at=timezone.now()
        )
        ids = [change.pk for change in changes]
        rows = self.rows(SubscriptionChange).filter(pk__in=ids).select_related("subscription")
        return Response(shown_changes(list(rows.order_by("position"))), status=201)


def shown_contracts(contracts: Sequence[Contract], seller: Seller) -> Any:
    """Return a seller's contracts as the API gives them: one query for all their terms."""
    context = {"terms": contract_terms(contracts), "today": today(seller, at=timezone.now())}
    return ContractOutput(contracts, many=True, context=context).data


urlpatterns = [
    path("contracts", ContractsView.as_view(), name="contracts"),
    path("contracts/<reference:id>/indexations", IndexationsView.as_view(), name="indexations"),
    path("contracts/<reference:id>", ContractView.as_view(), name="contract"),
]
