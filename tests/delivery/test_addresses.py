"""Webhooks go to public addresses alone, whatever a name says at whichever moment."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from billing.sellers.models import Seller
from invoices.delivery.commands import create_endpoint, try_endpoint
from invoices.delivery.models import WebhookEndpoint
from invoices.delivery.queries.addresses import WebhookUrlRefused, target_of
from tests.delivery.conftest import AT, endpoint_of, try_all
from tests.delivery.servers import App

PRIVATE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200",
    "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "192.88.99.1", "::", "::1", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1", "2002:7f00:1::1", "2001:0:7f00:1::1", "2001:db8::1",
    "::ffff:0:127.0.0.1", "100::1", "2001:2::1", "3fff::1", "5f00::1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]

Resolve = Callable[..., None]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Has every name resolve to these addresses; asked again, to the next ones."""

    def to(*answers: list[str]) -> None:
        left, real = list(answers), socket.getaddrinfo

        def answer(host: str, port: int, *more: Any, **named: Any) -> list[Any]:
            if host.replace(".", "").isdigit():
                return real(host, port, *more, **named)
            ips = left.pop(0) if len(left) > 1 else left[0]
            return [
                (
                    socket.AF_INET6 if ":" in ip else socket.AF_INET,
                    socket.SOCK_STREAM, 6, "", (ip, port),
                )
                for ip in ips
            ]  # fmt: skip

        monkeypatch.setattr(socket, "getaddrinfo", answer)

    return to


class TestPrivate:
    @pytest.mark.parametrize("ip", PRIVATE)
    def test_a_name_that_leads_to_one_is_refused(self, resolve: Resolve, ip: str) -> None:
        resolve([ip])

        with pytest.raises(WebhookUrlRefused, match="public"):
            target_of("https://hooks.example/x")

    @pytest.mark.parametrize("ip", PRIVATE)
    def test_one_among_public_ones_is_enough(self, resolve: Resolve, ip: str) -> None:
        resolve([*PUBLIC, ip])

        with pytest.raises(WebhookUrlRefused, match="public"):
            target_of("https://hooks.example/x")

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "[::1]", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
         "[::ffff:169.254.169.254]", "169.254.169.254", "[::ffff:127.0.0.1]", "0.0.0.0", "0",
         "0x7f.1", "0x7f.0x0.0x0.0x1", "017700000001", "127.0.0.1.", "localhost.", "LOCALHOST",
         "[::]", "[0:0:0:0:0:0:0:1]", "[::7f00:1]", "[64:ff9b::7f00:1]", "0xa9fea9fe",
         "2852039166", "0251.0376.0251.0376", "%31%32%37.0.0.1", "127.0.0.1%00.example.com",
         "[fe80::1%25eth0]", "xn--0.example.invalid", "a@127.0.0.1", "example.com@127.0.0.1"],
    )  # fmt: skip
    def test_however_it_is_written(self, host: str) -> None:
        with pytest.raises(WebhookUrlRefused):
            target_of(f"https://{host}/x")

    def test_even_in_development_only_loopback_is_taken(
        self, resolve: Resolve, settings: Any
    ) -> None:
        settings.WEBHOOKS_TO_LOOPBACK = True
        resolve(["10.0.0.1"])

        with pytest.raises(WebhookUrlRefused, match="public"):
            target_of("http://hooks.example/x")

    def test_http_to_the_world_is_refused_in_development_too(
        self, resolve: Resolve, settings: Any
    ) -> None:
        settings.WEBHOOKS_TO_LOOPBACK = True
        resolve(PUBLIC)

        with pytest.raises(WebhookUrlRefused, match="https"):
            target_of("http://hooks.example/x")


class TestPublic:
    @pytest.mark.parametrize("ip", PUBLIC)
    def test_the_address_that_was_looked_at_is_the_target(self, resolve: Resolve, ip: str) -> None:
        resolve([ip], ["10.0.0.1"])

        target = target_of("https://hooks.example:8443/a/b?c=d")

        assert (target.ip, target.host, target.port) == (ip, "hooks.example", 8443)
        assert (target.path, target.authority) == ("/a/b?c=d", "hooks.example:8443")

    @pytest.mark.parametrize(
        "url",
        ["http://hooks.example/x", "ftp://hooks.example/x", "https://", "https:///x", "//x", "x",
         "https://a:b@hooks.example/", "https://a@hooks.example/", "https://hooks.example/#x",
         "https://hooks.example:99999/", "https://hooks.example/\\x", "https://hooks.example/ x",
         "https://hooks.exämple/", "https://hooks.example/\n", "https://[::1/x",
         "https://hooks.example/" + "x" * 500, "https://hooks.example:0/",
         "https://hooks.example:25/", "https://hooks.example:80/", "https://hooks.example:-1/",
         "https://hooks.example:443:80/", "https://hooks.example%2f@x/", "https://ho oks.example/",
         "https://hooks.example/\r\nX-Evil: 1", "https://hooks.example\r\n/", "https://a@b",
         "https://hooks.example/\t", "https://hooks.example\\@127.0.0.1/", "https://①.example/",
         "https://hooks。example/", "gopher://hooks.example/", "file:///etc/passwd",
         "https:hooks.example", "https://?x", "https://hooks.example/\x00", "https://h*st/"],
    )  # fmt: skip
    def test_what_is_malformed_is_refused(self, resolve: Resolve, url: str) -> None:
        resolve(PUBLIC)

        with pytest.raises(WebhookUrlRefused):
            target_of(url)

    def test_a_dot_at_the_end_is_left_out(self, resolve: Resolve) -> None:
        resolve(PUBLIC)

        assert target_of("https://hooks.example./x").host == "hooks.example"


class TestNobodyBetween:
    def test_proxies_of_the_environment_are_passed_by(
        self, seller: Seller, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        try_endpoint(endpoint=endpoint_of(seller, app.url)[0], at=AT)

        (attempt,) = try_all()

        assert (attempt.outcome, len(app.taken)) == ("sent", 1)

    @pytest.mark.skipif(which("openssl") is None, reason="openssl makes the certificate")
    def test_who_proves_nothing_is_not_told(self, seller: Seller, app: App, tmp_path: Path) -> None:
        port = app.speak_tls(*_self_signed(tmp_path))
        endpoint, _ = endpoint_of(seller, f"https://localhost:{port}/x")
        try_endpoint(endpoint=endpoint, at=AT)

        (attempt,) = try_all()

        assert attempt.outcome == "failed"
        assert "CERTIFICATE_VERIFY_FAILED" in attempt.answer
        assert app.taken == []


def _self_signed(folder: Path) -> tuple[Path, Path]:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out",
         str(certificate)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return key, certificate


class TestRebinding:
    def test_a_name_that_turns_private_after_its_creation_is_not_connected_to(
        self, seller: Seller, app: App, resolve: Resolve, settings: Any
    ) -> None:
        settings.WEBHOOKS_TO_LOOPBACK = False
        resolve(PUBLIC, ["127.0.0.1"])
        endpoint, _ = endpoint_of(seller, f"https://hooks.example:{app.port}/x")
        try_endpoint(endpoint=endpoint, at=AT)

        (attempt,) = try_all()

        assert attempt.outcome == "failed"
        assert "public" in attempt.answer
        assert app.taken == []

    def test_the_name_is_asked_once_and_the_connection_goes_where_it_said(
        self, seller: Seller, app: App, resolve: Resolve
    ) -> None:
        resolve(["127.0.0.1"], ["127.0.0.1"], ["10.255.255.1"])  # At creation, when sent, later.
        endpoint, _ = endpoint_of(seller, f"http://hooks.example:{app.port}/x")
        try_endpoint(endpoint=endpoint, at=AT)

        (attempt,) = try_all()

        assert attempt.outcome == "sent"
        assert app.taken[0].headers["Host"] == f"hooks.example:{app.port}"

    def test_a_private_one_is_refused_at_creation(self, seller: Seller, resolve: Resolve) -> None:
        resolve(["10.0.0.1"])

        with pytest.raises(WebhookUrlRefused):
            create_endpoint(
                seller=seller, url="https://x.example/", event_types=["*"], description="", at=AT
            )
        assert not WebhookEndpoint.objects.exists()

    def test_a_name_that_is_unknown_too(self, seller: Seller) -> None:
        with pytest.raises(WebhookUrlRefused, match="resolved"):
            endpoint_of(seller, "https://nobody.invalid/")
