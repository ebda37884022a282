"""Rules of Peppol BIS Billing 3.0; XRechnung has taken over many of them."""

from collections.abc import Iterator

from billing.electronic_addresses import wrong_digits
from invoices.documents.checks.finding import Finding
from invoices.documents.profiles import Profile
from invoices.documents.semantic.codes import Category, Means, TypeCode
from invoices.documents.semantic.document import Document
from invoices.documents.semantic.parties import Identifier
from invoices.documents.xml import clean

_ELECTRONIC_MAIL = "EM"
# What only Germans may send each other; a self-billed invoice is another document in Peppol.
_AMONG_GERMANS = (TypeCode.PARTIAL, TypeCode.CORRECTION)
_OWN_CATEGORY = {
    "VATEX-EU-G": ("PEPPOL-EN16931-P0104", Category.EXPORT),
    "VATEX-EU-O": ("PEPPOL-EN16931-P0105", Category.OUTSIDE_SCOPE),
    "VATEX-EU-IC": ("PEPPOL-EN16931-P0106", Category.INTRA_COMMUNITY),
    "VATEX-EU-AE": ("PEPPOL-EN16931-P0107", Category.REVERSE_CHARGE),
    "VATEX-EU-D": ("PEPPOL-EN16931-P0108", Category.EXEMPT),
    "VATEX-EU-F": ("PEPPOL-EN16931-P0109", Category.EXEMPT),
    "VATEX-EU-I": ("PEPPOL-EN16931-P0110", Category.EXEMPT),
    "VATEX-EU-J": ("PEPPOL-EN16931-P0111", Category.EXEMPT),
}


def addresses(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield electronic addresses that are missing: XRechnung wants them too."""
    if not profile.is_xrechnung and profile is not Profile.PEPPOL:
        return
    for rule, party, name in (
        ("PEPPOL-EN16931-R020", document.seller, "seller's electronic address (BT-34)"),
        ("PEPPOL-EN16931-R010", document.buyer, "buyer's electronic address (BT-49)"),
    ):
        if party.electronic_address is None or not clean(party.electronic_address.value):
            yield Finding(
                rule,
                f"Give the {name}: an e-mail address (scheme EM, not in Peppol), a Leitweg-ID "
                "(0204), a VAT id (9930 for Germany) or another one. Who has none, such as a "
                "consumer, gets a ZUGFeRD document.",
            )


def network(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield addresses that the Peppol network doesn't know, and wrong check digits."""
    if profile is not Profile.PEPPOL:
        return
    for party in (document.seller, document.buyer):
        address = party.electronic_address
        if address and address.scheme == _ELECTRONIC_MAIL:
            yield Finding(
                "PEPPOL-EN16931-CL008",
                f"{address.value} is an e-mail address, which Peppol doesn't deliver to: give the "
                "party's id in the network, such as its VAT id (9930 for Germany).",
            )
        for identifier in (address, party.registration, *party.identifiers):
            if identifier:
                yield from _check_digits(identifier)


def _check_digits(identifier: Identifier) -> Iterator[Finding]:
    if wrong := wrong_digits(identifier.value, scheme=identifier.scheme):
        rule, name = wrong
        yield Finding(rule, f"{identifier.value} is no {name}: check its digits.")


def kinds(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what Peppol allows among Germans only, or not at all."""
    if profile is not Profile.PEPPOL:
        return
    parties = (document.seller, document.buyer)
    both_german = all(party.address.country == "DE" for party in parties)
    if document.type_code is TypeCode.SELF_BILLED:
        yield Finding(
            "PEPPOL-EN16931-P0100",
            "A self-billed invoice (389) is another document in Peppol: send it as XRechnung or "
            "ZUGFeRD.",
        )
    if document.type_code in _AMONG_GERMANS and not both_german:
        yield Finding(
            "PEPPOL-EN16931-P0112",
            f"Type {document.type_code} (BT-3) is for German sellers and buyers only: send a "
            "credit note (381), or an invoice (380).",
        )
    if len(document.notes) > 1 and not both_german:
        yield Finding("PEPPOL-EN16931-R002", "There are several notes (BT-22): join them to one.")
    if not clean(document.buyer_reference) and not clean(document.order):
        yield Finding(
            "PEPPOL-EN16931-R003",
            "Give the buyer reference (BT-10) or the number of the buyer's order (BT-13).",
        )


def shared(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what breaks rules that are XRechnung's too."""
    if not profile.is_xrechnung and profile is not Profile.PEPPOL:
        return
    payment, totals = document.payment, document.totals
    debit = payment.direct_debit if payment else None
    if payment and payment.means is Means.SEPA_DIRECT_DEBIT and not (debit and debit.mandate):
        yield Finding("PEPPOL-EN16931-R061", "Give the mandate of the direct debit (BT-89).")
    translated = totals.vat_in_tax_currency
    if translated is not None and translated * totals.vat < 0:
        yield Finding("PEPPOL-EN16931-R055", "The two VAT totals must have the same sign (BT-111).")
    for group in document.vat_groups:
        rule, category = _OWN_CATEGORY.get(group.exemption_code.upper(), ("", group.category))
        if category is not group.category:
            yield Finding(
                rule, f"{group.exemption_code} is a reason of category {category} (BT-121)."
            )
    yield from _periods(document)


def _periods(document: Document) -> Iterator[Finding]:
    if document.period is None:
        return
    for line in document.lines:
        if line.period and line.period.first_day < document.period.first_day:
            yield Finding(
                "PEPPOL-EN16931-R110",
                f"The period of line {line.id} begins before the document's (BG-14): widen that.",
            )
        if line.period and line.period.last_day > document.period.last_day:
            yield Finding(
                "PEPPOL-EN16931-R111",
                f"The period of line {line.id} ends after the document's (BG-14): widen that.",
            )


def supply_date(document: Document, profile: Profile) -> Iterator[Finding]:
    """
    Yield that nothing says when it was supplied. Source: UStG § 14 (4) no. 6; XRechnung.

    CII can't even leave out the element that would say it, and must not leave it empty.
    """
    has_date = document.delivery is not None and document.delivery.on is not None
    if profile is Profile.ZUGFERD or profile is Profile.XRECHNUNG_CII:
        if not has_date:
            yield Finding(
                "PEPPOL-EN16931-R008",
                "Say when it was supplied (BT-72); of a period, its last day.",
            )
    elif profile is not Profile.EN16931 and not has_date and not _has_period(document):
        yield Finding("BR-DE-TMP-32", "Say when it was supplied (BT-72), or over which period.")


def _has_period(document: Document) -> bool:
    return document.period is not None or all(line.period for line in document.lines)
