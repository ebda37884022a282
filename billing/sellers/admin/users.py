"""Who may use the admin: users and groups, in the hands of superusers alone."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from billing.sellers.admin.recorded import Recorded
from billing.sellers.models import Membership

admin.site.unregister([User, Group])
admin.site.index_template = "billing/admin/index.html"


class SuperuserOnly(BaseModelAdmin[Any]):
    """Pages of what decides who may do what: whoever changes it could give themselves all."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if _is_superuser(request) else rows.none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser


class MembershipInline(SuperuserOnly, TabularInline):  # type: ignore[misc]
    model = Membership
    extra = 0
    autocomplete_fields = ("seller",)


@admin.register(User)
class UserAdmin(Recorded, SuperuserOnly, DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = (MembershipInline,)


@admin.register(Group)
class GroupAdmin(Recorded, SuperuserOnly, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Groups of permissions."""
