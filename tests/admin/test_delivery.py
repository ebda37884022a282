"""What clerks do about deliveries: send once more, try, disable, enable, revoke, write texts."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from invoices.delivery.models import (
    Delivery,
    DeliveryWish,
    DownloadLink,
    MailStyle,
    WebhookEndpoint,
)
from tests.admin.houses import House


def press(client: Client, row: Model, button: str, **values: Any) -> str:
    """Press a button on a row's page, and return what the next page says."""
    name = f"invoices_{row._meta.model_name}"
    answer = client.post(reverse(f"admin:{name}_{button}", args=[row.pk]), values, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def endpoint(alpha: House) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(seller=alpha.seller)


class TestDeeds:
    def test_a_delivery_is_sent_once_more(self, client: Client, alpha: House) -> None:
        given_up = Delivery.objects.get(seller=alpha.seller)

        press(client, given_up, "resend", address="new@x.de")

        made = Delivery.objects.get(resends=given_up)
        assert (made.address, made.state) == ("new@x.de", "waiting")
        assert made.message_id != given_up.message_id

    def test_its_page_names_its_state_and_the_zone(self, client: Client, alpha: House) -> None:
        delivery = Delivery.objects.get(seller=alpha.seller)
        page = reverse("admin:invoices_delivery_change", args=[delivery.pk])

        body = client.get(page).content.decode()

        assert delivery.get_state_display() in body
        assert "(&#x27;" not in body
        assert " UTC" in body

    def test_what_is_on_its_way_is_not(self, client: Client, alpha: House) -> None:
        press(client, Delivery.objects.get(seller=alpha.seller), "resend", address="")

        said = press(client, Delivery.objects.latest("pk"), "resend", address="")

        assert "still on its way" in said

    def test_an_endpoint_is_disabled_enabled_and_tried(
        self, client: Client, endpoint: WebhookEndpoint
    ) -> None:
        press(client, endpoint, "disable")
        assert "enable it first" in press(client, endpoint, "try_out")
        press(client, endpoint, "enable")
        press(client, endpoint, "try_out")

        assert Delivery.objects.get(endpoint=endpoint).type == "webhook.test"

    def test_a_new_secret_is_shown_once(self, client: Client, endpoint: WebhookEndpoint) -> None:
        assert "whsec_" in press(client, endpoint, "rotate")

        page = client.get(reverse("admin:invoices_webhookendpoint_change", args=[endpoint.pk]))
        assert "whsec_" not in page.content.decode()

    def test_a_private_address_is_refused(self, client: Client, endpoint: WebhookEndpoint) -> None:
        values = {"url": "https://10.0.0.1/", "event_types": ["*"], "description": ""}
        page = reverse("admin:invoices_webhookendpoint_add")

        answer = client.post(page, {**values, "seller": str(endpoint.seller_id)})

        assert "no public address" in answer.content.decode()
        assert WebhookEndpoint.objects.filter(seller=endpoint.seller).count() == 1

    def test_a_link_is_revoked(self, client: Client, alpha: House) -> None:
        link = DownloadLink.objects.get(seller=alpha.seller)

        press(client, link, "revoke")

        link.refresh_from_db()
        assert link.revoked_at

    def test_a_text_that_can_not_be_filled_is_refused(self, client: Client, alpha: House) -> None:
        page = reverse("admin:invoices_mailstyle_change", args=[alpha.seller.pk])
        blank = dict.fromkeys(
            ("sender", "sender_name", "reply_to", "subject_de", "subject_en", "body_en"), ""
        )

        refused = client.post(page, {**blank, "body_de": "{nummer}"})
        client.post(page, {**blank, "body_de": "Nr. {number}"})

        assert "{nummer} is unknown" in refused.content.decode()
        assert MailStyle.objects.get(seller=alpha.seller).body_de == "Nr. {number}"

    def test_a_wish_is_changed(self, client: Client, alpha: House) -> None:
        wish = DeliveryWish.objects.get(seller=alpha.seller)
        page = reverse("admin:invoices_deliverywish_change", args=[wish.pk])

        bad = client.post(page, {"by_email": "on", "emails": "a@b.de\nnonsense"})
        client.post(page, {"emails": "a@b.de\nc@d.de"})

        assert "valid email" in bad.content.decode()
        wish.refresh_from_db()
        assert (wish.by_email, wish.emails) == (False, ["a@b.de", "c@d.de"])
