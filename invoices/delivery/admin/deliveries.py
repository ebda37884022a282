"""Pages of deliveries: what was sent, each try, and sending it once more."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.sellers.admin import (
    FactAdmin,
    FactInline,
    FormPage,
    PageForm,
    button,
    labelled,
    link,
    transaction_link,
)
from invoices.delivery.commands import (
    DeliveryNotResendable,
    EndpointNotEnabled,
    NotToldOf,
    resend,
)
from invoices.delivery.models import Delivery, DeliveryAttempt
from invoices.issuing.admin import InvoiceAdmin

STATE_COLOURS = {
    "waiting": "info",
    "failed": "warning",
    "sent": "success",
    "withheld": "info",
    "given_up": "danger",
}


class AttemptInline(FactInline):
    model = DeliveryAttempt
    fields = (
        "number", "address", "started_at", "ended_at", "outcome", "status", "answer", "worker",
    )  # fmt: skip
    ordering = ("number",)
    show_change_link = False
    verbose_name_plural = _("tries")


class DeliveryFigures:
    """How a delivery looks in a list and on an invoice."""

    @labelled(_("state"), colours=STATE_COLOURS, ordering="state")
    def shown_state(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()

    @admin.display(description=_("story"))
    def story(self, delivery: Delivery) -> str:
        return transaction_link(delivery.transaction_id, gettext("story"))


class DeliveryInline(DeliveryFigures, FactInline):
    model = Delivery
    fields = ("shown_channel", "address", "state", "tries", "created_at")
    ordering = ("-pk",)
    verbose_name_plural = _("deliveries")
    show_change_link = False

    @admin.display(description=_("channel"))
    def shown_channel(self, delivery: Delivery) -> str:
        return link(delivery, delivery.get_channel_display())


InvoiceAdmin.also_show(DeliveryInline)


class ResendForm(PageForm):
    address = forms.EmailField(
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_(
            "Of an e-mail: another address. Empty: where the customer's documents go today."
        ),
    )


def _resend_page(by: str) -> FormPage:
    def act(delivery: Delivery, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        made = resend(delivery=delivery, by=by, at=at, address=values["address"])
        said = _("Sent again: {delivery} to {address}.")
        return format_lazy(said, delivery=str(made), address=made.address or _("the customer"))

    return FormPage(
        title=gettext("Send once more"),
        submit=gettext("Send"),
        form_class=ResendForm,
        act=act,
        refusals=(DeliveryNotResendable, EndpointNotEnabled, NotToldOf),
        explanation=gettext(
            "Another delivery is made. An app knows by the message's id that it is the "
            "same; a person gets another e-mail."
        ),
    )


@admin.register(Delivery)
class DeliveryAdmin(DeliveryFigures, FactAdmin):
    list_display = (
        "created_at", "type", "channel", "address", "shown_state", "tries", "shown_invoice",
    )  # fmt: skip
    list_filter = ("channel", "state", "type")
    list_select_related = ("invoice",)
    search_fields = ("address", "invoice__number")
    search_ids = ("pk", "invoice", "endpoint", "event", "transaction_id")
    inlines = (AttemptInline,)
    actions_detail = ("resend",)
    readonly_fields = ("shown_invoice", "story")
    fieldsets = (
        (None, {"fields": ("channel", "type", "address", "state", "shown_invoice")}),
        (_("Tries"), {"fields": ("tries", "next_try_at", "settled_at")}),
        (_("What is sent"), {"fields": ("message_id", "body")}),
        (_("Where"), {"fields": ("endpoint", "event", "resends", "story", "created_at")}),
    )

    def has_resend_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("invoices.add_delivery")

    @admin.display(description=_("invoice"))
    def shown_invoice(self, delivery: Delivery) -> str:
        return link(delivery.invoice)

    @button(_("Send once more"), path="resend", permission="resend", icon="forward_to_inbox")
    def resend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        page = _resend_page(request.user.get_username())
        return self.form_view(request, object_id, page)
