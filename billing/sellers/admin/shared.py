"""Pages of what all sellers share: rates of the law, charts of their publisher."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from billing.sellers.admin.recorded import Recorded


class SharedRowsAdmin(Recorded, ModelAdmin):  # type: ignore[misc]
    """Rows that all sellers share; superusers add and end them."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let a row that exists be ended, and no more: what was issued rests on it."""
        names = [field.name for field in self.model._meta.concrete_fields if field.editable]
        return [name for name in names if obj and (obj.valid_until or name != "valid_until")]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.save(update_fields=["valid_until"] if change else None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
