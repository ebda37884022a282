"""Pages of tax rates."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from billing.catalog.models import TaxRate


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):  # type: ignore[misc]
    """Tax rates are the law's: all sellers share them, and superusers keep them."""

    list_display = ("country", "tax_class", "category", "percent", "valid_from", "valid_until")
    list_filter = ("country", "tax_class")
    search_fields = ("country", "source")
    ordering = ("country", "tax_class", "-valid_from")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let a rate that exists be ended, and no more: invoices rest on it."""
        names = [field.name for field in TaxRate._meta.concrete_fields if field.editable]
        is_ended = obj and obj.valid_until
        return [name for name in names if obj and (is_ended or name != "valid_until")]

    def save_model(self, request: HttpRequest, obj: TaxRate, form: Any, change: bool) -> None:
        obj.save(update_fields=["valid_until"] if change else None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
