"""Codes that must be on their list, and amounts that may have two decimals."""

from collections.abc import Iterator
from decimal import Decimal

from billing.code_lists import CodeList
from invoices.documents.checks.finding import Finding
from invoices.documents.profiles import Profile
from invoices.documents.semantic.document import Document
from invoices.documents.semantic.lines import AllowanceCharge
from invoices.documents.semantic.parties import Identifier

_GREECE = "EL"  # What VAT ids call it.


def codes(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield codes that aren't on their list. Source: EN 16931 BR-CL-*, BR-CO-09."""
    for rule, code, listed, name in _codes(document):
        if code and code not in listed.codes:
            yield Finding(rule, f"{code!r} is no code for the {name}: take one of the list.")
    representative = document.tax_representative
    for vat_id in (
        document.seller.vat_id,
        document.buyer.vat_id,
        representative.vat_id if representative else "",
    ):
        if vat_id and vat_id[:2] not in CodeList.COUNTRIES.codes | {_GREECE}:
            yield Finding(
                "BR-CO-09", f"The VAT id {vat_id} must begin with its country's prefix, such as DE."
            )


def _codes(document: Document) -> Iterator[tuple[str, str, CodeList, str]]:
    yield "BR-CL-04", document.currency, CodeList.CURRENCIES, "currency (BT-5)"
    yield "BR-CL-05", document.tax_currency, CodeList.CURRENCIES, "VAT currency (BT-6)"
    for country in _countries(document):
        yield "BR-CL-14", country, CodeList.COUNTRIES, "country"
    for note in document.notes:
        yield "BR-CL-08", note.subject, CodeList.NOTE_SUBJECTS, "subject of the note (BT-21)"
    for group in document.vat_groups:
        reason = group.exemption_code.upper()
        yield "BR-CL-22", reason, CodeList.EXEMPTIONS, "exemption from VAT (BT-121)"
    for line in document.lines:
        yield "BR-CL-23", line.unit, CodeList.UNITS, f"unit of line {line.id} (BT-130)"
        for each in line.allowances_charges:
            yield _reason(each)
        if line.item.origin_country:
            origin = f"origin of line {line.id} (BT-159)"
            yield "BR-CL-15", line.item.origin_country, CodeList.COUNTRIES, origin
    for each in document.allowances_charges:
        yield _reason(each)


def _countries(document: Document) -> Iterator[str]:
    yield document.seller.address.country
    yield document.buyer.address.country
    if document.tax_representative:
        yield document.tax_representative.address.country
    if document.delivery and document.delivery.address:
        yield document.delivery.address.country


def _reason(each: AllowanceCharge) -> tuple[str, str, CodeList, str]:
    if each.is_charge:
        return "BR-CL-20", each.reason_code, CodeList.CHARGE_REASONS, "reason of the charge"
    return "BR-CL-19", each.reason_code, CodeList.ALLOWANCE_REASONS, "reason of the allowance"


def schemes(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield identifiers whose scheme is missing or unknown. Source: BR-62, BR-63, BR-CL-*."""
    for rule, party in (("BR-62", document.seller), ("BR-63", document.buyer)):
        if party.electronic_address:
            yield from _addressed(rule, party.electronic_address)
    listed = CodeList.IDENTIFIER_SCHEMES.codes
    for rule, identifier in _identifiers(document):
        if identifier and identifier.scheme and identifier.scheme not in listed:
            yield _unknown(rule, identifier, "ISO 6523")


def _identifiers(document: Document) -> Iterator[tuple[str, Identifier | None]]:
    for party in (document.seller, document.buyer):
        yield "BR-CL-11", party.registration
        for identifier in party.identifiers:
            yield "BR-CL-10", identifier
    if document.payee:
        yield "BR-CL-10", document.payee.identifier
        yield "BR-CL-11", document.payee.registration
    for line in document.lines:
        yield "BR-CL-21", line.item.standard_id


def _addressed(rule: str, address: Identifier) -> Iterator[Finding]:
    if not address.scheme:
        yield Finding(rule, f"Give the scheme of the electronic address {address.value}.")
    elif address.scheme not in CodeList.ADDRESS_SCHEMES.codes:
        yield _unknown("BR-CL-25", address, "EAS")


def _unknown(rule: str, identifier: Identifier, listed: str) -> Finding:
    return Finding(
        rule, f"{identifier.scheme!r}, scheme of {identifier.value}, is not on the list {listed}."
    )


def decimals(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield amounts with more than two decimals, whatever the currency. Source: BR-DEC-*."""
    for rule, name, value in _amounts(document):
        if value is not None and value != round(value, 2):
            yield Finding(
                rule,
                f"The {name} is {value}, but EN 16931 has two decimals in every currency: amounts "
                f"such as this one in {document.currency} can't be sent as an e-invoice.",
            )


def _amounts(document: Document) -> Iterator[tuple[str, str, Decimal | None]]:
    totals = document.totals
    yield "BR-DEC-09", "sum of the lines (BT-106)", totals.lines
    yield "BR-DEC-10", "sum of the allowances (BT-107)", totals.allowances
    yield "BR-DEC-11", "sum of the charges (BT-108)", totals.charges
    yield "BR-DEC-12", "net total (BT-109)", totals.net
    yield "BR-DEC-13", "VAT total (BT-110)", totals.vat
    yield "BR-DEC-14", "gross total (BT-112)", totals.gross
    yield "BR-DEC-15", "VAT total in the VAT currency (BT-111)", totals.vat_in_tax_currency
    yield "BR-DEC-16", "prepaid amount (BT-113)", totals.prepaid
    yield "BR-DEC-17", "rounding amount (BT-114)", totals.rounding
    yield "BR-DEC-18", "payable amount (BT-115)", totals.payable
    for group in document.vat_groups:
        yield "BR-DEC-19", "base of the VAT (BT-116)", group.base
        yield "BR-DEC-20", "VAT of a category (BT-117)", group.tax
    yield from _adjusted(document.allowances_charges, ("01", "02"), ("05", "06"))
    for line in document.lines:
        yield "BR-DEC-23", f"net amount of line {line.id} (BT-131)", line.net
        yield from _adjusted(line.allowances_charges, ("24", "25"), ("27", "28"))


def _adjusted(
    each_of: tuple[AllowanceCharge, ...], allowance: tuple[str, str], charge: tuple[str, str]
) -> Iterator[tuple[str, str, Decimal | None]]:
    for each in each_of:
        of_amount, of_base = charge if each.is_charge else allowance
        kind = "charge" if each.is_charge else "allowance"
        yield f"BR-DEC-{of_amount}", f"amount of the {kind}", each.amount
        yield f"BR-DEC-{of_base}", f"base of the {kind}", each.base
