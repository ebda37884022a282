"""Redemptions of coupons, on the coupon's page."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.catalog.admin import CouponAdmin
from billing.contracts.models import CouponRedemption
from billing.sellers.admin import FactInline, link


class RedemptionInline(FactInline):
    model = CouponRedemption
    fields = ("redeemed_on", "shown_customer", "shown_subscription", "begins_on")
    ordering = ("-pk",)
    show_change_link = False
    verbose_name_plural = _("redemptions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CouponRedemption]:
        rows: QuerySet[CouponRedemption] = super().get_queryset(request)
        return rows.select_related("customer", "subscription", "change")

    @admin.display(description=_("customer"))
    def shown_customer(self, redemption: CouponRedemption) -> str:
        return link(redemption.customer)

    @admin.display(description=_("subscription"))
    def shown_subscription(self, redemption: CouponRedemption) -> str:
        return link(redemption.subscription)

    @admin.display(description=_("discount from"))
    def begins_on(self, redemption: CouponRedemption) -> str:
        return str(redemption.change.effective_on)


CouponAdmin.also_show(RedemptionInline)
