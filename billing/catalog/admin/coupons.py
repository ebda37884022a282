"""Pages of coupons: made once; only the end is set later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminSingleDateWidget

from billing.catalog.admin.fields import NamesField
from billing.catalog.commands import (
    ContradictoryCoupon,
    CouponEndedAlready,
    CouponEndsTooEarly,
    NewCoupon,
    create_coupon,
    end_coupon,
)
from billing.catalog.models import Coupon, Plan
from billing.sellers.admin import (
    FactAdmin,
    FormPage,
    Lines,
    OwnedForm,
    PageForm,
    button,
    plain,
    unit_price,
)

TERMS = (
    "code", "percent", "amount", "currency", "periods", "valid_from", "valid_until",
    "max_redemptions", "once_per_customer",
)  # fmt: skip


class CouponForm(OwnedForm):
    named: ClassVar[Mapping[str, str]] = {"prices": "price_codes"}
    plain_words: ClassVar[Mapping[str, StrOrPromise]] = {
        "coupon_code_once": _("Another coupon has this code."),
        "coupon_percent_or_amount": _(
            "Give a percent (100 at most), or an amount and its currency."
        ),
        "coupon_validity_forward": _("The end must come after the first day."),
    }
    price_codes = NamesField(
        required=False, help_text=_("Codes of the prices it reduces; empty: all recurring ones.")
    )
    plan_codes = NamesField(
        required=False, help_text=_("Codes of the plans it is good for; empty: all.")
    )
    valid_from = forms.DateField(
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("First day on which it can be redeemed; empty: today."),
    )

    def clean_currency(self) -> str:
        """Return the currency; a coupon in percent has none."""
        return super().clean_currency() if self.cleaned_data.get("amount") else ""

    def clean_price_codes(self) -> list[str] | None:
        """Return the codes as a row holds them."""
        return self.cleaned_data["price_codes"] or None

    def clean(self) -> dict[str, Any]:
        """Find the plans that are named."""
        values = super().clean()
        names = values.get("plan_codes") or []
        found = Plan.objects.filter(seller=self.instance.seller_id, code__in=names)
        values["plans"] = list(found)
        missing = sorted(set(names) - {plan.code for plan in found})
        if missing:
            self.add_error(
                "plan_codes", gettext("There is no plan {names}.").format(names=", ".join(missing))
            )
        values["plan_codes"] = names or None
        return values


class EndForm(PageForm):
    valid_until = forms.DateField(
        label=_("First day on which it can't be redeemed"), widget=UnfoldAdminSingleDateWidget()
    )


def _end(coupon: Coupon, values: Mapping[str, Any], at: datetime) -> StrOrPromise:
    end_coupon(coupon_id=coupon.pk, valid_until=values["valid_until"], at=at)
    said = _("{code} ends: {day} is the first day without it.")
    return format_lazy(said, code=coupon.code, day=values["valid_until"])


END = FormPage(
    title=_("End the coupon"),
    submit=_("End the coupon"),
    form_class=EndForm,
    act=_end,
    refusals=(IntegrityError, CouponEndsTooEarly, CouponEndedAlready),
    explanation=_("Who redeemed it keeps the discount. The end can be set once."),
)


@admin.register(Coupon)
class CouponAdmin(FactAdmin):
    form = CouponForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (IntegrityError, ContradictoryCoupon)
    list_display = ("code", "takes_off", "periods", "valid_from", "valid_until")
    list_filter = ("once_per_customer",)
    search_fields = ("code",)
    actions_detail = ("end",)
    add_fieldsets = (
        (None, {"fields": ("seller", *TERMS[:5], "price_codes", "plan_codes", *TERMS[5:])}),
    )
    fieldsets = (
        (
            None,
            {"fields": ("seller", *TERMS[:5], "shown_prices", "shown_plans", *TERMS[5:],
                        "created_at")},
        ),
    )  # fmt: skip
    readonly_fields = ("shown_prices", "shown_plans")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_coupon")

    def has_end_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_coupon")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        shown: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        return shown if row and not row.valid_until else []

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        said = form.cleaned_data
        new = NewCoupon(
            **{name: said[name] for name in TERMS}, prices=said["price_codes"], plans=said["plans"]
        )
        return create_coupon(seller=said["seller"], new=new, at=at)

    @admin.display(description=_("takes off"))
    def takes_off(self, coupon: Coupon) -> str:
        if coupon.percent is not None:
            return f"{plain(coupon.percent)} %"
        return unit_price(coupon.amount, coupon.currency)

    @admin.display(description=_("prices"))
    def shown_prices(self, coupon: Coupon) -> str:
        return ", ".join(coupon.price_codes or ()) or gettext("all recurring ones")

    @admin.display(description=_("plans"))
    def shown_plans(self, coupon: Coupon) -> str:
        return ", ".join(coupon.plan_codes or ()) or gettext("all")

    @button(_("End"), path="end", permission="end", icon="event_busy")
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.form_view(request, object_id, END)
