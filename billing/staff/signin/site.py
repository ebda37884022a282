"""The admin's site: staff come in by a password and a second factor, which is recorded."""

from typing import Any

from axes.helpers import get_failure_limit
from django.contrib.auth import get_user_model
from django.contrib.auth import logout as end_session
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as note_device
from unfold.sites import UnfoldAdminSite

from billing.staff.commands import Deed, record
from billing.staff.origins import actor_of
from billing.staff.signin import factors
from billing.staff.signin.views import CodeForm, code_drawn, page, secret_of

UNKNOWN = "an unknown name"  # Not what was typed: it may be a password.
WRONG = _("That code is wrong, or was used before: take the one that the app shows now.")


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]
    """The admin, of which nothing is reached by a password alone where two factors are wanted."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether a session may see the admin at all."""
        is_staff: bool = super().has_permission(request)
        return is_staff and factors.has_second_factor(request.user)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the second factor, which is seen before one is in."""
        own = path("second-factor/", self.second_factor, name="second_factor")
        return [own, *super().get_urls()]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for name and password; who gave them goes on to the second factor."""
        if request.method == "GET" and self._is_half_in(request):
            return HttpResponseRedirect(f"{reverse('admin:second_factor')}?{_query(request)}")
        answer: HttpResponse = super().login(request, extra_context)
        if request.method == "POST":
            self._note_password(request, is_right=answer.status_code == 302)
        return answer

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """End a session, and record it."""
        if request.method == "POST":
            _note(request, "sign_out")
        answer: HttpResponse = super().logout(request, extra_context)
        return answer

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Let users change their own password, and record that they did."""
        answer: HttpResponse = super().password_change(request, extra_context)
        if request.method == "POST" and answer.status_code == 302:
            _note(request, "password_change")
        return answer

    @method_decorator([never_cache, csrf_protect, sensitive_post_parameters("code")])
    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Ask for a code of the user's app, or have one set up; only after the password."""
        if not self._is_half_in(request):
            return HttpResponseRedirect(_wanted(request))
        if "leave" in request.POST:
            end_session(request)
            return HttpResponseRedirect(reverse("admin:login"))
        form = CodeForm(request.POST or None)
        is_new = factors.device_of(request.user) is None
        try:
            return self._set_up(request, form) if is_new else self._ask(request, form)
        except factors.TooManyCodes as throttled:
            form.add_error("code", str(throttled))
            return page(request, "code", title=gettext("Second factor"), form=form, status=429)

    def _is_half_in(self, request: HttpRequest) -> bool:
        is_staff: bool = super().has_permission(request)
        return is_staff and not factors.has_second_factor(request.user)

    def _ask(self, request: HttpRequest, form: CodeForm) -> HttpResponse:
        if form.is_valid():
            device = factors.verified(request.user, form.cleaned_data["code"])
            if device is not None:
                _enter(request, device)
                _note(request, "sign_in", what=_by(request, device))
                return HttpResponseRedirect(_wanted(request))
            _note(request, "refuse_second_factor")
            form.add_error("code", WRONG)
        return page(request, "code", title=gettext("Second factor"), form=form)

    def _set_up(self, request: HttpRequest, form: CodeForm) -> HttpResponse:
        if form.is_valid():
            codes = factors.confirm(request.user, form.cleaned_data["code"])
            if codes is not None:
                _enter(request, factors.device_of(request.user))
                _note(request, "set_up_second_factor")
                _note(request, "sign_in", what="with the app that was set up")
                return page(
                    request,
                    "recovery",
                    title=gettext("Recovery codes"),
                    codes=codes,
                    on=_wanted(request),
                )
            form.add_error("code", WRONG)
        device = factors.new_device(request.user)
        drawn, secret = code_drawn(device), secret_of(device)
        return page(
            request, "set_up", title=gettext("Second factor"), form=form, drawn=drawn, secret=secret
        )

    def _note_password(self, request: HttpRequest, *, is_right: bool) -> None:
        if is_right and self.has_permission(request):
            _note(request, "sign_in", what="with the password alone")
        elif is_right:
            _note(request, "give_password")
        elif not getattr(request, "axes_locked_out", False):
            _note(request, "refuse_sign_in", name=_named(request))
        elif getattr(request, "axes_failures_since_start", 0) == get_failure_limit(request, None):
            _note(request, "lock_out", name=_named(request))  # Once, not at each further try.


def _enter(request: HttpRequest, device: Any) -> None:
    request.session.cycle_key()  # What knew the session before can't go on with it.
    note_device(request, device)


def _by(request: HttpRequest, device: Any) -> str:
    if device.name != "recovery":
        return "with a code of the app"
    return f"with a recovery code; {factors.recovery_codes_left(request.user)} are left"


def _note(request: HttpRequest, action: str, *, what: str = "", name: str = "") -> None:
    user: Any = request.user
    deed = Deed(action=action, what=what)
    if name:
        by = actor_of(request, name=name, is_anonymous=True)
    else:
        by = actor_of(request)
        deed = Deed(
            action=action, what=what, kind="auth.user", object_id=str(user.pk),
            object_text=user.get_username(),
        )  # fmt: skip
    record([deed], by=by, at=timezone.now())


def _named(request: HttpRequest) -> str:
    """Return whose name was tried; a name that nobody has is not told."""
    name = request.POST.get("username", "")
    users = get_user_model()._default_manager
    is_known = "\0" not in name and users.filter(username=name).exists()
    return name if is_known else UNKNOWN


def _query(request: HttpRequest) -> str:
    return request.GET.urlencode()


def _wanted(request: HttpRequest) -> str:
    """Return where the user was going, if that is a page of here."""
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("admin:index")
