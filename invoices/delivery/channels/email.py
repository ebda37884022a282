"""E-mail: the documents attached, in the customer's language, by SMTP."""

import contextlib
import smtplib
from collections.abc import Sequence
from datetime import datetime
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from billing.sellers.models import Seller
from invoices.delivery.channels.shape import Ended, Outcome, excerpt
from invoices.delivery.models import Delivery, DownloadLink, MailStyle
from invoices.delivery.queries.links import url_of
from invoices.delivery.queries.texts import Words, filled, language_of, words_of
from invoices.documents.queries import StorageAway, StoredBytesDiffer, documents_of, stored_bytes

SMTP = "django.core.mail.backends.smtp.EmailBackend"
PERMANENT = 500  # Codes from here on: the server won't take it later either.
ACCEPTED = 250
# The server wants another login or TLS: source RFC 4954 and 3207. Someone will mend the settings.
_LOGIN = frozenset({530, 534, 535, 538})
_OF_ADDRESS = "Correct the customer's e-mail address, then resend the delivery from its page."
_OF_SENDER = "Let the mail server take the seller's sender, or enter another one; then retry."
_OF_CONTENT = (
    "Mend what the answer tells of, then retry; the documents can be fetched by a link too."
)
# Trouble with the server's settings rather than with the message: someone will mend them.
_OF_SERVER = (
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPNotSupportedError,
)

NO_SERVER = Outcome(
    Ended.REFUSED,
    answer="No mail server is set.",
    remedy="Set EMAIL_URL, restart, then retry.",
)
NO_SENDER = Outcome(
    Ended.REFUSED,
    answer="The seller has no address to write from.",
    remedy="Enter an e-mail address of the seller, or a sender in its e-mail settings; then retry.",
)
WITHHELD = Outcome(
    Ended.WITHHELD, answer="A seller in test mode writes to EMAIL_TEST_RECIPIENTS alone."
)


def send_email(delivery: Delivery, *, at: datetime) -> Outcome:
    """Send the documents of a delivery's invoice to its address."""
    style = MailStyle.objects.filter(seller=delivery.seller_id).first()
    sender = _sender(delivery.seller, style)
    if hindrance := _hindrance(delivery, sender):
        return hindrance
    try:
        message = _message(delivery, style, sender)
    except (StoredBytesDiffer, FileNotFoundError) as error:
        remedy = "Restore the file in the storage of documents, then retry."
        return Outcome(Ended.REFUSED, answer=excerpt(error), remedy=remedy)
    except StorageAway as error:
        return Outcome(Ended.FAILED, answer=excerpt(error))
    return _send(message)


def _hindrance(delivery: Delivery, sender: str) -> Outcome | None:
    if delivery.seller.is_test and not _may_get_tests(delivery.address):
        return WITHHELD
    if not settings.EMAIL_HOST:
        return NO_SERVER
    return None if sender else NO_SENDER


def _may_get_tests(address: str) -> bool:
    allowed = {each.lower() for each in settings.EMAIL_TEST_RECIPIENTS}
    domain = f"@{address.rpartition('@')[2]}"
    return settings.EMAIL_REACHES_NOBODY or bool({address.lower(), domain.lower()} & allowed)


def _sender(seller: Seller, style: MailStyle | None) -> str:
    own = style.sender if style else ""
    address = own or seller.email or settings.DEFAULT_FROM_EMAIL
    name = (style.sender_name if style else "") or seller.name
    return formataddr((name, address)) if address else ""


def _message(delivery: Delivery, style: MailStyle | None, sender: str) -> EmailMultiAlternatives:
    invoice = delivery.invoice
    assert invoice is not None, "the database demands one"
    blank = words_of(invoice, style)
    words = filled(blank, invoice, link=_link(delivery) if blank.wants_link else "")
    message = EmailMultiAlternatives(
        subject=words.subject,
        body=words.body,
        from_email=sender,
        to=[delivery.address],
        reply_to=_reply_to(style),
        headers={"Message-ID": delivery.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(_html(words, language_of(invoice)), "text/html")
    for document in documents_of(invoice):
        if document.is_within_another:
            continue  # A machine that reads both would book the invoice twice.
        message.attach(document.file_name, stored_bytes(document), document.media_type)
    return message


def _link(delivery: Delivery) -> str:
    return url_of(DownloadLink.objects.get(delivery=delivery))


def _reply_to(style: MailStyle | None) -> Sequence[str] | None:
    return [style.reply_to] if style and style.reply_to else None


def _html(words: Words, language: str) -> str:
    return render_to_string(
        "invoices/delivery/email.html",
        {"subject": words.subject, "body": words.body, "language": language},
    )


def _send(message: EmailMultiAlternatives) -> Outcome:
    message.connection = connection = get_connection(SMTP)
    try:
        connection.open()
        message.send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return _failed(error)
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()  # Whatever is said at the farewell: the message was taken, or not.
    return Outcome(Ended.SENT, ACCEPTED)


def _failed(error: Exception) -> Outcome:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min(
            (_refused(*said, remedy=_OF_ADDRESS) for said in error.recipients.values()), key=_hope
        )
    if isinstance(error, smtplib.SMTPResponseException) and not isinstance(error, _OF_SERVER):
        is_sender = isinstance(error, smtplib.SMTPSenderRefused)
        remedy = _OF_SENDER if is_sender else _OF_CONTENT
        return _refused(error.smtp_code, error.smtp_error, remedy=remedy)
    if isinstance(error, ValueError):  # An address or header that can't be written down.
        return _refused(PERMANENT, str(error), remedy=_OF_ADDRESS)
    code = getattr(error, "smtp_code", None)
    return Outcome(Ended.FAILED, code, excerpt(f"{type(error).__name__}: {error}"))


def _refused(code: int, answer: bytes | str, *, remedy: str) -> Outcome:
    if code < PERMANENT or code in _LOGIN:
        return Outcome(Ended.FAILED, code, excerpt(answer))
    return Outcome(Ended.REFUSED, code, excerpt(answer), remedy=remedy)


def _hope(outcome: Outcome) -> bool:
    return outcome.ended == Ended.REFUSED
