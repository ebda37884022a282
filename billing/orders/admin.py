"""Pages of orders: stated once with their lines, then only looked at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from billing.catalog.admin.units import UnitInput
from billing.catalog.models.columns import SUPPLY_KINDS, choices
from billing.customers.admin import CustomerAdmin
from billing.identifiers import check_unit
from billing.orders.commands import (
    NewLine,
    OrderInFuture,
    OrderLineRefused,
    References,
    place_order,
)
from billing.orders.events import ORDER_PLACED
from billing.orders.models import Order, OrderLine
from billing.sellers.admin import (
    FactAdmin,
    FactInline,
    Lines,
    OwnedForm,
    OwnedLineForm,
    StackedLineInline,
    link,
    plain,
    transaction_link,
    transaction_told_by,
    unit_price,
)

LINE_FIELDS = (
    "product", "text", "quantity", "unit", "unit_price", "tax_class", "tax_included", "supply",
    "exemption_text", "item_number",
)  # fmt: skip


REFERENCES = ("external_id", "purchase_order", "project_reference")


def _supplies() -> list[tuple[str, StrOrPromise]]:
    return [(kind, _(text)) for kind, text in choices(SUPPLY_KINDS)]


class OrderLineForm(OwnedLineForm):
    unit = forms.CharField(
        required=False,
        max_length=3,
        validators=[check_unit],
        widget=UnitInput(),
        help_text=_("UN/ECE recommendation 20 code; empty: the product's, or piece."),
    )
    supply = forms.ChoiceField(
        required=False,
        choices=[("", _("the product's, or digital")), *_supplies()],
        widget=UnfoldAdminSelectWidget,
    )

    plain_words = {
        "order_line_priced_or_of_product": _(
            "Give text, unit price and tax class; or a product alone, whose price on the day holds."
        ),
        "order_line_has_quantity": _(
            "The quantity must be above zero; money is given back by correcting an invoice."
        ),
    }


class OrderForm(OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("customer",)
    plain_words = {"order_external_id_once": _("Another order has this external id.")}
    ordered_on = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("Day of the order and of the supply; empty: today."),
    )


class OrderLineInline(StackedLineInline):
    model = OrderLine
    form = OrderLineForm
    max_num = 1000
    autocomplete_fields = ("product",)
    fields = (
        "product",
        "text",
        ("quantity", "unit"),
        ("unit_price", "tax_included"),
        ("tax_class", "supply"),
        "exemption_text",
        "item_number",
    )
    verbose_name_plural = _("lines")


class ShownOrderLineInline(FactInline):
    model = OrderLine
    fields = (
        "position", "product", "text", "shown_quantity", "unit", "shown_unit_price", "tax_class",
        "tax_included", "supply", "exemption_text", "item_number",
    )  # fmt: skip
    ordering = ("position",)
    verbose_name_plural = _("lines")

    @admin.display(description=_("quantity"))
    def shown_quantity(self, line: OrderLine) -> str:
        return plain(line.quantity)

    @admin.display(description=_("unit price"))
    def shown_unit_price(self, line: OrderLine) -> str:
        if line.unit_price is None:
            return gettext("the product's")
        return unit_price(line.unit_price, line.order.currency)


@admin.register(Order)
class OrderAdmin(FactAdmin):
    form = OrderForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (
        IntegrityError,
        OrderInFuture,
        OrderLineRefused,
    )
    list_display = ("shown_order", "customer", "ordered_on", "currency", "transaction")
    list_filter = ("ordered_on",)
    list_select_related = ("customer",)
    search_fields = ("external_id", "customer__name")
    autocomplete_fields = ("customer",)
    inlines: Sequence[Any] = (ShownOrderLineInline,)
    add_inlines = (OrderLineInline,)
    readonly_fields = ("transaction", "recorded_on", "recorded_at")
    add_fieldsets = (
        (None, {"fields": ("customer", "external_id", "currency", "ordered_on")}),
        (_("References"), {"fields": ("purchase_order", "project_reference")}),
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "customer", "external_id", "currency", "ordered_on", "purchase_order",
                    "project_reference", "recorded_on", "recorded_at", "transaction",
                )
            },
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        told = transaction_told_by(ORDER_PLACED)
        rows: QuerySet[Order] = super().get_queryset(request)
        return rows.annotate(told_transaction_id=told)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_order")

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        names = ("customer", "currency", "ordered_on")
        return place_order(
            **{name: form.cleaned_data[name] for name in names},
            references=References(**{name: form.cleaned_data[name] for name in REFERENCES}),
            lines=[NewLine(**{name: line[name] for name in LINE_FIELDS}) for line in lines],
            at=at,
        )

    @admin.display(description=_("order"), ordering="external_id")
    def shown_order(self, order: Order) -> str:
        return str(order)

    @admin.display(description=_("transaction"))
    def transaction(self, order: Order) -> str:
        return transaction_link(getattr(order, "told_transaction_id", None))


class OrderInline(FactInline):
    model = Order
    fields = ("shown_order", "ordered_on", "currency")
    ordering = ("-pk",)
    show_change_link = False

    @admin.display(description=_("order"))
    def shown_order(self, order: Order) -> str:
        return link(order)


CustomerAdmin.also_show(OrderInline)
