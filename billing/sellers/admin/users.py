"""Who may use the admin: users and groups, in the hands of superusers alone."""

from typing import Any, ClassVar

from axes.models import AccessAttempt
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextareaWidget

from billing.sellers.admin.display import button
from billing.sellers.admin.pages import FormPage, PageForm, render_page
from billing.sellers.admin.recorded import Recorded
from billing.sellers.models import Membership
from billing.staff.signin.factors import device_of, remove_second_factor

# Devices have no pages: they would show the secrets.
admin.site.unregister([User, Group, TOTPDevice, StaticDevice])


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


class ReasonForm(PageForm):
    why = forms.CharField(
        label=_("Why"),
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=_("It is recorded."),
    )


RESET = FormPage(
    title=_("Reset the second factor"),
    submit=_("Reset"),
    form_class=ReasonForm,
    act=lambda *_: "",  # The page's own.
    explanation=_(
        "The user's app and recovery codes open nothing more, sessions that they opened "
        "ask for a code again, and at the next sign-in another app is set up. Make sure that it is "
        "the user who asks for it."
    ),
    is_dangerous=True,
)


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
    actions_detail = ("reset_second_factor",)

    def has_reset_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    @button(
        _("Reset second factor"), path="second-factor", permission="reset", icon="phonelink_erase"
    )
    def reset_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the user's app and recovery codes away, once a reason is given."""
        user = self.get_object(request, object_id)
        if user is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return missing
        form = ReasonForm(request.POST if request.method == "POST" else None, row=user)
        if not form.is_valid():
            return render_page(self, request, page=RESET, form=form, row=user)
        with transaction.atomic():
            remove_second_factor(user)
            self.record(request, [user])
        self.message_user(
            request,
            gettext("{user} sets up a second factor anew.").format(user=user),
            messages.SUCCESS,
        )
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[user.pk]))

    @admin.display(description=_("second factor"), boolean=True)
    def has_second_factor(self, user: User) -> bool:
        return device_of(user) is not None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *(["has_second_factor"] if obj else []))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        second = (gettext("Second factor"), {"fields": ("has_second_factor",)})
        return (*shown[:1], second, *shown[1:]) if obj else shown


@admin.register(Group)
class GroupAdmin(Recorded, SuperuserOnly, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Groups of permissions."""


@admin.register(AccessAttempt)
class FailedSignInAdmin(Recorded, SuperuserOnly, ModelAdmin):  # type: ignore[misc]
    """Names that were tried with wrong passwords, and from where; many tries lock them."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    search_fields = ("username",)
    ordering = ("-attempt_time",)
    actions = ("unlock_selected",)
    fields = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")
    readonly_fields: ClassVar[Any] = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_unlock_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    @admin.action(description=_("Unlock selected"), permissions=["unlock"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        queryset.delete()
        self.message_user(request, gettext("They may try again."), messages.SUCCESS)
