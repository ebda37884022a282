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

from billing.api.description.schema import refusing
from billing.api.inputs.fields import (
    CurrencyField,
    DayField,
    ExactField,
    ExternalIdField,
    ReferenceField,
    WholeField,
    optional,
)
from billing.api.inputs.form import Input
from billing.api.lists.expansion import Nested, Showing
from billing.api.lists.filters import Filters, Of, OwnId, days
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.contracts import commands
from billing.contracts.api.changes import PERCENT_AT_MOST, ChangeOutput, shown_changes
from billing.contracts.commands import NewContract, NewTerm
from billing.contracts.models import Contract, SubscriptionChange
from billing.contracts.queries import contract_terms
from billing.customers.api import CUSTOMER
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


class ContractFilters(Filters):
    external_id = OwnId()
    customer = Of(Customer)
    next_billing_from, next_billing_until = days("next_billing_date")


def shown_contracts(contracts: Sequence[Contract], seller: Seller) -> Any:
    """Return a seller's contracts as the API gives them: one query for all their terms."""
    context = {"terms": contract_terms(contracts), "today": today(seller, at=timezone.now())}
    return ContractOutput(contracts, many=True, context=context).data


def _shown(endpoint: Endpoint, contracts: Sequence[Contract]) -> Any:
    return shown_contracts(contracts, endpoint.seller)


CONTRACT = Nested(
    resource="contracts",
    model=Contract,
    column="contract_id",
    output=ContractOutput,
    show=_shown,
)
CONTRACT_SHOWN = Showing(output=ContractOutput, expands={"customer": CUSTOMER})
CONTRACTS = Listing[Contract](
    output=ContractOutput,
    filters=ContractFilters,
    expands=CONTRACT_SHOWN.expands,
    sparse=True,
    show=_shown,
    marks=Contract,  # When they are billed next moves on from page to page.
)


class ContractsView(Endpoint):
    @CONTRACTS.described
    def get(self, request: Request) -> Response:
        """List the contracts, newest first."""
        return CONTRACTS.answer(self, self.rows(Contract))

    @extend_schema(request=ContractInput, responses={201: ContractOutput})
    def post(self, request: Request) -> Response:
        """Make a contract with a customer."""
        said = {"currency": self.seller.currency, **self.said(ContractInput)}
        customer = self.resolve(Customer, said.pop("customer"), field="customer")
        said["term"] = NewTerm(**said["term"]) if said["term"] else None
        contract = commands.make_contract(
            customer=customer, new=NewContract(**said), at=timezone.now()
        )
        return self.created(_shown(self, [contract])[0], route="contract", id=contract.id)


class ContractView(Endpoint):
    @CONTRACT_SHOWN.described
    def get(self, request: Request, id: str) -> Response:
        """Show a contract."""
        contract = self.thing(id)
        return CONTRACT_SHOWN.answer(self, contract, _shown(self, [contract])[0])

    @extend_schema(request=ReferencesInput, responses=ContractOutput)
    def patch(self, request: Request, id: str) -> Response:
        """Note the customer's own numbers for later invoices; what was agreed stays."""
        contract = self.thing(id)
        details = self.said(ReferencesInput, partial=True)
        contract = commands.change_references(contract=contract, details=details, at=timezone.now())
        return Response(_shown(self, [contract])[0])

    def thing(self, id: str) -> Contract:
        """Return the contract that the address names."""
        return self.find(self.rows(Contract), id)


class IndexationsView(Endpoint, bills=True):
    @refusing("timeline_contradicts", "price_missing")
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


urlpatterns = [
    path("contracts", ContractsView.as_view(), name="contracts"),
    path("contracts/<reference:id>/indexations", IndexationsView.as_view(), name="indexations"),
    path("contracts/<reference:id>", ContractView.as_view(), name="contract"),
]
