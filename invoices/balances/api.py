"""Balances: `/customers/{id}/balance` and `/customers/{id}/balance-movements`."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import KnownMoneyField, MoneyField
from billing.api.inputs.fields import (
    CurrencyField,
    DayField,
    ExactField,
    IdField,
    OneOfField,
    TextField,
)
from billing.api.inputs.form import Input
from billing.api.lists.filters import Filters, Identifier, Of
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.customers.api import CUSTOMER
from billing.customers.models import Customer
from billing.money import from_minor, to_minor
from billing.sellers.queries import today
from invoices.balances import commands
from invoices.balances.commands import (
    BalanceExpiresTooEarly,
    BalanceTooSmall,
    LotUsedUp,
    NewMoney,
)
from invoices.balances.models import STATED, BalanceMovement
from invoices.balances.queries import balances

tell(
    exceptions={
        BalanceTooSmall: Refusal(409, "balance_too_small", field="amount"),
        BalanceExpiresTooEarly: Refusal(400, "balance_expires_too_early", field="expires_on"),
        LotUsedUp: Refusal(409, "lot_used_up", field="lot"),
    }
)

Kind = BalanceMovement.Kind


class MovementInput(Input):
    kind = OneOfField(
        choices=STATED,
        help_text="`prepayment`: money came in; `adjustment`: up, or with a minus down; "
        "`reversed`: what is left of a lot is taken back.",
    )
    amount = ExactField(required=False, help_text="In whole minor units; not for `reversed`.")
    currency = CurrencyField(required=False, help_text="Default: the seller's.")
    lot = IdField(required=False, help_text="For `reversed`: what is taken back.")
    expires_on = DayField(
        required=False, allow_null=True, help_text="First day on which the rest is lost."
    )
    reason = TextField(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what doesn't belong to the kind of movement, and what it lacks."""
        is_reversal = attrs["kind"] == Kind.REVERSED
        needed = "lot" if is_reversal else "amount"
        unwanted = {"amount", "currency", "expires_on"} if is_reversal else {"lot"}
        wrong: dict[str, Any] = {
            name: [serializers.ErrorDetail(f"Not for {attrs['kind']}.", "not_applicable")]
            for name in unwanted & attrs.keys()
        }
        if needed not in attrs:
            wrong[needed] = [serializers.ErrorDetail("It is needed.", "required")]
        amount = attrs.get("amount", 1)
        if amount == 0 or (amount < 0 and attrs["kind"] == Kind.PREPAYMENT):
            wrong["amount"] = [serializers.ErrorDetail("It must be more than 0.", "min_value")]
        if amount < 0 and attrs.get("expires_on"):
            why = "Only what comes in expires."
            wrong["expires_on"] = [serializers.ErrorDetail(why, "not_applicable")]
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class MovementOutput(serializers.ModelSerializer[BalanceMovement]):
    customer = serializers.UUIDField(source="customer_id")
    amount = MoneyField("amount_minor", help_text="Negative takes away.")
    lot = IdField(source="lot_id", allow_null=True)
    rest = KnownMoneyField("rest_minor", help_text="Of a lot: what is left of it; else null.")
    invoice = serializers.UUIDField(source="invoice_id", allow_null=True)

    class Meta:
        model = BalanceMovement
        fields = [
            "id", "customer", "kind", "amount", "lot", "rest", "invoice", "expires_on", "reason",
            "booked_on", "transaction_id", "created_at",
        ]  # fmt: skip


class MovementsOutput(serializers.Serializer[Any]):
    movements = MovementOutput(many=True, help_text="One for each lot that is touched.")


class BalanceOutput(serializers.Serializer[Any]):
    balance = MoneyField("balance_minor")
    lots = MovementOutput(many=True, help_text="In the order in which invoices use them.")


class BalancesOutput(serializers.Serializer[Any]):
    balances = BalanceOutput(many=True, help_text="By currency; none where there is nothing.")


class BalanceView(Endpoint):
    @extend_schema(responses=BalancesOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show what a customer has with the seller, by currency and lot."""
        customer = self.find(self.rows(Customer), id)
        on = today(self.seller, at=timezone.now())
        return Response(BalancesOutput({"balances": balances(customer, on=on)}).data)


class MovementFilters(Filters):
    customer = Of(Customer)
    transaction = Identifier(column="transaction_id")


MOVEMENTS = Listing[BalanceMovement](output=MovementOutput, sparse=True, exports=True)
ALL_MOVEMENTS = Listing[BalanceMovement](
    output=MovementOutput,
    name="AllMovements",
    filters=MovementFilters,
    expands={"customer": CUSTOMER},
    sparse=True,
    exports=True,
)


class AllMovementsView(Endpoint):
    @ALL_MOVEMENTS.described
    def get(self, request: Request) -> Response:
        """List what moved the balances of all customers, newest first."""
        return ALL_MOVEMENTS.answer(self, self.rows(BalanceMovement))


class MovementsView(Endpoint):
    @MOVEMENTS.described
    def get(self, request: Request, id: str) -> Response:
        """List what moved a customer's balance, newest first."""
        customer = self.find(self.rows(Customer), id)
        return MOVEMENTS.answer(self, self.rows(BalanceMovement).filter(customer=customer))

    @extend_schema(request=MovementInput, responses={201: MovementsOutput})
    def post(self, request: Request, id: str) -> Response:
        """Record a prepayment or an adjustment, or take back what is left of a lot."""
        customer = self.find(self.rows(Customer).select_related("seller"), id)
        said = self.said(MovementInput)
        if "lot" in said:
            lot_id = self._lot(customer, said["lot"]).pk
            made = [commands.reverse_lot(lot_id=lot_id, reason=said["reason"], at=timezone.now())]
        else:
            new = _new_money(said, currency=said.get("currency", self.seller.currency))
            made = commands.state_movement(customer=customer, new=new, at=timezone.now())
        shown = MovementsOutput({"movements": made}).data
        return self.created(shown, route="balance", id=customer.pk)

    def _lot(self, customer: Customer, lot_id: UUID) -> BalanceMovement:
        lots = self.rows(BalanceMovement).filter(customer=customer, lot__isnull=True)
        lot = lots.filter(pk=lot_id).first()
        if lot is None:
            raise serializers.ValidationError(
                {"lot": ["There is no such lot of the customer."]}, code="does_not_exist"
            )
        return lot


def _new_money(said: dict[str, Any], *, currency: str) -> NewMoney:
    amount: Decimal = said["amount"]
    amount_minor = to_minor(amount, currency)
    if from_minor(amount_minor, currency) != amount:
        raise serializers.ValidationError(
            {"amount": [f"{currency} has no such small amounts."]}, code="max_decimal_places"
        )
    return NewMoney(
        kind=Kind(said["kind"]),
        amount_minor=amount_minor,
        currency=currency,
        reason=said["reason"],
        expires_on=said.get("expires_on"),
    )


urlpatterns = [
    path("customers/<reference:id>/balance", BalanceView.as_view(), name="balance"),
    path(
        "customers/<reference:id>/balance-movements",
        MovementsView.as_view(),
        name="balance-movements",
    ),
    path("balance-movements", AllMovementsView.as_view(), name="all-balance-movements"),
]
