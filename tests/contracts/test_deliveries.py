"""What was sent stays sent, and what belongs to a delivery is of its seller."""

from collections.abc import Callable

from billing.ids import new_id
from billing.sellers.models import Seller
from invoices.delivery.models import Delivery
from invoices.issuing.models import Invoice
from tests import factories
from tests.contracts.conftest import AT, refused

Sql = Callable[..., None]


class TestDeliveries:
    def test_what_was_sent_stays_so(self, sql: Sql, invoice: Invoice) -> None:
        delivery = factories.delivery(invoice)
        sql("UPDATE invoices_delivery SET state = 'sent' WHERE id = %s", delivery.pk)

        with refused("delivery_sent_for_good"):
            sql("UPDATE invoices_delivery SET state = 'given_up' WHERE id = %s", delivery.pk)

    def test_the_same_is_ordered_once(self, sql: Sql, invoice: Invoice) -> None:
        factories.delivery(invoice)

        with refused("delivery_once"):
            factories.delivery(invoice)

    def test_a_try_ends_once(self, sql: Sql, invoice: Invoice) -> None:
        factories.delivery(invoice)

        with refused("delivery_attempt_ends_once"):
            sql("UPDATE invoices_deliveryattempt SET outcome = 'sent'")

    def test_tries_are_told_apart(self, sql: Sql, invoice: Invoice) -> None:
        delivery = factories.delivery(invoice)

        with refused("delivery_attempt_number_once"):
            sql(
                "INSERT INTO invoices_deliveryattempt (id, seller_id, delivery_id, number, worker,"
                " started_at, outcome, answer, request_headers, answer_headers)"
                " VALUES (%s, %s, %s, 1, 'w', %s, 'unknown', '', '{}', '{}')",
                new_id(), delivery.seller_id, delivery.pk, AT,
            )  # fmt: skip

    def test_one_that_failed_says_when_it_is_tried_again(self, sql: Sql, invoice: Invoice) -> None:
        factories.delivery(invoice)

        with refused("delivery_state_has_times"):
            sql("UPDATE invoices_delivery SET state = 'failed', settled_at = NULL")

    def test_a_webhook_goes_to_an_endpoint_of_its_seller(
        self, sql: Sql, invoice: Invoice, seller: Seller
    ) -> None:
        foreign = factories.endpoint(factories.seller())

        with refused("delivery_endpoint_of_same_seller"):
            Delivery.objects.create(
                seller=seller, endpoint=foreign, event=invoice.event, channel="webhook",
                type="x", message_id="x", idempotency_key="x", transaction_id=new_id(),
                created_at=AT,
            )  # fmt: skip
            sql("SELECT 1")

    def test_a_revoked_link_stays_so(self, sql: Sql, invoice: Invoice) -> None:
        factories.delivery(invoice)
        sql("UPDATE invoices_downloadlink SET revoked_at = %s", AT)

        with refused("download_link_revoked_for_good"):
            sql("UPDATE invoices_downloadlink SET revoked_at = NULL")

    def test_a_deleted_endpoint_too(self, sql: Sql, seller: Seller) -> None:
        factories.endpoint(seller)
        sql("UPDATE invoices_webhookendpoint SET state = 'deleted', disabled_at = %s", AT)

        with refused("webhook_endpoint_deleted_for_good"):
            sql("UPDATE invoices_webhookendpoint SET state = 'enabled', disabled_at = NULL")

    def test_an_endpoint_is_told_in_words_that_there_are(self, sql: Sql, seller: Seller) -> None:
        with refused("webhook_endpoint_version_known"):
            factories.endpoint(seller, api_version="")

    def test_an_endpoint_has_one_current_secret(self, sql: Sql, seller: Seller) -> None:
        factories.endpoint(seller)

        with refused("webhook_secret_current_once"):
            sql(
                "INSERT INTO invoices_webhooksecret"
                " (id, seller_id, endpoint_id, secret, created_at)"
                " SELECT %s, seller_id, endpoint_id, 'x', created_at FROM invoices_webhooksecret",
                new_id(),
            )
