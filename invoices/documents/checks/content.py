"""What every document must say, whatever its profile. Source: EN 16931 BR-*, BR-CO-*."""

from collections.abc import Iterator, Sequence
from datetime import date

from invoices.documents.checks.finding import Finding
from invoices.documents.profiles import Profile
from invoices.documents.semantic.document import Document
from invoices.documents.semantic.lines import AllowanceCharge, Line, Span
from invoices.documents.semantic.payment import PaymentInstructions
from invoices.documents.xml import clean

Needed = tuple[str, object, str]  # Rule, value, and what to say if it is missing.


def document_said(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what the document itself doesn't say."""
    seller, buyer = document.seller, document.buyer
    yield from _missing(
        ("BR-02", document.number, "Give the document a number (BT-1)."),
        ("BR-05", document.currency, "Name the currency (BT-5)."),
        ("BR-06", seller.name, "Name the seller (BT-27)."),
        ("BR-07", buyer.name, "Name the buyer (BT-44)."),
        ("BR-09", seller.address.country, "Name the seller's country (BT-40)."),
        ("BR-11", buyer.address.country, "Name the buyer's country (BT-55)."),
        ("BR-16", document.lines, "Give the document at least one line (BG-25)."),
        ("BR-CO-18", document.vat_groups, "Give the VAT by category and rate (BG-23)."),
        (
            "BR-CO-26",
            seller.vat_id or seller.registration or seller.identifiers,
            "Give the seller's VAT id (BT-31), its number in a register (BT-30), or an identifier "
            "such as its supplier number (BT-29).",
        ),
    )
    for preceding in document.preceding:
        yield from _missing(
            ("BR-55", preceding.number, "Name the number of the preceding invoice (BT-25).")
        )
    for note in document.notes:
        yield from _missing(("PEPPOL-EN16931-R008", note.text, "Leave out the empty note (BT-22)."))
    yield from _period(document.period, "BR-29", "of the document (BT-73, BT-74)")


def tax_said(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is missing for VAT in another currency, and for a representative."""
    totals, representative = document.totals, document.tax_representative
    if document.tax_currency and totals.vat_in_tax_currency is None:
        yield Finding(
            "BR-53", f"Give the VAT total in {document.tax_currency} too (BT-111), or no BT-6."
        )
    if totals.vat_in_tax_currency is not None and not document.tax_currency:
        yield Finding("BR-53", "Name the currency of the VAT total in another currency (BT-6).")
    if document.tax_currency and document.tax_currency == document.currency:
        yield Finding(
            "PEPPOL-EN16931-R005",
            f"VAT is in {document.currency} already: leave out the VAT currency (BT-6).",
        )
    if representative:
        country = representative.address.country
        yield from _missing(
            ("BR-18", representative.name, "Name the tax representative (BT-62)."),
            ("BR-20", country, "Name the tax representative's country (BT-69)."),
            ("BR-56", representative.vat_id, "Give the tax representative's VAT id (BT-63)."),
        )


def lines_said(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what lines don't say."""
    for line in document.lines:
        yield from _line(line)
        yield from _reasons(line.allowances_charges, ("BR-42", "BR-44"), f"of line {line.id}")
    yield from _reasons(document.allowances_charges, ("BR-33", "BR-38"), "of the document")
    for each in document.allowances_charges:
        if each.vat is None:
            yield Finding(
                "BR-37" if each.is_charge else "BR-32",
                "Give the VAT category of each allowance and charge of the document (BT-95, "
                "BT-102).",
            )


def _line(line: Line) -> Iterator[Finding]:
    if not (clean(line.id) and clean(line.unit) and clean(line.item.name)):
        yield from _missing(
            ("BR-21", line.id, "Number each line (BT-126)."),
            ("BR-23", line.unit, f"Give the unit of line {line.id} (BT-130); C62 means one."),
            ("BR-25", line.item.name, f"Name what line {line.id} is about (BT-153)."),
        )
    if line.price.amount < 0:
        yield Finding(
            "BR-27",
            f"Line {line.id} has a price below zero (BT-146): give the minus to the quantity.",
        )
    if line.period:
        yield from _period(line.period, "BR-30", f"of line {line.id} (BT-134, BT-135)")
    if line.item.standard_id and not line.item.standard_id.scheme:
        yield Finding("BR-64", f"Give the scheme of the item's id on line {line.id} (BT-157).")
    for name, value in line.item.attributes:
        if not (clean(name) and clean(value)):
            yield Finding(
                "BR-54", f"Line {line.id}: an attribute needs a name and a value (BG-32)."
            )


def _reasons(
    each_of: Sequence[AllowanceCharge], rules: tuple[str, str], whose: str
) -> Iterator[Finding]:
    for each in each_of:
        if not clean(each.reason) and not each.reason_code:
            kind = "charge" if each.is_charge else "allowance"
            yield Finding(
                rules[each.is_charge], f"Say why there is the {kind} {whose}: a reason or its code."
            )


def payment_said(document: Document, profile: Profile) -> Iterator[Finding]:
    """Yield what is missing to pay."""
    if document.payment:
        yield from _instructions(document.payment)
    if document.payee:
        yield from _missing(("BR-17", document.payee.name, "Name the payee (BT-59)."))
    # A credit note in UBL has its due date among the payment means.
    due = _due(document)
    if document.totals.payable > 0 and not due and not _terms(document):
        yield Finding(
            "BR-CO-25", "Say until when to pay: the due date (BT-9), or payment terms (BT-20)."
        )


def _due(document: Document) -> date | None:
    is_said = document.payment is not None or not document.type_code.is_credit_note
    return document.due_date if is_said else None


def _terms(document: Document) -> str:
    return clean(document.terms.written()) if document.terms else ""


def _instructions(payment: PaymentInstructions) -> Iterator[Finding]:
    accounts = [transfer.account for transfer in payment.transfers]
    if payment.means.is_credit_transfer and not accounts:
        yield Finding("BR-61", "Give the account to transfer to (BT-84).")
    if payment.direct_debit and len(accounts) > 1:
        yield Finding("UBL-SR-55", "With a direct debit (BG-19) give one account at most (BG-17).")
    for account in accounts:
        yield from _missing(("BR-50", account, "Give the number of each account (BT-84)."))


def _period(period: Span | None, rule: str, whose: str) -> Iterator[Finding]:
    if period and period.last_day < period.first_day:
        yield Finding(rule, f"The period {whose} ends before it begins: check both days.")


def _missing(*needed: Needed) -> Iterator[Finding]:
    for rule, value, message in needed:
        if not (clean(value) if isinstance(value, str) else value):
            yield Finding(rule, message)
