"""Delivery over HTTP, and the pages of download links."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.events.models import Event
from billing.scopes import ALL_SCOPES
from billing.sellers.models import Seller
from invoices.delivery.catalogue import TYPES, scopes_to_read
from invoices.delivery.commands import try_endpoint
from invoices.delivery.commands.endpoints import MOST_ENDPOINTS
from invoices.delivery.models import Delivery, DownloadLink, WebhookEndpoint
from invoices.documents.models import Document
from invoices.issuing.models import Invoice
from tests import factories
from tests.api.conftest import App as Caller
from tests.delivery.conftest import AT, PDF, issue, plan, the, try_all
from tests.delivery.servers import App


@pytest.fixture
def caller(seller: Seller) -> Caller:
    return Caller(factories.api_key(seller))


@pytest.fixture
def invoice(seller: Seller) -> Invoice:
    return issue(seller)


@pytest.fixture
def link(caller: Caller, invoice: Invoice) -> str:
    """The path of a link's page."""
    url: str = caller.post(f"/invoices/{invoice.pk}/download-links", {}).body["url"]
    return url.removeprefix("http://testserver")


class TestAddresses:
    def test_a_link_begins_as_it_does_in_emails(
        self, caller: Caller, invoice: Invoice, settings: Any
    ) -> None:
        settings.PUBLIC_URL = "https://bills.example"

        made = caller.post(f"/invoices/{invoice.pk}/download-links", {})

        assert made.body["url"].startswith("https://bills.example/d/")


class TestEndpoints:
    def test_a_secret_is_shown_once(self, caller: Caller, app: App) -> None:
        made = caller.post("/webhook-endpoints", {"url": app.url})

        shown = caller.get(f"/webhook-endpoints/{made.body['id']}")

        assert made.status == 201
        assert made.body["secret"].startswith("whsec_")
        assert made.body["event_types"] == ["*"]
        assert "secret" not in shown.body
        assert "whsec_" not in caller.get("/webhook-endpoints").content.decode()

    def test_a_seller_has_a_bounded_number(self, caller: Caller, seller: Seller, app: App) -> None:
        first = factories.endpoint(seller)
        for number in range(MOST_ENDPOINTS - 1):
            factories.endpoint(seller, url=f"https://app.example/{number}")

        refused = caller.post("/webhook-endpoints", {"url": app.url})

        assert (refused.status, refused.code) == (409, "too_many_webhook_endpoints")
        caller.send("DELETE", f"/webhook-endpoints/{first.pk}")
        assert caller.post("/webhook-endpoints", {"url": app.url}).status == 201

    def test_a_repeated_request_shows_no_secret(self, caller: Caller, app: App) -> None:
        body = {"url": app.url}
        made, again = (
            caller.post("/webhook-endpoints", body, Idempotency_Key="k") for _ in range(2)
        )
        path = f"/webhook-endpoints/{made.body['id']}/rotate-secret"
        rotated, rotated_again = (caller.post(path, Idempotency_Key="r") for _ in range(2))

        assert again.body == {**made.body, "secret": None}
        assert again.headers["Location"] == made.headers["Location"]
        assert made.headers["Cache-Control"] == "no-store"
        assert rotated.body["secret"].startswith("whsec_")
        assert rotated_again.body == {"secret": None}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"url": "https://169.254.169.254/"}, "url"),
            ({"url": "https://10.0.0.1/"}, "url"),
            ({"url": "http://example.com/"}, "url"),
            ({"url": "https://localhost/", "event_types": []}, "event_types"),
            ({"url": "https://localhost/", "event_types": ["order.placed"]}, "event_types.0"),
            ({}, "url"),
        ],
    )
    def test_what_can_not_be_is_refused(
        self, caller: Caller, body: dict[str, Any], field: str
    ) -> None:
        answer = caller.post("/webhook-endpoints", body)

        assert (answer.status, [*answer.errors]) == (400, [field])
        assert not WebhookEndpoint.objects.exists()

    def test_it_is_changed_disabled_and_enabled(
        self, caller: Caller, endpoint: WebhookEndpoint
    ) -> None:
        path = f"/webhook-endpoints/{endpoint.pk}"

        assert caller.patch(path, {"description": "ERP"}).body["description"] == "ERP"
        assert caller.patch(path, {"state": "disabled"}).body["state"] == "disabled"
        assert caller.post(f"{path}/test", None).code == "webhook_endpoint_not_enabled"
        assert caller.patch(path, {"state": "enabled"}).body["disabled_at"] is None
        assert caller.patch(path, {"url": "https://10.0.0.1/"}).code == "webhook_url_refused"

    def test_deleted_it_is_gone(self, caller: Caller, endpoint: WebhookEndpoint) -> None:
        path = f"/webhook-endpoints/{endpoint.pk}"

        assert caller.send("DELETE", path).status == 204
        assert caller.get(path).status == 404
        assert caller.get("/webhook-endpoints").body["results"] == []

    def test_a_test_message_is_logged_with_body_and_answer(
        self, caller: Caller, endpoint: WebhookEndpoint, app: App
    ) -> None:
        made = caller.post(f"/webhook-endpoints/{endpoint.pk}/test", None)
        try_all()

        shown = caller.get(f"/deliveries/{made.body['id']}").body

        assert made.status == 202
        assert shown["state"] == "sent"
        assert json.loads(shown["body"])["type"] == "webhook.test"
        (attempt,) = shown["attempts"]
        assert (attempt["status"], attempt["answer"]) == (200, "ok")

    def test_an_event_can_be_told_again(
        self, caller: Caller, endpoint: WebhookEndpoint, invoice: Invoice, app: App
    ) -> None:
        plan()
        try_all()
        event = str(the("webhook").event_id)

        made = caller.post(f"/webhook-endpoints/{endpoint.pk}/tell", {"event": event})
        try_all()

        assert made.status == 202
        assert len({taken.headers["webhook-id"] for taken in app.taken}) == 1
        assert len(app.taken) == 2

    def test_types_are_listed(self, caller: Caller) -> None:
        names = [each["name"] for each in caller.get("/webhook-event-types").body["event_types"]]

        assert {"invoice.issued", "credit_note.issued", "balance.changed"} <= set(names)


class TestWhatAKeyMayHaveTold:
    """A key has nothing told that it may not read, and sees nothing of it in what was sent."""

    @pytest.fixture
    def narrow(self, seller: Seller) -> Caller:
        return Caller(factories.api_key(seller, "webhooks:write", "orders:read"))

    @pytest.mark.parametrize("types", [None, ["*"], ["invoice.*"], ["order.*", "customer.created"]])
    def test_it_records_no_endpoint_for_more(
        self, narrow: Caller, app: App, types: list[str] | None
    ) -> None:
        body = {"url": app.url, **({"event_types": types} if types else {})}

        refused = narrow.post("/webhook-endpoints", body)

        assert (refused.status, refused.code) == (403, "scope_missing")
        assert not WebhookEndpoint.objects.exists()

    def test_it_records_one_for_what_it_reads(self, narrow: Caller, app: App) -> None:
        made = narrow.post("/webhook-endpoints", {"url": app.url, "event_types": ["order.*"]})

        assert made.status == 201

    @pytest.mark.parametrize(
        "change", [{"event_types": ["order.*", "invoice.issued"]}, {}, {"customer": None}]
    )
    def test_it_widens_and_moves_none(
        self, narrow: Caller, endpoint: WebhookEndpoint, change: dict[str, Any]
    ) -> None:
        path = f"/webhook-endpoints/{endpoint.pk}"

        assert narrow.patch(path, {**change, "url": endpoint.url}).code == "scope_missing"
        assert narrow.patch(path, {"description": "ERP", "state": "disabled"}).status == 200

    def test_it_neither_tells_nor_replays_nor_shows_examples(
        self, narrow: Caller, endpoint: WebhookEndpoint, invoice: Invoice
    ) -> None:
        path = f"/webhook-endpoints/{endpoint.pk}"
        told = str(Event.objects.get(type="documents.rendered").pk)
        since = {"from": "2020-01-01T00:00:00Z"}

        refused = [
            narrow.post(f"{path}/tell", {"event": told}),
            narrow.post(f"{path}/replay", since),
            narrow.post(f"{path}/replay", {**since, "event_types": ["invoice.issued"]}),
            narrow.post(f"{path}/test", {"type": "invoice.issued"}),
        ]

        assert {each.code for each in refused} == {"scope_missing"}
        assert not Delivery.objects.exists()
        assert narrow.post(f"{path}/test", {"type": "order.received"}).status == 202
        assert narrow.post(f"{path}/test").status == 202

    def test_bodies_are_for_who_reads_what_they_tell_of(
        self, seller: Seller, endpoint: WebhookEndpoint, invoice: Invoice
    ) -> None:
        plan()
        path = f"/deliveries/{the('webhook').pk}"
        keys = [("deliveries:read",), ("deliveries:read", "invoices:read"), ("*:read",)]

        shown = [Caller(factories.api_key(seller, *scopes)).get(path).body for scopes in keys]

        body = the("webhook").body
        assert [each["body"] for each in shown] == [None, body, body]

    def test_each_type_belongs_to_something_that_keys_read(self) -> None:
        assert set(scopes_to_read(list(TYPES))) <= set(ALL_SCOPES)
        assert scopes_to_read(["*"], ["*"]) == ["*:read"]
        assert scopes_to_read(["*"], ["invoice.*"]) == ["invoices:read"]
        assert scopes_to_read(["order.*"], ["invoice.*"]) == []


class TestDeliveries:
    def test_they_are_listed_by_invoice_and_channel(
        self, caller: Caller, endpoint: WebhookEndpoint, invoice: Invoice
    ) -> None:
        plan()
        try_endpoint(endpoint=endpoint, at=AT)

        of_invoice = caller.get(f"/deliveries?invoice={invoice.pk}").body["results"]
        webhooks = caller.get("/deliveries?channel=webhook&state=waiting").body["results"]

        assert {each["channel"] for each in of_invoice} == {"webhook", "download"}
        assert len(webhooks) == 2

    @pytest.mark.parametrize(
        ("query", "remedy"),
        [
            ("channel=fax", "give email, webhook, download"),
            ("state=x", "give waiting, failed, sent"),
            (f"type={'x' * 51}", "Give at most 50 characters."),
        ],
    )
    def test_a_wrong_wish_is_told_with_what_there_is(
        self, caller: Caller, query: str, remedy: str
    ) -> None:
        answer = caller.get(f"/deliveries?{query}")

        assert answer.status == 400
        assert remedy in answer.body["detail"]

    def test_one_is_sent_again_once_per_key(
        self, caller: Caller, endpoint: WebhookEndpoint, app: App
    ) -> None:
        try_endpoint(endpoint=endpoint, at=AT)
        try_all()
        path = f"/deliveries/{the('webhook').pk}/resend"

        answers = [caller.post(path, {}, Idempotency_Key="k") for _ in range(2)]

        assert answers[0].body == answers[1].body
        assert Delivery.objects.count() == 2
        assert caller.post(f"/deliveries/{answers[0].body['id']}/resend", {}).status == 409

    def test_an_invoice_is_sent_once_per_key(self, caller: Caller, invoice: Invoice) -> None:
        path, said = f"/invoices/{invoice.pk}/resend", {"addresses": ["a@b.example"]}

        answers = [caller.post(path, said, Idempotency_Key="k") for _ in range(2)]

        assert answers[0].body == answers[1].body
        (made,) = answers[0].body["deliveries"]
        assert (made["channel"], made["address"]) == ("email", "a@b.example")
        assert caller.post(path, said).code == "delivery_not_resendable"
        assert caller.post(path, {"addresses": ["x"]}).errors == {"addresses.0": "invalid"}


class TestDocuments:
    def test_they_are_listed_and_fetched(self, caller: Caller, invoice: Invoice) -> None:
        (shown,) = caller.get(f"/invoices/{invoice.pk}/documents").body["documents"]

        file = caller.get(f"/invoices/{invoice.pk}/documents/{shown['id']}")

        assert file.content == PDF
        assert shown["sha256"] == hashlib.sha256(PDF).hexdigest()
        assert file.headers["ETag"] == f'"{shown["sha256"]}"'
        assert file.headers["Content-Type"] == "application/pdf"
        assert file.headers["Content-Disposition"] == 'attachment; filename="R2026-000001.pdf"'

    def test_who_has_the_bytes_gets_none(self, caller: Caller, invoice: Invoice) -> None:
        document = Document.objects.get()
        path = f"/invoices/{invoice.pk}/documents/{document.pk}"

        answer = caller.get(path, If_None_Match=f'"{document.sha256}"')

        assert (answer.status, answer.content) == (304, b"")

    @pytest.mark.parametrize("condition", ['W/"{0}"', '"other", "{0}"', "*"])
    def test_a_condition_is_weak(self, caller: Caller, invoice: Invoice, condition: str) -> None:
        document = Document.objects.get()
        path = f"/invoices/{invoice.pk}/documents/{document.pk}"

        assert caller.get(path, If_None_Match=condition.format(document.sha256)).status == 304
        assert caller.get(path, If_None_Match='W/"other"').content == PDF

    @pytest.mark.parametrize(
        "accept", ["application/pdf", "application/xml", "application/octet-stream", "image/*"]
    )
    def test_a_file_has_one_form(self, caller: Caller, invoice: Invoice, accept: str) -> None:
        path = f"/invoices/{invoice.pk}/documents"

        file = caller.get(f"{path}/{Document.objects.get().pk}", Accept=accept)
        missing = caller.get(f"{path}/{invoice.pk}", Accept=accept)

        assert (file.status, file.headers["Content-Type"]) == (200, "application/pdf")
        assert (missing.status, missing.code) == (404, "not_found")

    def test_another_seller_s_are_not_there(self, invoice: Invoice) -> None:
        stranger = Caller(factories.api_key(factories.seller()))
        document = Document.objects.get()

        assert stranger.get(f"/invoices/{invoice.pk}/documents").status == 404
        assert stranger.get(f"/invoices/{invoice.pk}/documents/{document.pk}").status == 404
        assert stranger.post(f"/invoices/{invoice.pk}/download-links", {}).status == 404

    def test_nor_are_those_of_another_invoice(self, caller: Caller, invoice: Invoice) -> None:
        other = issue(invoice.seller)
        document = Document.objects.get(invoice=other)

        assert caller.get(f"/invoices/{invoice.pk}/documents/{document.pk}").status == 404


class TestLinks:
    def test_who_has_one_needs_no_key(self, link: str, client: Client) -> None:
        page = client.get(link)
        file = client.get(f"{link}/{Document.objects.get().pk}")

        assert page.status_code == 200
        assert "R2026-000001.pdf" in page.content.decode()
        assert file.content == PDF
        for answer in (page, file):
            assert "noindex" in answer["X-Robots-Tag"]
            assert answer["Referrer-Policy"] == "no-referrer"
            assert answer["Cache-Control"] == "private, no-store"

    def test_its_page_speaks_the_customer_s_language(self, seller: Seller, client: Client) -> None:
        invoice = issue(seller, locale="de")
        link = DownloadLink.objects.create(
            seller=seller,
            invoice=invoice,
            created_at=timezone.now(),
            expires_at=datetime(2099, 1, 31, 23, 30, tzinfo=UTC),
        )

        page = client.get(_path(link)).content.decode()

        # An hour later in Berlin, in winter.
        assert "Verfügbar bis 01.02.2099, 00:30 Uhr (MEZ)." in page
        assert f"({len(PDF)}\xa0Bytes)" in page

    def test_downloads_are_counted(self, caller: Caller, link: str, client: Client) -> None:
        path = f"{link}/{Document.objects.get().pk}"

        client.head(path)
        client.get(path)
        client.get(path)

        found = DownloadLink.objects.get()
        assert caller.get(f"/download-links/{found.pk}").body["downloads"] == 2

    def test_an_expired_one_is_gone(self, link: str, client: Client) -> None:
        at = timezone.now() - timedelta(days=2)
        old = DownloadLink.objects.create(
            seller=Seller.objects.get(), invoice=Invoice.objects.get(), created_at=at,
            expires_at=at + timedelta(days=1),
        )  # fmt: skip
        path = _path(old)

        assert client.get(path).status_code == 410
        assert client.get(f"{path}/{Document.objects.get().pk}").status_code == 410
        assert b"R2026" not in client.get(path).content

    def test_a_revoked_one_too(self, caller: Caller, link: str, client: Client) -> None:
        assert (
            caller.send("DELETE", f"/download-links/{DownloadLink.objects.get().pk}").status == 204
        )

        assert client.get(link).status_code == 410

    def test_none_can_be_guessed(self, link: str, client: Client) -> None:
        token = link.removeprefix("/d/")
        head, _, tail = token.partition(".")
        forged = [head, f"{head}.", f"{head}.{tail[:-1]}x", f"{'0' * 32}.{tail}", "x", f"{token}x"]

        assert {client.get(f"/d/{each}").status_code for each in forged} == {404}

    def test_one_leads_to_its_own_invoice_alone(self, link: str, client: Client) -> None:
        other = factories.seller()
        issue(other)
        foreign = Document.objects.get(seller=other)

        assert client.get(f"{link}/{foreign.pk}").status_code == 404

    @pytest.mark.parametrize("seconds", [0, 59, 365 * 24 * 3600 + 1, "60"])
    def test_it_lasts_a_minute_to_a_year(
        self, caller: Caller, invoice: Invoice, seconds: object
    ) -> None:
        body = {"expires_in": seconds}

        assert caller.post(f"/invoices/{invoice.pk}/download-links", body).status == 400

    def test_nothing_is_written_to_one(self, link: str, client: Client) -> None:
        assert client.post(link).status_code == 405


class TestWishes:
    def test_a_customer_s_wish_is_kept(self, caller: Caller, seller: Seller) -> None:
        factories.customer(seller, external_id="a/b", email="a@b.de")

        before = caller.get("/customers/ext:a/b/delivery").body
        body = json.dumps({"emails": ["x@y.de"]})
        after = caller.send("PUT", "/customers/ext:a/b/delivery", body).body

        assert before == {"by_email": True, "emails": [], "goes_to": ["a@b.de"]}
        assert after == {"by_email": True, "emails": ["x@y.de"], "goes_to": ["x@y.de"]}

    @pytest.mark.parametrize(
        "body", [{"emails": ["x"]}, {"emails": ["a@b.de"] * 6}, {"by_email": "yes"}, {"other": 1}]
    )
    def test_what_is_malformed_is_refused(
        self, caller: Caller, seller: Seller, body: dict[str, Any]
    ) -> None:
        factories.customer(seller, external_id="a")

        answer = caller.send("PUT", "/customers/ext:a/delivery", json.dumps(body))

        assert answer.status == 400

    def test_texts_are_kept_and_checked(self, caller: Caller) -> None:
        good = {"body_de": "Hallo {customer},\n\n{number}"}
        bad = {"body_de": "{nummer}"}

        kept = caller.send("PUT", "/mail-style", json.dumps(good))
        refused = caller.send("PUT", "/mail-style", json.dumps(bad))

        assert kept.body["body_de"] == good["body_de"]
        assert (refused.status, refused.errors) == (400, {"body_de": "text_refused"})
        assert caller.get("/mail-style").body["body_de"] == good["body_de"]


def _path(link: DownloadLink) -> str:
    from_api = Caller(factories.api_key(link.seller)).get(f"/download-links/{link.pk}")
    return str(from_api.body["url"]).removeprefix("http://testserver")
