"""Single purchases: `/orders`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Max, Prefetch, QuerySet
from django.db.models.functions import Coalesce
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import PlainDecimalField
from billing.api.inputs.amounts import check_amount, refuse_beyond
from billing.api.inputs.fields import (
    CurrencyField,
    DayField,
    ExactField,
    ExternalIdField,
    FlagField,
    OneOfField,
    ReferenceField,
    TextField,
    UnitField,
    optional,
)
from billing.api.inputs.form import Input
from billing.api.lists.expansion import Showing
from billing.api.lists.filters import Filters, Of, OwnId, days
from billing.api.lists.listing import Listing
from billing.api.problems import Refusal, tell
from billing.api.references import Reference
from billing.api.scoped import Endpoint
from billing.catalog.models import SUPPLY_KINDS, TAX_CLASSES, Price, Product
from billing.customers.api import CUSTOMER
from billing.customers.models import Customer
from billing.events.queries import transaction_ids
from billing.identifiers import check_code_of_exempt
from billing.orders import commands
from billing.orders.commands import NewLine, OrderInFuture, OrderLineRefused, References
from billing.orders.events import order_placed
from billing.orders.models import Order, OrderLine

LINES_AT_MOST = 1000
REFERENCES = ("external_id", "purchase_order", "project_reference")
_OF_PRICE = (
    "tax_class", "tax_included", "supply", "exemption_code", "exemption_text", "unit",
)  # fmt: skip

tell(
    exceptions={
        OrderInFuture: Refusal(400, "order_in_future", field="on"),
        OrderLineRefused: Refusal(400, "order_line_refused", field="lines"),
    },
    constraints={
        "order_external_id_once": Refusal(
            409, "external_id_taken", "external_id", "Another order has this external_id."
        )
    },
)


class OrderLineInput(Input):
    """Either text, unit price and tax class, or a product, whose price on the day holds."""

    product = ReferenceField(known_as="code", required=False)
    text = TextField(max_length=300, allow_blank=True, default="", help_text="As printed.")
    quantity = ExactField()
    unit_price = ExactField(min_value=0, required=False)
    tax_class = OneOfField(choices=TAX_CLASSES, required=False)
    tax_included = FlagField(required=False, help_text="Whether the unit price is gross.")
    supply = OneOfField(
        choices=SUPPLY_KINDS, required=False, help_text="Default: the product's, or digital."
    )
    exemption_code = optional(
        30, "Of class exempt: the VATEX code of the reason.", check_code_of_exempt
    )
    exemption_text = optional(300, "Of class exempt: the paragraph, as printed.")
    unit = UnitField(required=False)
    item_number = optional(100, "As printed; default: the product's code.")
    description = optional(500, "As printed; default: the product's.")

    def validate_quantity(self, quantity: Any) -> Any:
        """Refuse to sell nothing."""
        if quantity <= 0:
            raise serializers.ValidationError("It must be greater than 0.", code="min_value")
        return quantity

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a line that is neither priced nor of a product, or half of each."""
        if "unit_price" in attrs:
            wrong = [name for name in ("text", "tax_class") if not attrs.get(name)]
            reason = serializers.ErrorDetail("A line with a unit_price needs it.", "required")
        elif "product" in attrs:
            wrong = [name for name in _OF_PRICE if attrs.get(name) not in (None, "")]
            reason = serializers.ErrorDetail("The product's price says it.", "not_applicable")
        else:
            wrong = ["unit_price"]
            reason = serializers.ErrorDetail("Give it, or name a product.", "required")
        if wrong:
            raise serializers.ValidationError({name: [reason] for name in wrong})
        _check_exemption(attrs)
        return attrs


def _check_exemption(attrs: dict[str, Any]) -> None:
    names = ("exemption_code", "exemption_text")
    wrong = [name for name in names if attrs[name] and attrs.get("tax_class") != "exempt"]
    if wrong:
        reason = serializers.ErrorDetail(
            "Only a line of class exempt has a reason for it: leave it out.", "not_applicable"
        )
        raise serializers.ValidationError({name: [reason] for name in wrong})


class OrderInput(Input):
    customer = ReferenceField(known_as="ext")
    external_id = ExternalIdField()
    currency = CurrencyField(required=False, help_text="Default: the seller's.")
    on = DayField(default=None, allow_null=True, help_text="Day of order and supply; today.")
    purchase_order = optional(100, "The customer's number of its order (BT-13).")
    project_reference = optional(100, "The customer's project (BT-11).")
    lines = OrderLineInput(many=True, allow_empty=False, max_length=LINES_AT_MOST)  # type: ignore[call-arg]


class OrderLineOutput(serializers.ModelSerializer[OrderLine]):
    product = serializers.UUIDField(source="product_id", allow_null=True)
    quantity = PlainDecimalField()
    unit_price = PlainDecimalField(allow_null=True)

    class Meta:
        model = OrderLine
        fields = [
            "position", "product", "text", "quantity", "unit_price", "tax_class", "tax_included",
            "supply", "exemption_code", "exemption_text", "unit", "item_number", "description",
        ]  # fmt: skip


class OrderOutput(serializers.ModelSerializer[Order]):
    customer = serializers.UUIDField(source="customer_id")
    lines = OrderLineOutput(many=True)
    transaction_id = serializers.SerializerMethodField(
        help_text="Follow it: GET /transactions/{transaction_id}."
    )

    class Meta:
        model = Order
        fields = [
            "id", "external_id", "customer", "currency", "ordered_on", "purchase_order",
            "project_reference", "recorded_on", "recorded_at", "lines", "transaction_id",
        ]  # fmt: skip

    @extend_schema_field(OpenApiTypes.UUID)
    def get_transaction_id(self, order: Order) -> str:
        """Return the id of the story that the order began."""
        return str(self.context["transaction_ids"][order_placed(order).idempotency_key])


class OrderFilters(Filters):
    external_id = OwnId()
    customer = Of(Customer)
    ordered_from, ordered_until = days("ordered_on")


def _shown(orders: Sequence[Order]) -> list[Any]:
    known = {}
    if orders:
        known = transaction_ids(orders[0].seller_id, [order_placed(order) for order in orders])
    return list(OrderOutput(orders, many=True, context={"transaction_ids": known}).data)


ORDER_SHOWN = Showing(output=OrderOutput, expands={"customer": CUSTOMER})
ORDERS = Listing[Order](
    output=OrderOutput,
    filters=OrderFilters,
    expands=ORDER_SHOWN.expands,
    show=lambda _endpoint, rows: _shown(rows),
)


class OrdersView(Endpoint, bills=True):
    @ORDERS.described
    def get(self, request: Request) -> Response:
        """List the orders, newest first."""
        return ORDERS.answer(self, _with_lines(self.rows(Order)))

    @extend_schema(request=OrderInput, responses={201: OrderOutput})
    def post(self, request: Request) -> Response:
        """Record a single purchase: it is invoiced at once."""
        said = self.said(OrderInput)
        currency = said.get("currency", self.seller.currency)
        customer = self.resolve(Customer, said["customer"], field="customer")
        lines = self._lines(said["lines"])
        self._check_amounts(lines, currency)
        order = commands.place_order(
            customer=customer,
            currency=currency,
            ordered_on=said["on"],
            lines=lines,
            at=timezone.now(),
            references=References(**{name: said[name] for name in REFERENCES}),
        )
        return self.created(_shown([order])[0], route="order", id=order.id)

    def _lines(self, said: list[dict[str, Any]]) -> list[NewLine]:
        """Return the lines with their products, found in one query however many there are."""
        named: dict[str, Reference] = {
            f"lines.{index}.product": line["product"]
            for index, line in enumerate(said)
            if "product" in line
        }
        products = self.resolve_all(Product, named)
        return [
            NewLine(**{**line, "product": products.get(f"lines.{index}.product")})
            for index, line in enumerate(said)
        ]

    def _check_amounts(self, lines: Sequence[NewLine], currency: str) -> None:
        unpriced = {line.product for line in lines if line.product and line.unit_price is None}
        prices = self._highest_prices(unpriced, currency) if unpriced else {}
        total_minor = 0
        for index, line in enumerate(lines):
            price = line.unit_price
            if price is None and line.product:
                price = prices.get(line.product.id)
            if price is not None:
                total_minor += check_amount(
                    line.quantity, price, currency=currency, field=f"lines.{index}.quantity"
                )
        refuse_beyond(total_minor, currency=currency, field="lines")

    def _highest_prices(self, products: set[Product], currency: str) -> dict[UUID | None, Any]:
        prices = self.rows(Price).filter(product__in=products, currency=currency)
        highest = prices.values("product_id").annotate(
            highest=Max(Coalesce("amount", "unit_price"))
        )
        return dict(highest.values_list("product_id", "highest"))


class OrderView(Endpoint):
    @ORDER_SHOWN.described
    def get(self, request: Request, id: str) -> Response:
        """Show an order."""
        order = self.find(_with_lines(self.rows(Order)), id)
        return ORDER_SHOWN.answer(self, order, _shown([order])[0])


def _with_lines(orders: QuerySet[Order]) -> QuerySet[Order]:
    return orders.prefetch_related(Prefetch("lines", OrderLine.objects.order_by("position")))


urlpatterns = [
    path("orders", OrdersView.as_view(), name="orders"),
    path("orders/<reference:id>", OrderView.as_view(), name="order"),
]
