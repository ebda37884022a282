"""Staff come in by a password and a second factor; who guesses is locked; each way in is told."""

import re
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from billing.sellers.models import Seller
from billing.staff.models import StaffAction
from tests import factories
from tests.admin.houses import House, staff
from tests.admin.test_scope import PAGES

PASSWORD = "correct horse battery"
LOGIN, SECOND = "/admin/login/", "/admin/second-factor/"
OPEN = {"login", "second_factor"}  # Pages on the way in.

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quickly(request: pytest.FixtureRequest, settings: Any) -> None:
    """Hashed in no time: passwords are tried by the dozen here."""
    if "takes_long" not in request.node.name:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def seller(db: None) -> Seller:
    return factories.seller()


@pytest.fixture
def eve(seller: Seller) -> User:
    user = staff(seller, name="eve")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, password: str = PASSWORD, name: str = "eve", **more: Any) -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, **more)


def code_of(user: User, *, steps_ahead: int = 0) -> str:
    device = TOTPDevice.objects.get(user=user)
    now = totp(device.bin_key, t0=-30 * steps_ahead)
    return f"{now:06d}"


def set_up(client: Client, user: User) -> list[str]:
    """Give the password, take the app, and return the recovery codes."""
    sign_in(client)
    client.get(SECOND)
    body = client.post(SECOND, {"code": code_of(user)}).content.decode()
    return re.findall(r"<code>([a-z0-9-]+)</code>", body)


def told() -> list[str]:
    return list(StaffAction.objects.order_by("pk").values_list("action", flat=True))


def may_go_on(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def later(user: User) -> None:
    """As if the app had gone on to its next code, and the delay after wrong ones were over."""
    TOTPDevice.objects.filter(user=user).update(last_t=-1, throttling_failure_timestamp=None)


class TestPassword:
    def test_a_password_alone_opens_where_no_second_factor_is_wanted(self, eve: User) -> None:
        client = Client()

        assert sign_in(client).status_code == 302
        assert may_go_on(client)
        noted = StaffAction.objects.get()
        assert (noted.action, noted.who, noted.user_id) == ("sign_in", "eve", eve.pk)
        assert noted.address == "127.0.0.1"

    def test_a_session_is_another_one_after_signing_in(self, eve: User) -> None:
        client = Client()
        client.get(LOGIN)
        client.session.create()
        before = client.session.session_key

        sign_in(client)

        assert client.session.session_key != before
        assert client.session.get_expiry_age() == 12 * 3600

    def test_signing_out_is_told(self, eve: User) -> None:
        client = Client()
        sign_in(client)

        client.post("/admin/logout/")

        assert told() == ["sign_in", "sign_out"]
        assert not may_go_on(client)

    def test_a_wrong_password_is_told_with_the_name_of_a_user_only(self, eve: User) -> None:
        sign_in(Client(), "wrong")
        sign_in(Client(), "wrong", name="hunter2-my-password")

        assert told() == ["refuse_sign_in"] * 2
        assert set(StaffAction.objects.values_list("who", flat=True)) == {"eve", "an unknown name"}

    def test_users_change_their_own_which_is_told(self, eve: User) -> None:
        client = Client()
        sign_in(client)
        new = "staple battery horse"

        client.post(reverse("admin:password_change"), {
            "old_password": PASSWORD, "new_password1": new, "new_password2": new})  # fmt: skip

        eve.refresh_from_db()
        assert check_password(new, eve.password)
        assert told()[-1] == "password_change"

    @pytest.mark.parametrize("weak", ["short one", "passwordpassword", "eve-eve-eve-"])
    def test_weak_ones_are_refused(self, weak: str) -> None:
        weak = {"passwordpassword": "1234567890"}.get(weak, weak)

        with pytest.raises(ValidationError):
            validate_password(weak, User(username="eve-eve-eve"))


class TestLock:
    def guess(self, client: Client, times: int, name: str = "eve", **more: Any) -> HttpResponse:
        for _ in range(times):
            answer = sign_in(client, "wrong", name, **more)
        return answer

    def test_the_fifth_wrong_password_locks_and_the_right_one_opens_nothing(
        self, eve: User
    ) -> None:
        client = Client()

        assert self.guess(client, 4).status_code == 200
        assert self.guess(client, 1).status_code == 429
        answer = sign_in(client)
        assert answer.status_code == 429
        assert "For 15 minutes none is looked at" in answer.content.decode()
        assert not may_go_on(client)
        assert told() == ["refuse_sign_in"] * 4 + ["lock_out"]

    def test_unknown_names_are_answered_alike(self, eve: User) -> None:
        for number in range(6):
            known = sign_in(Client(), "wrong")
            unknown = sign_in(Client(), "wrong", name="nobody")
            plain = [re.sub(r'value="\w{64}"|nobody|eve', "", each.content.decode())
                     for each in (known, unknown)]  # fmt: skip
            assert plain[0] == plain[1], number
            assert known.status_code == unknown.status_code

    def test_elsewhere_the_name_is_not_locked(self, eve: User) -> None:
        self.guess(Client(), 5)

        assert sign_in(Client(), REMOTE_ADDR="192.0.2.7").status_code == 302

    def test_another_address_of_the_same_network_is_locked_too(self, eve: User) -> None:
        self.guess(Client(), 5, REMOTE_ADDR="2001:db8::1")

        assert sign_in(Client(), REMOTE_ADDR="2001:db8::2:1").status_code == 429
        assert sign_in(Client(), REMOTE_ADDR="2001:db8:0:1::1").status_code == 302

    @override_settings(TRUSTED_PROXIES=1)
    def test_behind_a_proxy_the_caller_counts_not_what_it_invents(self, eve: User) -> None:
        for number in range(5):
            self.guess(Client(), 1, headers={"X-Forwarded-For": f"10.0.0.{number}, 192.0.2.1"})

        here = {"X-Forwarded-For": "10.9.9.9, 192.0.2.1"}
        assert sign_in(Client(), headers=here).status_code == 429
        there = {"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}
        assert sign_in(Client(), headers=there).status_code == 302

    def test_it_ends_by_itself(self, eve: User) -> None:
        self.guess(Client(), 5)
        began = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        AccessAttempt.objects.update(attempt_time=began)

        assert sign_in(Client()).status_code == 302

    def test_superusers_see_and_unlock(self, eve: User, root: Client) -> None:
        self.guess(Client(), 5)
        page = reverse("admin:axes_accessattempt_changelist")
        assert "eve" in root.get(page).content.decode()

        row = AccessAttempt.objects.get()
        root.post(page, {"action": "unlock_selected", "_selected_action": row.pk})

        assert sign_in(Client()).status_code == 302
        assert StaffAction.objects.get(action="unlock").who == "root"

    def test_a_command_unlocks(self, eve: User, capsys: Any) -> None:
        self.guess(Client(), 5)

        call_command("unlock_staff", "eve", why="She called")

        assert sign_in(Client()).status_code == 302
        assert StaffAction.objects.get(action="unlock_staff").why == "She called"

    def test_no_password_is_kept_of_a_try(self, eve: User) -> None:
        sign_in(Client(), "almost " + PASSWORD)

        assert PASSWORD not in str(list(AccessAttempt.objects.values()))


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def wanted(self) -> Iterator[None]:
        with override_settings(STAFF_SECOND_FACTOR=True):
            yield

    def test_the_first_sign_in_leads_to_setting_one_up(self, eve: User) -> None:
        client = Client()

        page: Any = client.post(
            f"{LOGIN}?next=/admin/billing/order/",
            {"username": "eve", "password": PASSWORD, "next": "/admin/billing/order/"},
            follow=True,
        )

        assert page.request["PATH_INFO"] == SECOND
        body = page.content.decode()
        secret = TOTPDevice.objects.get(user=eve)
        assert re.search(r'<svg[^>]* viewBox="0 0 \d+ \d+"', body)
        assert not secret.confirmed
        assert 'autocomplete="one-time-code"' in body
        assert "autofocus" in body
        assert "no-store" in page["Cache-Control"]

    def test_setting_up_opens_and_shows_ten_recovery_codes_once(self, eve: User) -> None:
        client = Client()

        codes = set_up(client, eve)

        assert len(set(codes)) == 10
        assert may_go_on(client)
        assert told() == ["give_password", "set_up_second_factor", "sign_in"]
        stored = set(StaticToken.objects.values_list("token", flat=True))
        assert not stored & {code.replace("-", "") for code in codes}
        assert codes[0] not in client.get(SECOND, follow=True).content.decode()

    def test_later_a_code_is_asked_for(self, eve: User) -> None:
        set_up(Client(), eve)
        later(eve)
        client = Client()

        sign_in(client)
        assert not may_go_on(client)
        before = client.session.session_key
        answer = client.post(f"{SECOND}?next=/admin/billing/order/", {"code": code_of(eve)})

        assert answer.headers["Location"] == "/admin/billing/order/"
        assert client.session.session_key != before
        assert may_go_on(client)
        assert StaffAction.objects.order_by("pk").last().what == "with a code of the app"

    def test_a_code_opens_once(self, eve: User) -> None:
        set_up(Client(), eve)
        client = Client()
        sign_in(client)

        client.post(SECOND, {"code": code_of(eve)})  # The one by which it was set up.

        assert not may_go_on(client)
        assert told()[-1] == "refuse_second_factor"

    def test_after_a_wrong_code_the_next_is_not_looked_at_at_once(self, eve: User) -> None:
        set_up(Client(), eve)
        later(eve)
        client = Client()
        sign_in(client)

        for _ in range(2):
            client.post(SECOND, {"code": "000000"})
        answer = client.post(SECOND, {"code": code_of(eve)})

        assert answer.status_code == 429
        assert "The latest codes were wrong" in answer.content.decode()
        assert not may_go_on(client)

    def test_a_recovery_code_opens_once_and_is_told(self, eve: User) -> None:
        code = set_up(Client(), eve)[0]
        first, second = Client(), Client()
        sign_in(first)
        sign_in(second)

        first.post(SECOND, {"code": code.upper().replace("-", " ")})
        second.post(SECOND, {"code": code})

        assert may_go_on(first)
        assert not may_go_on(second)
        assert StaffAction.objects.get(what__contains="recovery").what == (
            "with a recovery code; 9 are left"
        )

    def test_another_s_code_opens_nothing(self, eve: User, seller: Seller) -> None:
        set_up(Client(), eve)
        bob = staff(seller, name="bob")
        device = TOTPDevice.objects.create(user=bob, name="app", confirmed=True)
        client = Client()
        sign_in(client)

        client.post(SECOND, {"code": f"{totp(device.bin_key):06d}"})

        assert not may_go_on(client)

    @pytest.mark.parametrize("has_app", [False, True])
    def test_no_page_is_reached_by_the_password_alone(self, alpha: House, has_app: bool) -> None:
        root = staff(name="half", superuser=True)
        if has_app:
            TOTPDevice.objects.create(user=root, name="app", confirmed=True)
        client = Client()
        client.force_login(root)
        closed = [page for page in PAGES if page.name not in OPEN]

        for page in closed:
            url = page.url(**{name: str(alpha.customer.pk) for name in page.takes})
            for answer in (client.get(url), client.post(url, {})):
                assert answer.status_code == 302, url
                assert answer.headers["Location"].startswith((LOGIN, "/admin/")), url
                assert answer.headers["Location"] != url
        assert len(closed) > 150

    def test_nor_is_the_api(self, eve: User, seller: Seller) -> None:
        client = Client()
        set_up(client, eve)
        half = Client()
        sign_in(half)

        assert half.get("/api/v1/seller").status_code == 401
        assert client.get("/api/v1/seller").status_code == 200

    def test_a_user_can_leave_half_way(self, eve: User) -> None:
        client = Client()
        sign_in(client)

        assert client.post(SECOND, {"leave": "1"}).headers["Location"] == LOGIN
        assert "_auth_user_id" not in client.session

    def test_who_is_nobody_is_sent_away(self, eve: User) -> None:
        assert Client().get(SECOND).status_code == 302
        assert not TOTPDevice.objects.exists()

    def test_it_leads_to_no_other_site(self, eve: User) -> None:
        set_up(Client(), eve)
        later(eve)
        client = Client()
        sign_in(client)

        answer = client.post(f"{SECOND}?next=https://evil.example/", {"code": code_of(eve)})

        assert answer.headers["Location"] == "/admin/"

    def test_a_superuser_resets_it_and_open_sessions_end(self, eve: User) -> None:
        theirs, root = Client(), Client()
        set_up(theirs, eve)
        boss = staff(name="root", superuser=True)
        device = TOTPDevice.objects.create(user=boss, name="app", confirmed=True)
        root.force_login(boss)
        root.post(SECOND, {"code": f"{totp(device.bin_key):06d}"})

        page = reverse("admin:auth_user_change", args=[eve.pk]).replace(
            "/change/", "/second-factor/"
        )
        assert root.post(page, {}).status_code == 200
        assert may_go_on(theirs)
        root.post(page, {"why": "Lost the phone"})

        assert not may_go_on(theirs)
        assert not TOTPDevice.objects.filter(user=eve).exists()
        noted = StaffAction.objects.get(action="reset_second_factor")
        assert (noted.who, noted.object_text, noted.why) == ("root", "eve", "Lost the phone")

    def test_a_command_resets_it(self, eve: User) -> None:
        set_up(Client(), eve)

        call_command("unlock_staff", "eve", second_factor=True)

        assert not TOTPDevice.objects.filter(user=eve).exists()
        assert not StaticToken.objects.exists()


class TestSettings:
    def test_the_embedded_stack_asks_for_none(self, settings: Any) -> None:
        assert settings.STAFF_SECOND_FACTOR is False

    def test_guessing_takes_long_for_known_and_unknown_names(self, eve: User) -> None:
        took = []
        for name in ("eve", "nobody"):
            began = time.perf_counter()
            sign_in(Client(), "wrong", name=name)
            took.append(time.perf_counter() - began)

        assert 0.3 < took[0] / took[1] < 3  # Both hash a password: neither is told by its time.
