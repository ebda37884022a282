"""Pages of the rules by which documents are held for approval: stated, and ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.money import UnknownCurrency, to_minor
from billing.sellers.admin import (
    FactAdmin,
    FormPage,
    Lines,
    OwnedForm,
    PageForm,
    button,
    money,
    plain,
)
from billing.sellers.admin.numbers import DecimalField
from invoices.issuing.commands.approving import (
    NewRule,
    RuleEndedAlready,
    RuleRefused,
    end_rule,
    state_rule,
)
from invoices.issuing.models import HoldRule

OF_AMOUNTS = (HoldRule.Kind.AMOUNT, HoldRule.Kind.CREDIT_NOTE)


class RuleForm(OwnedForm):
    plain_words: ClassVar[Mapping[str, StrOrPromise]] = {
        "hold_rule_once": _("Such a rule holds already: end it first."),
    }
    limit = DecimalField(
        max_digits=18,
        decimal_places=4,
        min_value=0,
        required=False,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
        help_text=_("Of amounts: gross; what comes to more is held."),
    )

    def clean_currency(self) -> str:
        """Return the currency, if one is given."""
        given = str(self.cleaned_data["currency"])
        return super().clean_currency() if given else ""

    def _post_clean(self) -> None:
        # The command says what is missing.
        if self.errors:
            return
        if not self.cleaned_data.get("kind"):
            raise ValidationError("kind")


def _end_page(by: str) -> FormPage:
    def act(rule: HoldRule, _values: Mapping[str, Any], at: datetime) -> StrOrPromise:
        end_rule(rule_id=rule.pk, by=by, at=at)
        said = _("Ended: {rule} are issued without approval from now on.")
        return format_lazy(said, rule=_(HoldRule.Kind(rule.kind).label))

    return FormPage(
        title=gettext("End the rule"),
        submit=gettext("End it"),
        form_class=PageForm,
        act=act,
        refusals=(RuleEndedAlready,),
        explanation=gettext(
            "Nothing is held by it any more. What is held already stays so until it is "
            "decided, or looked at again."
        ),
    )


@admin.register(HoldRule)
class HoldRuleAdmin(FactAdmin):
    form = RuleForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (IntegrityError, RuleRefused)
    list_display = ("shown_kind", "amount", "shown_factor", "tolerance", "created_by", "ended_at")
    list_filter = ("kind", ("ended_at", admin.EmptyFieldListFilter))
    actions_detail = ("end",)
    readonly_fields = ("amount", "shown_factor", "tolerance")
    add_fieldsets = (
        (_("What is held for approval"), {"fields": ("seller", "kind")}),
        (_("Of amounts"), {"fields": ("limit", "currency")}),
        (
            _("Of invoices unlike those before"),
            {
                "fields": ("factor", "tolerance_percent"),
                "description": _(
                    "Compared with the median of the contract's latest 12 invoices, "
                    "once there are 4. A factor of 3 and a tolerance of 20 % are a good beginning."
                ),
            },
        ),
    )
    fieldsets = (
        (None, {"fields": ("seller", "kind", "amount", "shown_factor", "tolerance")}),
        (
            _("Since and until when"),
            {"fields": ("created_at", "created_by", "ended_at", "ended_by")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("invoices.add_holdrule")

    def has_end_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("invoices.change_holdrule")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        return shown if row and not row.ended_at else []

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        said = form.cleaned_data
        new = NewRule(
            kind=said["kind"],
            # The seller's stands there from the beginning: only an amount needs it.
            currency=said["currency"] if said["kind"] in OF_AMOUNTS else "",
            limit_minor=_minor(said["limit"], said["currency"]),
            factor=said["factor"],
            tolerance_percent=said["tolerance_percent"],
        )
        return state_rule(seller=said["seller"], new=new, by=request.user.get_username(), at=at)

    @admin.display(description=_("held are"), ordering="kind")
    def shown_kind(self, rule: HoldRule) -> str:
        return str(rule)

    @admin.display(description=_("above"), empty_value="-")
    def amount(self, rule: HoldRule) -> str | None:
        return None if rule.limit_minor is None else money(rule.limit_minor, rule.currency)

    @admin.display(description=_("usual spreads"), empty_value="-")
    def shown_factor(self, rule: HoldRule) -> str | None:
        return None if rule.factor is None else plain(rule.factor)

    @admin.display(description=_("usual in any case, % of the median"), empty_value="-")
    def tolerance(self, rule: HoldRule) -> str | None:
        return None if rule.tolerance_percent is None else plain(rule.tolerance_percent)

    @button(_("End …"), path="end", permission="end", icon="event_busy")
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, _end_page(request.user.get_username()))


def _minor(amount: Any, currency: str) -> int | None:
    """Return an amount in minor units; of an unknown currency as it is: the command refuses it."""
    if amount is None:
        return None
    try:
        return to_minor(amount, currency)
    except UnknownCurrency:
        return int(amount)
