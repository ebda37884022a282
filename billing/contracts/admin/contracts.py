"""Pages of contracts."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.contracts.commands import NewContract, NewTerm, make_contract
from billing.contracts.models import Contract, Subscription
from billing.contracts.queries import contract_term
from billing.customers.admin import CustomerAdmin
from billing.pricing.agreement import TermNotAllowed
from billing.sellers.admin import FactAdmin, FactInline, Lines, OwnedForm, link
from billing.sellers.queries import today


class ContractForm(OwnedForm):
    owners: ClassVar[tuple[str, ...]] = ("customer",)
    named = {f"term.{name}": name for name in ("initial_months", "renewal_months", "notice_months")}
    plain_words = {
        "contract_external_id_once": _("Another contract has this external id."),
        "contract_term_complete": _(
            "A term needs its initial months, what follows it and its "
            "notice (0 for none); the months of renewal belong to a renewal by months. Without a "
            "term leave all four empty."
        ),
    }


class SubscriptionInline(FactInline):
    model = Subscription
    fields = ("shown_subscription", "created_at")
    ordering = ("-pk",)
    show_change_link = False

    @admin.display(description=_("subscription"))
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
    refusals: ClassVar[tuple[type[Exception], ...]] = (IntegrityError, TermNotAllowed)
    term = ("initial_months", "renewal", "renewal_months", "notice_months")
    references = ("purchase_order", "project_reference")
    add_fieldsets = (
        (None, {"fields": ("customer", "external_id", "currency", "payment_days")}),
        (_("Term"), {"fields": term}),
        (_("References"), {"fields": references}),
    )
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
        (_("Term"), {"fields": (*term, "earliest_end")}),
        (_("References"), {"fields": references}),
    )  # fmt: skip
    readonly_fields = ("earliest_end",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_contract")

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        values = form.cleaned_data
        new = NewContract(
            **{
                name: values[name]
                for name in ("external_id", "currency", "payment_days", *self.references)
            },
            term=_term(values),
        )
        return make_contract(customer=values["customer"], new=new, at=at)

    @admin.display(description=_("earliest end"), empty_value="-")
    def earliest_end(self, contract: Contract) -> date | None:
        """Return the end that notice of today leads to."""
        term = contract_term(contract)
        on = today(contract.seller, at=timezone.now())
        return term.earliest_end(notice_on=on) if term else None

    @admin.display(description=_("contract"), ordering="external_id")
    def shown_contract(self, contract: Contract) -> str:
        return str(contract)


def _term(values: Mapping[str, Any]) -> NewTerm | None:
    if values["initial_months"] is None:
        return None
    ends_by_itself = values["renewal"] == Contract.Renewal.NONE
    return NewTerm(
        initial_months=values["initial_months"],
        renewal_months=0 if ends_by_itself else values["renewal_months"],
        notice_months=values["notice_months"],
    )


class ContractInline(FactInline):
    model = Contract
    fields = ("shown_contract", "currency", "next_billing_date", "created_at")
    ordering = ("-pk",)
    show_change_link = False

    @admin.display(description=_("contract"))
    def shown_contract(self, contract: Contract) -> str:
        return link(contract)


CustomerAdmin.also_show(ContractInline)
