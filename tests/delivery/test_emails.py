"""Customers get their documents by e-mail, in their language, once."""

import smtplib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from billing.events.commands import retry
from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from invoices.delivery.commands import (
    DeliveryNotResendable,
    order_due_tries,
    resend,
    send_invoice,
    set_mail_style,
    set_wish,
)
from invoices.delivery.models import Delivery
from invoices.delivery.queries.texts import TextRefused
from invoices.documents.models import Document
from invoices.documents.queries.stored import storage
from tests import factories
from tests.delivery.conftest import AT, PDF, issue, plan, the, try_all
from tests.delivery.servers import Mailbox
from tests.handling import bill_all

ALICE = "alice@customer.example"


def deliver(seller: Seller, **customer: Any) -> None:
    issue(seller, **{"email": ALICE, **customer})
    plan()
    try_all()


class TestMail:
    def test_it_holds_the_documents_in_german(self, seller: Seller, mailbox: Mailbox) -> None:
        deliver(seller)

        (mail,) = mailbox.mails
        assert mailbox.recipients == [ALICE]
        assert mail["Subject"] == f"Rechnung R2026-000001 von {seller.name}"
        assert mail["From"] == f"{seller.name} <rechnung@seller.example>"
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert text is not None
        assert "vom 01.01.2026" in text.get_content()
        assert html is not None
        assert '<html lang="de">' in html.get_content()
        (attachment,) = mail.iter_attachments()
        assert attachment.get_filename() == "R2026-000001.pdf"
        assert attachment.get_content() == PDF
        assert (the("email").state, the("email").attempts.get().status) == ("sent", 250)

    @pytest.mark.parametrize(("profile", "is_attached"), [("zugferd", False), ("peppol", True)])
    def test_an_e_invoice_that_lies_in_the_pdf_is_not_attached_again(
        self, seller: Seller, mailbox: Mailbox, profile: str, is_attached: bool
    ) -> None:
        invoice = issue(seller, email=ALICE)
        factories.document(invoice, b"<Invoice/>", kind="xml", profile=profile)

        plan()
        try_all()

        names = [each.get_filename() for each in mailbox.mails[0].iter_attachments()]
        assert names == ["R2026-000001.pdf", *(["R2026-000001.xml"] if is_attached else [])]

    def test_or_in_english(self, seller: Seller, mailbox: Mailbox) -> None:
        deliver(seller, locale="en")

        (mail,) = mailbox.mails
        assert mail["Subject"] == f"Invoice R2026-000001 from {seller.name}"
        text = mail.get_body(("plain",))
        assert text is not None
        assert "of 1 January 2026" in text.get_content()

    def test_it_goes_where_the_customer_wants_it(self, seller: Seller, mailbox: Mailbox) -> None:
        customer = factories.customer(seller, email=ALICE)
        set_wish(customer=customer, details={"by_email": True, "emails": ["a@b.de", "c@d.de"]})
        factories_issue(customer)
        try_all()

        assert sorted(mailbox.recipients) == ["a@b.de", "c@d.de"]

    @pytest.mark.parametrize("wish", [{"email": ""}, {"by_email": False}])
    def test_or_not_at_all(self, seller: Seller, mailbox: Mailbox, wish: dict[str, Any]) -> None:
        customer = factories.customer(seller, email=wish.pop("email", ALICE))
        set_wish(customer=customer, details=wish)
        factories_issue(customer)

        assert [delivery.channel for delivery in Delivery.objects.all()] == ["download"]

    def test_words_are_those_of_the_seller(self, seller: Seller, mailbox: Mailbox) -> None:
        details = {
            "sender": "billing@other.example",
            "sender_name": "Büro",
            "reply_to": "frage@other.example",
            "subject_de": "{number}: {payable} bis {due_date}",
            "body_de": "Für {customer} <b>&",
        }
        set_mail_style(seller=seller, details=details)

        deliver(seller, name="Alice & Söhne")

        (mail,) = mailbox.mails
        assert mail["Subject"] == "R2026-000001: 117,81 EUR bis 15.01.2026"
        assert mail["From"] == "Büro <billing@other.example>"
        assert mail["Reply-To"] == "frage@other.example"
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert text is not None
        assert text.get_content().strip() == "Für Alice & Söhne <b>&"
        assert html is not None
        assert "Alice &amp; Söhne &lt;b&gt;&amp;" in html.get_content()

    def test_names_can_not_smuggle_headers_or_placeholders(
        self, seller: Seller, mailbox: Mailbox
    ) -> None:
        set_mail_style(seller=seller, details={"subject_de": "Für {customer}"})

        deliver(seller, name="{number}\nBcc: eve@evil.example")

        (mail,) = mailbox.mails
        assert mail["Subject"] == "Für {number} Bcc: eve@evil.example"
        assert mailbox.recipients == [ALICE]

    def test_a_link_can_be_put_in(
        self, seller: Seller, mailbox: Mailbox, settings: Any, client: Any
    ) -> None:
        settings.PUBLIC_URL = "https://bills.example"
        set_mail_style(seller=seller, details={"body_de": "{download_link}"})

        deliver(seller)

        text = mailbox.mails[0].get_body(("plain",))
        assert text is not None
        link = text.get_content().strip()
        assert link.startswith("https://bills.example/d/")
        assert the("email").download_link.expires_at == AT + timedelta(days=90)


class TestTexts:
    @pytest.mark.parametrize(
        "text", ["{number", "{}", "{0}", "{invoice}", "{number.__class__}", "{number:>9}", "{n!r}"]
    )
    def test_what_can_not_be_filled_is_refused(self, seller: Seller, text: str) -> None:
        with pytest.raises(TextRefused):
            set_mail_style(seller=seller, details={"body_en": text})

    def test_links_need_an_address_and_no_subject(self, seller: Seller, settings: Any) -> None:
        with pytest.raises(TextRefused, match="PUBLIC_URL"):
            set_mail_style(seller=seller, details={"body_en": "{download_link}"})
        with pytest.raises(TextRefused, match="subject"):
            set_mail_style(seller=seller, details={"subject_en": "{download_link}"})


class TestTrouble:
    def test_a_server_that_is_away_is_tried_again(
        self, seller: Seller, mailbox: Mailbox, settings: Any
    ) -> None:
        settings.EMAIL_PORT = 1
        deliver(seller)
        assert the("email").state == "failed"
        assert "Connection refused" in the("email").attempts.get().answer

        settings.EMAIL_PORT = mailbox.port
        at = AT + timedelta(minutes=5)
        order_due_tries(at=at)
        try_all(at)

        assert the("email").state == "sent"
        assert mailbox.mails[0]["Message-ID"] == the("email").message_id

    def test_one_that_asks_to_come_later_too(self, seller: Seller, mailbox: Mailbox) -> None:
        mailbox.refusal = "451 Greylisted"

        deliver(seller)

        assert the("email").state == "failed"
        assert the("email").attempts.get().status == 451

    def test_one_that_wants_a_login_is_no_fault_of_the_address(
        self, seller: Seller, mailbox: Mailbox
    ) -> None:
        mailbox.refusal = "530 5.7.0 Authentication required"

        deliver(seller)

        assert the("email").state == "failed"
        assert not Failure.objects.exists()

    def test_a_rude_farewell_sends_nothing_twice(self, seller: Seller, mailbox: Mailbox) -> None:
        mailbox.farewell = "500 " + "x" * 9000  # Too long a line: an error, once it is sent.

        deliver(seller)

        assert the("email").state == "sent"

    @pytest.mark.parametrize("is_away", [False, True])
    def test_files_that_can_not_be_read_now_are_sent_later(
        self, seller: Seller, mailbox: Mailbox, is_away: bool
    ) -> None:
        issue(seller, email=ALICE)
        plan()
        path = Path(storage().path(Document.objects.get().storage_name))
        if is_away:
            path.unlink()
            path.mkdir()

        try_all()

        assert the("email").state == ("failed" if is_away else "sent")
        assert the("download").state == ("failed" if is_away else "sent")

    def test_an_address_that_is_refused_is_given_up_at_once(
        self, seller: Seller, mailbox: Mailbox
    ) -> None:
        mailbox.refusal = "550 No such user"

        deliver(seller)

        failure = Failure.objects.get()
        assert (the("email").state, failure.code) == ("given_up", "email_given_up")
        assert "550 No such user" in failure.reason
        assert "address" in failure.remedy

    def test_sent_again_it_goes_to_the_address_of_today(
        self, seller: Seller, mailbox: Mailbox
    ) -> None:
        mailbox.refusal = "550 No such user"
        deliver(seller)
        refused = the("email")
        mailbox.refusal = ""
        refused.invoice.customer.email = "right@customer.example"
        refused.invoice.customer.save()

        made = resend(delivery=refused, by="ada", at=AT)
        try_all()

        assert mailbox.recipients == ["right@customer.example"]
        assert made.message_id != refused.message_id
        assert Failure.objects.get().state == "written_off"

    def test_a_failure_that_was_retried_is_on_its_way(
        self, seller: Seller, mailbox: Mailbox
    ) -> None:
        mailbox.refusal = "550 No such user"
        deliver(seller)
        mailbox.refusal = ""
        retry(failure_ids=[Failure.objects.get().pk], by="ada", at=AT)

        with pytest.raises(DeliveryNotResendable, match="It is still on its way"):
            resend(delivery=the("email"), by="ada", at=AT)

        try_all()
        assert mailbox.recipients == [ALICE]

    def test_it_is_sent_again_once_at_a_time(self, seller: Seller, mailbox: Mailbox) -> None:
        deliver(seller)
        first = the("email")
        again = resend(delivery=first, by="ada", at=AT)

        with pytest.raises(DeliveryNotResendable, match=f"sent again: delivery {again.pk} is"):
            resend(delivery=first, by="bob", at=AT)

        try_all()
        resend(delivery=first, by="bob", at=AT)
        try_all()
        assert mailbox.recipients == [ALICE] * 3

    def test_sent_again_no_failure_of_it_is_left_to_retry(
        self, seller: Seller, mailbox: Mailbox
    ) -> None:
        mailbox.refusal = "550 No such user"
        deliver(seller)
        first = the("email")
        resend(delivery=first, by="ada", at=AT)
        try_all()

        resend(delivery=first, by="ada", at=AT)

        assert list(Failure.objects.values_list("state", flat=True)) == ["written_off"] * 2

    def test_an_invoice_is_sent_where_one_likes(self, seller: Seller, mailbox: Mailbox) -> None:
        deliver(seller)
        first = the("email")

        said = {"invoice": first.invoice, "by": "ada", "at": AT}
        known, other = send_invoice(**said, addresses=[ALICE, "tax@adviser.example", ALICE])
        with pytest.raises(DeliveryNotResendable, match="on its way"):
            send_invoice(**said, addresses=["tax@adviser.example"])
        try_all()
        (again,) = send_invoice(**said, addresses=[])

        assert mailbox.recipients == [ALICE, ALICE, "tax@adviser.example"]
        assert (known.resends, other.resends) == (first, None)
        assert (again.address, again.transaction_id) == (ALICE, first.transaction_id)

    def test_an_invoice_is_sent_once_its_documents_are_made(self, seller: Seller) -> None:
        factories.order(factories.customer(seller, email=ALICE))
        (invoice,) = bill_all(seller)

        with pytest.raises(DeliveryNotResendable, match="aren't made yet"):
            send_invoice(invoice=invoice, addresses=[], by="ada", at=AT)

    def test_an_invoice_is_sent_to_someone(self, seller: Seller) -> None:
        invoice = issue(seller, email="")

        with pytest.raises(DeliveryNotResendable, match="say to which"):
            send_invoice(invoice=invoice, addresses=[], by="ada", at=AT)

    def test_bytes_that_were_changed_are_not_sent(self, seller: Seller, mailbox: Mailbox) -> None:
        issue(seller, email=ALICE)
        plan()
        Path(storage().path(Document.objects.get().storage_name)).write_bytes(b"forged")

        try_all()

        assert mailbox.mails == []
        assert set(Failure.objects.values_list("code", flat=True)) == {
            "email_given_up", "download_given_up",
        }  # fmt: skip

    @pytest.mark.parametrize("missing", ["server", "sender"])
    def test_what_is_not_set_up_is_a_failure_with_a_remedy(
        self, seller: Seller, mailbox: Mailbox, settings: Any, missing: str
    ) -> None:
        if missing == "server":
            settings.EMAIL_HOST = ""
        else:
            Seller.objects.update(email="")

        deliver(Seller.objects.get())

        assert "then retry" in Failure.objects.get().remedy


class TestTestMode:
    @pytest.fixture(autouse=True)
    def _real_server(self, mailbox: Mailbox, settings: Any) -> None:
        settings.EMAIL_REACHES_NOBODY = False

    def test_a_test_seller_writes_to_nobody(self, seller: Seller, mailbox: Mailbox) -> None:
        deliver(seller)

        assert mailbox.mails == []
        assert the("email").state == "withheld"
        assert not Event.objects.filter(state="waiting", type__startswith="delivery").exists()
        assert not Failure.objects.exists()

    @pytest.mark.parametrize("allowed", ["ALICE@customer.example", "@customer.example"])
    def test_but_to_those_who_are_allowed(
        self, seller: Seller, mailbox: Mailbox, settings: Any, allowed: str
    ) -> None:
        settings.EMAIL_TEST_RECIPIENTS = [allowed]

        deliver(seller)

        assert len(mailbox.mails) == 1

    def test_a_live_seller_writes(self, db: None, mailbox: Mailbox) -> None:
        deliver(factories.seller(is_test=False, clock=None, email="r@seller.example"))

        assert len(mailbox.mails) == 1
        with smtplib.SMTP("127.0.0.1", mailbox.port) as probe:  # The server was a real one.
            assert probe.noop()[0] == 250


def factories_issue(customer: Any) -> None:
    """An invoice of a customer that is there already, with its deliveries ordered."""
    issue(customer.seller, of=customer)
    plan()
