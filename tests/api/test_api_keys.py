"""Keys that make, rotate and revoke keys; none may do more than the one that made it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from billing.api.models import IdempotentRequest
from billing.scopes import ALL_SCOPES
from billing.sellers.commands import hash_of_key
from billing.sellers.models import ApiKey, Seller
from tests import factories
from tests.api.conftest import App

HOUSE = "198.51.100.0/24"
FAR = "2099-01-01T00:00:00Z"


def made_by(key: str, **said: Any) -> Any:
    return App(key).post("/api-keys", {"name": "New", **said})


def row_of(key: str) -> ApiKey:
    return ApiKey.objects.get(secret_hash=hash_of_key(key))


class TestCreating:
    def test_the_secret_is_told_once(self, app: App) -> None:
        answer = app.post("/api-keys", {"name": "Shop", "scopes": ["orders:write"]})

        assert answer.status == 201
        assert answer.headers["Cache-Control"] == "no-store"
        secret = answer.body["secret"]
        shown = app.get(f"/api-keys/{answer.body['id']}")
        for page in (shown, app.get("/api-keys")):
            assert secret not in page.content.decode()
            assert hash_of_key(secret) not in page.content.decode()
        assert shown.body["scopes"] == ["orders:write"]
        assert App(secret).get("/orders").status == 200
        assert App(secret).get("/customers").code == "scope_missing"

    def test_by_default_it_may_as_much_as_the_key_that_asks(self, seller: Seller) -> None:
        asks = factories.api_key(seller, "api_keys:write", "usage:write", networks=("127.0.0.0/8",))

        made = made_by(asks).body

        assert made["scopes"] == ["usage:write", "api_keys:write"]
        assert made["allowed_networks"] == ["127.0.0.0/8"]

    @pytest.mark.parametrize("scope", [scope for scope in ALL_SCOPES if scope != "api_keys:read"])
    def test_it_grants_no_scope_that_it_lacks(self, seller: Seller, scope: str) -> None:
        asks = factories.api_key(seller, "api_keys:write")

        answer = made_by(asks, scopes=[scope])

        if scope == "api_keys:write":
            assert answer.status == 201
        else:
            assert (answer.status, answer.errors) == (403, {"scopes": "grant_exceeded"})

    @pytest.mark.parametrize(
        ("networks", "is_granted"),
        [
            ([], False),
            (["126.0.0.0/7"], False),
            (["127.0.0.0/8", "::/0"], False),
            (["127.0.0.1"], True),
            (["127.1.0.0/16", "127.0.0.0/8"], True),
        ],
    )
    def test_it_lets_in_from_nowhere_else(
        self, seller: Seller, networks: list[str], *, is_granted: bool
    ) -> None:
        asks = factories.api_key(seller, networks=("127.0.0.0/8",))

        answer = made_by(asks, allowed_networks=networks)

        assert (answer.status == 201) is is_granted
        assert is_granted or answer.errors == {"allowed_networks": "grant_exceeded"}

    @pytest.mark.parametrize(
        ("expires_at", "status"),
        [(None, 403), ("2098-06-01T00:00:01Z", 403), ("2098-06-01T00:00:00Z", 201)],
    )
    def test_it_lasts_no_longer(self, seller: Seller, expires_at: Any, status: int) -> None:
        asks = factories.api_key(seller, expires_at=datetime(2098, 6, 1, tzinfo=UTC))

        assert made_by(asks, expires_at=expires_at).status == status
        assert made_by(asks).body["expires_at"] == "2098-06-01T00:00:00Z"

    @pytest.mark.parametrize(
        ("said", "field", "code"),
        [
            ({"scopes": []}, "scopes", "empty"),
            ({"scopes": ["customers:delete"]}, "scopes.0", "invalid_choice"),
            ({"allowed_networks": ["10.0.0.1/8"]}, "allowed_networks", "api_key_refused"),
            ({"allowed_networks": ["example.com"]}, "allowed_networks", "api_key_refused"),
            ({"allowed_networks": ["10.0.0.0/8"] * 51}, "allowed_networks", "max_length"),
            ({"expires_at": "2026-01-01T00:00:00Z"}, "expires_at", "api_key_refused"),
            ({"expires_at": "2099-01-01"}, "expires_at", "invalid"),
            ({"expires_at": "2099-01-01T00:00:00"}, "expires_at", "invalid"),
            ({"name": " "}, "name", "blank"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, app: App, said: dict[str, Any], field: str, code: str
    ) -> None:
        answer = app.post("/api-keys", {"name": "New", **said})

        assert (answer.status, answer.errors) == (400, {field: code})
        assert ApiKey.objects.count() == 1

    def test_networks_are_written_out(self, app: App) -> None:
        networks = [HOUSE, "2001:DB8::/32", "198.51.100.7", HOUSE]

        made = app.post("/api-keys", {"name": "x", "allowed_networks": networks}).body

        assert made["allowed_networks"] == [HOUSE, "2001:db8::/32", "198.51.100.7/32"]
        assert app.get(f"/api-keys/{made['id']}").body["allowed_networks"] == [
            HOUSE, "2001:db8::/32", "198.51.100.7/32"
        ]  # fmt: skip


class TestRepeating:
    def test_a_repeated_request_gets_the_key_without_its_secret(self, app: App) -> None:
        first = app.post("/api-keys", {"name": "New"}, Idempotency_Key="k")

        again = app.post("/api-keys", {"name": "New"}, Idempotency_Key="k")

        assert (again.status, again.headers["Idempotent-Replayed"]) == (201, "true")
        hidden = {"secret": None, "secret_note": again.body["secret_note"]}
        assert again.body == {**first.body, **hidden}
        assert "shown once" in again.body["secret_note"]
        assert ApiKey.objects.filter(name="New").count() == 1

    @pytest.mark.parametrize("rotates", [False, True])
    def test_what_is_kept_of_it_holds_no_secret(self, app: App, *, rotates: bool) -> None:
        own = ApiKey.objects.get().pk
        path = f"/api-keys/{own}/rotate" if rotates else "/api-keys"

        secret = app.post(path, {} if rotates else {"name": "x"}, Idempotency_Key="k").body[
            "secret"
        ]

        kept = json.dumps(IdempotentRequest.objects.values().get(), default=str)
        assert secret not in kept
        assert hash_of_key(secret) not in kept


class TestHowMany:
    def test_a_seller_has_a_hundred_that_work(self, seller: Seller) -> None:
        """Each has a share of requests of its own: without a limit it could have any."""
        first, *others = [factories.api_key(seller) for _ in range(100)]
        app, said = App(first), {"name": "one more"}
        rotate = f"/api-keys/{row_of(others[0]).pk}/rotate"

        refused = [app.post("/api-keys", said), app.post(rotate, {"overlap_seconds": 60})]
        replaced = app.post(rotate, {"overlap_seconds": 0})
        app.post(f"/api-keys/{row_of(others[1]).pk}/revoke")
        made = app.post("/api-keys", said)

        assert [(each.status, each.code) for each in refused] == [(400, "api_key_refused")] * 2
        assert "100 valid keys" in refused[0].body["detail"]
        assert (replaced.status, made.status) == (201, 201)


class TestRotating:
    def test_both_work_for_a_while(self, seller: Seller) -> None:
        former = factories.api_key(
            seller, "api_keys:write", "orders:read", networks=("::/0", "0.0.0.0/0")
        )
        path = f"/api-keys/{row_of(former).pk}"

        made = App(former).post(f"{path}/rotate", {}).body

        inherited = ("name", "scopes", "allowed_networks")
        shown = App(made["secret"]).get(path).body
        assert [made[name] for name in inherited] == [shown[name] for name in inherited]
        assert (made["replaces"], shown["replaced_by"]) == (shown["id"], made["id"])
        assert made["expires_at"] is None
        lasts = datetime.fromisoformat(shown["expires_at"]) - datetime.now(UTC)
        assert timedelta(hours=23, minutes=59) < lasts <= timedelta(hours=24)
        assert App(former).get("/orders").status == App(made["secret"]).get("/orders").status == 200

    def test_after_it_the_former_one_is_refused(self, seller: Seller) -> None:
        former = factories.api_key(seller)
        made = App(former).post(f"/api-keys/{row_of(former).pk}/rotate", {"overlap_seconds": 60})
        ApiKey.objects.filter(pk=row_of(former).pk).update(expires_at=datetime.now(UTC))

        assert App(former).get("/seller").status == 401
        assert App(made.body["secret"]).get("/seller").status == 200

    def test_without_an_overlap_it_ends_at_once(self, seller: Seller) -> None:
        former = factories.api_key(seller)
        path = f"/api-keys/{row_of(former).pk}/rotate"

        made = App(former).post(path, {"overlap_seconds": 0})

        assert made.status == 201
        assert App(former).get("/seller").status == 401

    def test_an_expiry_stays(self, seller: Seller) -> None:
        former = factories.api_key(seller, expires_at=datetime.now(UTC) + timedelta(hours=1))
        expires_at = row_of(former).expires_at

        made = App(former).post(f"/api-keys/{row_of(former).pk}/rotate", {}).body

        assert row_of(made["secret"]).expires_at == row_of(former).expires_at == expires_at

    @pytest.mark.parametrize("seconds", [-1, 604_801, "60", None])
    def test_the_overlap_is_seven_days_at_most(self, app: App, seconds: Any) -> None:
        path = f"/api-keys/{ApiKey.objects.get().pk}/rotate"

        assert app.post(path, {"overlap_seconds": seconds}).status == 400
        assert app.post(path, {"overlap_seconds": 604_800}).status == 201

    def test_a_key_is_rotated_once(self, app: App) -> None:
        path = f"/api-keys/{ApiKey.objects.get().pk}/rotate"
        app.post(path, {})

        assert (app.post(path, {}).status, app.post(path, {}).code) == (409, "api_key_ended")

    def test_what_ended_is_not_rotated(self, seller: Seller, app: App) -> None:
        for ended in ("revoked_at", "expires_at"):
            key = factories.api_key(seller, **{ended: datetime(2026, 2, 1, tzinfo=UTC)})

            answer = app.post(f"/api-keys/{row_of(key).pk}/rotate", {})

            assert (answer.status, answer.code) == (409, "api_key_ended")

    def test_a_key_that_may_more_is_not_to_be_had_by_rotation(self, seller: Seller) -> None:
        asks = App(factories.api_key(seller, "api_keys:write"))
        mighty = factories.api_key(seller)

        answer = asks.post(f"/api-keys/{row_of(mighty).pk}/rotate", {})

        assert (answer.status, answer.code) == (403, "grant_exceeded")
        assert row_of(mighty).expires_at is None


class TestRevoking:
    def test_it_ends_at_once(self, seller: Seller, app: App) -> None:
        key = factories.api_key(seller)

        answer = app.post(f"/api-keys/{row_of(key).pk}/revoke")

        assert (answer.status, answer.body["revoked_at"] is None) == (200, False)
        assert App(key).get("/seller").status == 401
        again = app.post(f"/api-keys/{row_of(key).pk}/revoke")
        assert again.body["revoked_at"] == answer.body["revoked_at"]

    def test_a_key_may_revoke_itself(self, app: App) -> None:
        assert app.post(f"/api-keys/{ApiKey.objects.get().pk}/revoke").status == 200
        assert app.get("/seller").status == 401


class TestCommand:
    def test_a_key_is_made_as_told(
        self, seller: Seller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command(
            "create_api_key", name="Meter", scopes="usage:write, customers:read", expires=
            datetime(2099, 1, 1, tzinfo=UTC), network=[HOUSE],
        )  # fmt: skip

        row = row_of(capsys.readouterr().out.strip())
        assert row.scopes == ["customers:read", "usage:write"]
        assert row.allowed_networks == [HOUSE]
        assert row.expires_at == datetime(2099, 1, 1, tzinfo=UTC)

    def test_it_reads_the_command_line(
        self, seller: Seller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command(
            "create_api_key",
            "--name=x",
            "--scopes=*:read",
            f"--expires={FAR}",
            f"--network={HOUSE}",
        )

        row = row_of(capsys.readouterr().out.strip())
        assert (row.scopes, row.allowed_networks) == (["*:read"], [HOUSE])

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ("--scopes=customers", "'customers'"),
            ("--scopes=", "''"),
            ("--network=x", "'x'"),
            ("--expires=2099-01-01", "invalid"),
            ("--expires=2020-01-01T00:00Z", "expired"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, seller: Seller, wrong: str, said: str) -> None:
        with pytest.raises(CommandError, match=said):
            call_command("create_api_key", "--name=x", wrong)
        assert not ApiKey.objects.exists()


class TestWhereFrom:
    @pytest.mark.parametrize(
        ("networks", "address", "is_allowed"),
        [
            ((), "203.0.113.9", True),
            ((), "", True),
            ((HOUSE,), "198.51.100.255", True),
            ((HOUSE,), "198.51.101.0", False),
            ((HOUSE,), "::ffff:198.51.100.1", True),
            ((HOUSE,), "2001:db8::1", False),
            ((HOUSE,), "", False),
            ((HOUSE, "2001:db8::/32"), "2001:db8:ffff::1", True),
            (("::/0",), "198.51.100.1", False),
            (("fe80::/10",), "fe80::1%eth0", True),
        ],
    )
    def test_the_networks_of_a_key_decide(
        self, seller: Seller, networks: tuple[str, ...], address: str, *, is_allowed: bool
    ) -> None:
        key = factories.api_key(seller, networks=networks)

        answer = App(key, REMOTE_ADDR=address).get("/seller")

        assert answer.status == (200 if is_allowed else 403)
        assert is_allowed or answer.code == "address_not_allowed"

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "is_allowed"),
        [
            (0, "198.51.100.1", False),  # Anybody's invention: no proxy is trusted.
            (1, "198.51.100.1", True),
            (1, "203.0.113.9, 198.51.100.1", True),
            (1, "198.51.100.1, 203.0.113.9", False),  # Said by the caller, before the proxy's.
            (2, "198.51.100.1, 203.0.113.9", True),
            (2, "6.6.6.6, 198.51.100.1, 203.0.113.9", True),
            (2, "198.51.100.1, 6.6.6.6, 203.0.113.9", False),
            (2, "198.51.100.1", False),  # Passed one proxy only: counts as who connected.
            (1, "", False),
            (1, "x", False),
            (1, "203.0.113.9,", False),
        ],
    )
    def test_so_many_proxies_are_believed(
        self, seller: Seller, proxies: int, forwarded: str, *, is_allowed: bool
    ) -> None:
        app = App(factories.api_key(seller, networks=(HOUSE,)), REMOTE_ADDR="203.0.113.200")

        with override_settings(TRUSTED_PROXIES=proxies):
            answer = app.get("/seller", X_Forwarded_For=forwarded)

        assert answer.status == (200 if is_allowed else 403)

    def test_a_garbled_address_is_nobody_s(self, seller: Seller) -> None:
        key = factories.api_key(seller, last_used_at=None)

        with override_settings(TRUSTED_PROXIES=1):
            answer = App(key).get("/seller", X_Forwarded_For="<script>")

        assert answer.status == 200
        assert (row_of(key).last_used_ip, row_of(key).last_used_at is None) == (None, False)


class TestLastUse:
    def test_it_is_noted_once_a_minute(self, seller: Seller) -> None:
        key = factories.api_key(seller, last_used_at=None, last_used_ip=None)
        now = datetime.now(UTC)

        App(key, REMOTE_ADDR="203.0.113.9").get("/seller")
        first = row_of(key).last_used_at
        App(key, REMOTE_ADDR="203.0.113.10").get("/seller")

        assert first is not None
        assert first >= now
        assert (row_of(key).last_used_at, row_of(key).last_used_ip) == (first, "203.0.113.9")
        ApiKey.objects.update(last_used_at=now - timedelta(seconds=61))
        App(key, REMOTE_ADDR="2001:db8::1").get("/customers")
        assert row_of(key).last_used_ip == "2001:db8::1"

    def test_a_refused_key_is_not_used(self, seller: Seller) -> None:
        key = factories.api_key(seller, networks=(HOUSE,), last_used_at=None)

        App(key).get("/seller")

        assert row_of(key).last_used_at is None
