"""Subscriptions: `/subscriptions`, and their changes."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Max, QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.description.schema import refusing
from billing.api.inputs.amounts import check_amount, refuse_beyond
from billing.api.inputs.fields import (
    DayField,
    ExactField,
    ExternalIdField,
    ReferenceField,
    TextField,
)
from billing.api.inputs.form import Input
from billing.api.lists.expansion import Nested, Showing
from billing.api.lists.filters import Filters, Of, OwnId, moments
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.scoped import Endpoint
from billing.catalog.models import Plan, Price
from billing.catalog.queries import price_terms
from billing.contracts import commands
from billing.contracts.api.changes import ChangeInput, ChangeOutput, requested, shown_changes
from billing.contracts.api.contracts import CONTRACT
from billing.contracts.commands import NewSubscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import Contract, Subscription, SubscriptionChange
from billing.customers.models import Customer
from billing.money import to_minor
from billing.pricing.prices import PriceKind
from billing.pricing.rating import full_price
from billing.pricing.terms import Override

tell(
    constraints={
        "subscription_external_id_once": Refusal(
            409, "external_id_taken", "external_id", "Another subscription has this external_id."
        )
    }
)


class SubscriptionInput(Input):
    contract = ReferenceField(known_as="ext")
    external_id = ExternalIdField()
    plan = ReferenceField(known_as="code")
    quantity = ExactField(min_value=0, default=Decimal(1))
    on = DayField(default=None, allow_null=True, help_text="Default: the seller's today.")
    coupon = TextField(
        max_length=50,
        default=None,
        allow_null=True,
        help_text="Code of a coupon to redeem; its discount begins with the subscription.",
    )


class SubscriptionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    external_id = serializers.CharField(allow_null=True)
    contract = serializers.UUIDField(source="contract_id")
    created_at = serializers.DateTimeField()
    transaction_id = serializers.UUIDField(help_text="The story that its start began.")
    changes = ChangeOutput(many=True, help_text="In the order of recording.")


class SubscriptionFilters(Filters):
    external_id = OwnId()
    contract = Of(Contract)
    customer = Of(Customer, column="contract__customer")
    created_from, created_until = moments("created_at")


def _all_shown(endpoint: Endpoint, subscriptions: Sequence[Subscription]) -> list[Any]:
    return shown_subscriptions(subscriptions, endpoint.rows(SubscriptionChange))


SUBSCRIPTION = Nested(
    resource="subscriptions",
    model=Subscription,
    column="subscription_id",
    output=SubscriptionOutput,
    show=_all_shown,
)
SUBSCRIPTION_SHOWN = Showing(output=SubscriptionOutput, expands={"contract": CONTRACT})
SUBSCRIPTIONS = Listing[Subscription](
    output=SubscriptionOutput,
    filters=SubscriptionFilters,
    expands=SUBSCRIPTION_SHOWN.expands,
    show=_all_shown,
)
CHANGES = Listing[SubscriptionChange](
    output=ChangeOutput, by=("position",), show=lambda _endpoint, rows: shown_changes(rows)
)


class SubscriptionsView(Endpoint, bills=True):
    @SUBSCRIPTIONS.described
    def get(self, request: Request) -> Response:
        """List the subscriptions with their changes, newest first."""
        return SUBSCRIPTIONS.answer(self, self.rows(Subscription))

    @refusing("timeline_contradicts", "term_not_allowed")
    @extend_schema(request=SubscriptionInput, responses={201: SubscriptionOutput})
    def post(self, request: Request) -> Response:
        """Start a subscription under a contract."""
        said = self.said(SubscriptionInput)
        said["contract"] = self.resolve(Contract, said["contract"], field="contract")
        said["plan"] = self.resolve(Plan, said["plan"], field="plan")
        prices = self.rows(Price).filter(plan=said["plan"])
        _check_amount(prices, said["quantity"], currency=said["contract"].currency)
        contract = said.pop("contract")
        subscription = commands.start_subscription(
            contract=contract, new=NewSubscription(**said), at=timezone.now()
        )
        return self.created(
            _all_shown(self, [subscription])[0], route="subscription", id=subscription.id
        )


class SubscriptionView(Endpoint):
    @SUBSCRIPTION_SHOWN.described
    def get(self, request: Request, id: str) -> Response:
        """Show a subscription with its changes."""
        subscription = self.find(self.rows(Subscription), id)
        shown = _all_shown(self, [subscription])[0]
        return SUBSCRIPTION_SHOWN.answer(self, subscription, shown)


class ChangeEndpoint(Endpoint):
    # An endpoint whose body says how a subscription shall change.

    def wanted(self, subscription: Subscription) -> ChangeRequest:
        """
        Return the change that the body asks for.

        :raises ValidationError: if anything in it is wrong, or too much.
        """
        said = self.said(ChangeInput)
        if "plan" in said:
            said["plan"] = self.resolve(Plan, said["plan"], field="plan")
        wanted = requested(said)
        self.check_amounts(subscription, wanted)
        return wanted

    def check_amounts(self, subscription: Subscription, request: ChangeRequest) -> None:
        """Refuse a quantity that is too many for any price that the subscription may have."""
        known = self.rows(SubscriptionChange).filter(subscription=subscription)
        quantity = request.quantity
        if quantity is None:  # It stays: none that was ever agreed may be too many.
            quantity = known.aggregate(most=Max("quantity"))["most"] or Decimal(1)
        currency = subscription.contract.currency
        if request.override:
            _check_override(request.override, quantity, currency=currency)
        prices = self.rows(Price)
        if request.plan:
            _check_amount(prices.filter(plan=request.plan), quantity, currency=currency)
        elif request.quantity is not None:
            mine = prices.filter(plan__in=known.values("plan"))
            _check_amount(mine, quantity, currency=currency)


class ChangesView(ChangeEndpoint, bills=True):
    @CHANGES.described
    def get(self, request: Request, id: str) -> Response:
        """List a subscription's changes, the latest recorded first."""
        subscription = self.find(self.rows(Subscription), id)
        changes = self.rows(SubscriptionChange).filter(subscription=subscription)
        return CHANGES.answer(self, changes.select_related("subscription"))

    @refusing("timeline_contradicts")
    @extend_schema(request=ChangeInput, responses={201: ChangeOutput})
    def post(self, request: Request, id: str) -> Response:
        """Change a subscription, or undo what is pending."""
        subscription = self.find(self.rows(Subscription), id)
        coupon = self.said(ChangeInput).get("coupon")
        which: dict[str, Any] = {
            "subscription_id": subscription.id,
            "request": self.wanted(subscription),
            "at": timezone.now(),
        }
        if coupon:
            change = commands.redeem_coupon(**which, code=coupon)
        else:
            change = commands.change_subscription(**which)
        return self.created(shown_changes([change])[0], route="subscription", id=subscription.id)


def shown_subscriptions(
    subscriptions: Sequence[Subscription], changes: QuerySet[SubscriptionChange]
) -> list[Any]:
    """Return subscriptions with their changes as the API gives them: two queries."""
    found = changes.filter(subscription__in=subscriptions).select_related("subscription")
    by_subscription: dict[str, list[Any]] = defaultdict(list)
    for change in shown_changes(list(found.order_by("position"))):
        by_subscription[change["subscription"]].append(change)
    return [_shown(each, by_subscription[str(each.id)]) for each in subscriptions]


def _shown(subscription: Subscription, changes: list[Any]) -> dict[str, Any]:
    starts = [change["transaction_id"] for change in changes if change["kind"] == "start"]
    return {
        "id": str(subscription.id),
        "external_id": subscription.external_id,
        "contract": str(subscription.contract_id),
        "created_at": subscription.created_at,
        "transaction_id": starts[0] if starts else None,
        "changes": changes,
    }


def _check_amount(prices: QuerySet[Price], quantity: Decimal, *, currency: str) -> None:
    mine = prices.filter(currency=currency).exclude(kind=PriceKind.USAGE)
    for price in mine.select_related("meter"):
        full = full_price(price_terms(price), max(quantity, Decimal(1)))
        refuse_beyond(to_minor(full, currency), currency=currency, field="quantity")


def _check_override(override: Override, quantity: Decimal, *, currency: str) -> None:
    for field in ("amount", "unit_price"):
        value = getattr(override, field)
        if value is not None:
            check_amount(max(quantity, Decimal(1)), value, currency=currency, field=field)


urlpatterns = [
    path("subscriptions", SubscriptionsView.as_view(), name="subscriptions"),
    path("subscriptions/<reference:id>/changes", ChangesView.as_view(), name="changes"),
    path("subscriptions/<reference:id>", SubscriptionView.as_view(), name="subscription"),
]
