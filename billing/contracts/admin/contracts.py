"""Pages of contracts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from billing.contracts.commands import make_contract
from billing.contracts.models import Contract, Subscription
from billing.customers.admin import CustomerAdmin
from billing.sellers.admin import FactAdmin, FactInline, Lines, OwnedForm, link


class ContractForm(OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("customer",)
    plain_words = {"contract_external_id_once": "Another contract has this external id."}


class SubscriptionInline(FactInline):
    model = Subscription
    fields = ("shown_subscription", "created_at")
    ordering = ("-pk",)
    show_change_link = False

    @admin.display(description="subscription")
    def shown_subscription(self, subscription: Subscription) -> str:
        return link(subscription)


@admin.register(Contract)
class ContractAdmin(FactAdmin):
    form = ContractForm
    list_display = ("shown_contract", "customer", "currency", "next_billing_date", "created_at")
    list_filter = ("next_billing_date",)
    list_select_related = ("customer",)
    search_fields = ("external_id", "customer__name")
    autocomplete_fields = ("customer",)
    inlines: Sequence[Any] = (SubscriptionInline,)
    add_fieldsets = ((None, {"fields": ("customer", "external_id", "currency", "payment_days")}),)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "customer", "external_id", "currency", "payment_days", "next_billing_date",
                    "created_at",
                )
            },
        ),
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_contract")

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        names = ("customer", "external_id", "currency", "payment_days")
        return make_contract(**{name: form.cleaned_data[name] for name in names}, at=at)

    @admin.display(description="contract", ordering="external_id")
    def shown_contract(self, contract: Contract) -> str:
        return str(contract)


class ContractInline(FactInline):
    model = Contract
    fields = ("shown_contract", "currency", "next_billing_date", "created_at")
    ordering = ("-pk",)
    show_change_link = False

    @admin.display(description="contract")
    def shown_contract(self, contract: Contract) -> str:
        return link(contract)


CustomerAdmin.also_show(ContractInline)
