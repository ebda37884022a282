"""Pages of rates of exchange."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from billing.exchange.commands import NewRate, RateRefused, record_own_rate
from billing.exchange.models import ExchangeRate, OwnExchangeRate
from billing.sellers.admin import FactAdmin, Lines, OwnedForm, Recorded, plain
from billing.sellers.admin.numbers import NUMBERS

TERMS = ("currency", "base", "rate", "period", "day", "source")


@admin.register(ExchangeRate)
class ExchangeRateAdmin(Recorded, ModelAdmin):  # type: ignore[misc]
    """What is published: all sellers share it, and superusers add to it; nobody changes it."""

    formfield_overrides = NUMBERS
    fields = TERMS
    list_display = ("day", "period", "currency", "shown_rate", "base", "source")
    list_filter = ("source", "currency")
    search_fields = ("currency",)
    ordering = ("-day", "currency")
    show_full_result_count = False

    @admin.display(description=_("rate"), ordering="rate")
    def shown_rate(self, rate: ExchangeRate) -> str:
        return plain(rate.rate)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"base": "EUR"}

    def save_model(self, request: HttpRequest, obj: ExchangeRate, form: Any, change: bool) -> None:
        obj.created_at = timezone.now()
        obj.save(force_insert=True)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(OwnExchangeRate)
class OwnExchangeRateAdmin(FactAdmin):
    refusals: ClassVar[tuple[type[Exception], ...]] = (RateRefused,)
    list_display = ("day", "period", "currency", "shown_rate", "base", "source", "recorded_by")
    list_filter = ("period", "currency")
    search_fields = ("source",)
    add_fieldsets = ((None, {"fields": ("seller", *TERMS)}),)
    fieldsets = (
        (None, {"fields": ("seller", "currency", "base", "shown_rate", "period", "day", "source")}),
        (_("Proof"), {"fields": ("recorded_by", "created_at")}),
    )
    readonly_fields = ("shown_rate",)

    @admin.display(description=_("rate"), ordering="rate")
    def shown_rate(self, rate: OwnExchangeRate) -> str:
        return plain(rate.rate)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_ownexchangerate")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_changeform_initial_data(request), "base": "EUR", "period": "day"}

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        new = NewRate(**{name: form.cleaned_data[name] for name in TERMS})
        by = request.user.get_username()
        return record_own_rate(seller=form.cleaned_data["seller"], new=new, by=by, at=at)
