"""
The German rules: of XRechnung (BR-DE-*), and the same of Peppol between two Germans (DE-R-*).

What is only a warning there is a finding here: receivers refuse such documents too.

Source: XRechnung 3.0; Peppol BIS Billing 3.0, national rules.
"""

from collections.abc import Iterator

from stdnum import iban
from stdnum.exceptions import ValidationError

from billing.electronic_addresses import is_mailbox, is_phone_number
from invoices.documents.checks.finding import Finding
from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import Category, Means, TypeCode
from invoices.documents.semantic.document import Document
from invoices.documents.semantic.parties import Contact
from invoices.documents.semantic.payment import PaymentInstructions
from invoices.documents.xml import clean

_NO_CONTACT = Contact()
_TYPES = frozenset({"326", "380", "384", "389", "381", "875", "876", "877"})

Broken = tuple[str, str]  # Number of the rule, such as 15 or 23-a, and the message.


def german(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what the German rules want, where they hold."""
    parties = (document.seller, document.buyer)
    both_german = all(party.address.country == "DE" for party in parties)
    if not profile.is_xrechnung and not (profile is Profile.PEPPOL and both_german):
        return
    for part in (_references, _contact, _places, _tax, _payment, _terms):
        for number, message in part(document):
            yield Finding(_rule(number, profile), message)


def _rule(number: str, profile: Profile) -> str:
    """Return BR-DE-15 or DE-R-015, BR-DE-23-a or DE-R-023-1."""
    if profile.is_xrechnung:
        return f"BR-DE-{number}"
    whole, _, part = number.partition("-")
    return f"DE-R-{int(whole):03}" + (f"-{'ab'.index(part) + 1}" if part else "")


def _references(document: Document) -> Iterator[Broken]:
    if not clean(document.buyer_reference):
        yield (
            "15",
            "Give the buyer reference (BT-10): for German authorities the Leitweg-ID, for others "
            "what the buyer asks for, such as a department or an order.",
        )
    if document.type_code not in _TYPES:
        yield "17", f"Type {document.type_code} (BT-3) is not expected: take 380, 381, 384 or 326."
    if document.type_code is TypeCode.CORRECTION and not document.preceding:
        yield "26", "A correction names the invoice that it corrects (BG-3)."


def _contact(document: Document) -> Iterator[Broken]:
    contact = document.seller.contact
    if contact is None:
        yield "2", "Name whom to ask at the seller, with telephone and e-mail address (BG-6)."
    else:
        yield from _missing(
            ("5", contact.name, "Name whom to ask at the seller (BT-41)."),
            ("6", contact.phone, "Give the telephone number of the seller's contact (BT-42)."),
            ("7", contact.email, "Give the e-mail address of the seller's contact (BT-43)."),
        )
    phone, email = (contact or _NO_CONTACT).phone, (contact or _NO_CONTACT).email
    if phone and not is_phone_number(phone):
        yield "27", f"The telephone number {phone!r} (BT-42) needs three digits at least."
    if email and not is_mailbox(email):
        yield "28", f"{email!r} (BT-43) is no e-mail address: give one such as a@example.com."


def _places(document: Document) -> Iterator[Broken]:
    seller, buyer = document.seller.address, document.buyer.address
    yield from _missing(
        ("3", seller.city, "Give the seller's city (BT-37)."),
        ("4", seller.postcode, "Give the seller's postcode (BT-38)."),
        ("8", buyer.city, "Give the buyer's city (BT-52)."),
        ("9", buyer.postcode, "Give the buyer's postcode (BT-53)."),
    )
    if document.delivery and (address := document.delivery.address):
        yield from _missing(
            ("10", address.city, "Give the city it was delivered to (BT-77)."),
            ("11", address.postcode, "Give the postcode it was delivered to (BT-78)."),
        )


def _tax(document: Document) -> Iterator[Broken]:
    is_taxable = any(group.category is not Category.OUTSIDE_SCOPE for group in document.vat_groups)
    seller = document.seller
    if is_taxable and not (seller.vat_id or seller.tax_number or document.tax_representative):
        yield "16", "Give the seller's VAT id (BT-31) or tax number (BT-32)."


def _payment(document: Document) -> Iterator[Broken]:
    payment = document.payment
    if payment is None:
        yield "1", "Say how to pay (BG-16)."
        return
    if payment.means.is_credit_transfer:
        yield from _transfer(payment)
    elif payment.transfers and payment.means is Means.SEPA_DIRECT_DEBIT:
        yield "25-b", "A direct debit names no account to transfer to (BG-17)."
    if payment.means is Means.SEPA_DIRECT_DEBIT:
        yield from _debit(payment)


def _transfer(payment: PaymentInstructions) -> Iterator[Broken]:
    if not payment.transfers:
        yield "23-a", "A credit transfer needs the account to transfer to (BG-17)."
    if payment.direct_debit:
        yield "23-b", "A credit transfer names no mandate: leave out the direct debit (BG-19)."
    for transfer in payment.transfers:
        is_foreign = payment.means is Means.CREDIT_TRANSFER and not transfer.account[:2].isalpha()
        if not is_foreign and not is_iban(transfer.account):
            yield "19", f"{transfer.account!r} is no IBAN (BT-84): check its digits."


def _debit(payment: PaymentInstructions) -> Iterator[Broken]:
    debit = payment.direct_debit
    if debit is None:
        yield "25-a", "A direct debit needs mandate, creditor id and debited account (BG-19)."
        return
    yield from _missing(
        ("30", debit.creditor_id, "Give the seller's creditor id (BT-90)."),
        ("31", debit.debited_account, "Give the IBAN that is debited (BT-91)."),
    )
    if debit.debited_account and not is_iban(debit.debited_account):
        yield "20", f"{debit.debited_account!r} is no IBAN (BT-91): check its digits."


def _terms(document: Document) -> Iterator[Broken]:
    terms = document.terms
    if terms and any(line.lstrip().startswith("#") for line in terms.text.splitlines()):
        yield (
            "18",
            "The words of the payment terms (BT-20) have a line that begins with #, which only "
            "cash discounts do: give those as `discounts`.",
        )


def is_iban(account: str) -> bool:
    """Return whether an account number can be an IBAN: by its length and check digits."""
    try:
        iban.validate(account, check_country=False)
    except ValidationError:
        return False
    return True


def _missing(*needed: tuple[str, str, str]) -> Iterator[Broken]:
    for number, text, message in needed:
        if not clean(text):
            yield number, message
