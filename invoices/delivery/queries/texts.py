"""The words of e-mails: the seller's own, or those of the house, with the invoice's figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from string import Formatter
from zoneinfo import ZoneInfo

from django.conf import settings

from billing.money import from_minor, minor_digits
from invoices.delivery.models import MailStyle
from invoices.issuing.models import Invoice

PLACEHOLDERS = (
    "document", "number", "customer", "seller", "issue_date", "due_date", "payable",
    "download_link",
)  # fmt: skip
LINK = "download_link"


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text of an e-mail, with or without placeholders."""

    subject: str
    body: str

    @property
    def wants_link(self) -> bool:
        """Whether a link to the documents is to be put in."""
        return LINK in _names(self.body)


HOUSE = {
    "de": Words(
        "{document} {number} von {seller}",
        "Guten Tag,\n\nanbei erhalten Sie unsere {document} {number} vom {issue_date}.\n\n"
        "Mit freundlichen Grüßen\n{seller}",
    ),
    "en": Words(
        "{document} {number} from {seller}",
        "Hello,\n\nplease find attached our {document} {number} of {issue_date}.\n\n"
        "Kind regards\n{seller}",
    ),
}
DOCUMENTS = {
    "de": {"invoice": "Rechnung", "credit_note": "Rechnungskorrektur"},
    "en": {"invoice": "invoice", "credit_note": "credit note"},
}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
GERMAN_ZONES = {"CET": "MEZ", "CEST": "MESZ"}


class TextRefused(Exception):
    """A text can't be used for e-mails; it says why."""

    def __init__(self, field: str, problem: str) -> None:
        """`field` names the column."""
        self.field = field
        super().__init__(problem)


def check_text(field: str, text: str) -> None:
    """
    Check the placeholders of a text.

    :raises TextRefused: if one is unknown or malformed, or can't be filled.
    """
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    try:
        names = _names(text)
    except ValueError as malformed:
        problem = f"A brace is not closed, or more than a name stands in it. Known are {known}."
        raise TextRefused(field, problem) from malformed
    if unknown := names - set(PLACEHOLDERS):
        raise TextRefused(field, f"{{{min(unknown)[:40]}}} is unknown. Known are {known}.")
    if LINK in names and field.startswith("subject"):
        raise TextRefused(field, "A link can't stand in the subject.")
    if LINK in names and not settings.PUBLIC_URL:
        raise TextRefused(field, "Links need the setting PUBLIC_URL: ask who runs the system.")


def words_of(invoice: Invoice, style: MailStyle | None) -> Words:
    """Return the words of an invoice's e-mail in the language of its customer."""
    language = language_of(invoice)
    house = HOUSE[language]
    subject = str(getattr(style, f"subject_{language}", ""))
    body = str(getattr(style, f"body_{language}", ""))
    return Words(subject or house.subject, body or house.body)


def filled(words: Words, invoice: Invoice, *, link: str = "") -> Words:
    """Return the words with the invoice's figures put in; `link` leads to its documents."""
    language = language_of(invoice)
    values = {
        "document": DOCUMENTS[language][invoice.kind],
        "number": invoice.number,
        "customer": invoice.customer_as_printed["name"],
        "seller": invoice.seller_as_printed["name"],
        "issue_date": _day(invoice.issue_date, language),
        "due_date": _day(invoice.due_date, language),
        "payable": _amount(invoice.payable_minor, invoice.currency, language),
        LINK: link,
    }
    subject = " ".join(_put_in(words.subject, values).split())  # No line breaks in a header.
    return Words(subject[:1].upper() + subject[1:], _put_in(words.body, values))


def language_of(invoice: Invoice) -> str:
    """Return the language of an invoice's customer: de or en."""
    return "de" if str(invoice.customer_as_printed["locale"]).startswith("de") else "en"


def moment(at: datetime, zone: str, language: str) -> str:
    """Return an instant as people of a time zone write it, with the zone's short name."""
    local = at.astimezone(ZoneInfo(zone))
    name = local.tzname() or zone
    if language == "de":
        return f"{_day(local, language)}, {local:%H:%M} Uhr ({GERMAN_ZONES.get(name, name)})"
    return f"{_day(local, language)}, {local:%H:%M} ({name})"


def _names(text: str) -> set[str]:
    names = set()
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None:
            if form or conversion or not name:
                raise ValueError(name)
            names.add(name)
    return names


def _put_in(text: str, values: Mapping[str, str]) -> str:
    # Not str.format: it would look into what it is given.
    return "".join(
        literal + (values.get(name, "") if name is not None else "")
        for literal, name, _, _ in Formatter().parse(text)
    )


def _day(day: date, language: str) -> str:
    if language == "de":
        return f"{day:%d.%m.%Y}"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _amount(amount_minor: int, currency: str, language: str) -> str:
    text = f"{from_minor(amount_minor, currency):,.{minor_digits(currency)}f}"
    if language == "de":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{text} {currency}"
