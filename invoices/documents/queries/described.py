"""An issued invoice as a document of the semantic model: the one source of XML and PDF."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from billing.money import from_minor
from billing.wording.vat import vat_note
from invoices.documents.exemptions import exemptions
from invoices.documents.queries.parties import buyer_of, delivery_address_of, seller_of
from invoices.documents.semantic.codes import Category, Means, TypeCode
from invoices.documents.semantic.document import (
    Delivery,
    Document,
    Preceding,
    Totals,
    VatGroup,
)
from invoices.documents.semantic.lines import Item, Line, Span, Vat
from invoices.documents.semantic.payment import (
    CreditTransfer,
    DirectDebit,
    PaymentInstructions,
    PaymentTerms,
)
from invoices.documents.sums import fitting_price
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.explained import explained_line

_DAY = timedelta(days=1)
_GIVEN_BACK = {
    "de": "Der Betrag wird mit Ihrem Guthaben verrechnet oder Ihnen erstattet.",
    "en": "The amount is kept as your balance, or refunded to you.",
}
_TERMS = {
    "de": "Zahlbar bis {day:%d.%m.%Y} ohne Abzug.",
    "en": "Payable by {day:%d %B %Y} without deduction.",
}


def described(invoice: Invoice, lines: Sequence[Charge]) -> Document:
    """
    Return what an invoice or credit note says.

    A credit note's figures, negative where it is stored, are positive on it (type code 381).
    """
    sign = _sign(invoice)
    frozen, buyer = invoice.seller_as_printed, invoice.customer_as_printed
    taxed = any(tax["category"] != Category.OUTSIDE_SCOPE for tax in invoice.taxes)
    return Document(
        number=invoice.number,
        issue_date=invoice.issue_date,
        type_code=TypeCode.INVOICE if sign > 0 else TypeCode.CREDIT_NOTE,
        currency=invoice.currency,
        tax_currency=_tax_currency(invoice),
        due_date=invoice.due_date if sign > 0 else None,
        buyer_reference=buyer.get("buyer_reference") or "",
        project=buyer.get("project_reference") or "",
        order=buyer.get("purchase_order") or "",
        seller=seller_of(frozen, shows_vat_id=taxed),
        buyer=buyer_of(buyer, shows_vat_id=taxed),
        preceding=tuple(_preceding(invoice)),
        delivery=_delivery(invoice, lines),
        period=_period(lines),
        payment=_payment(invoice),
        terms=_terms(invoice),
        lines=tuple(_line(line, sign) for line in lines),
        totals=_totals(invoice, lines, sign),
        vat_groups=tuple(_groups(invoice, sign)),
    )


def without_notes(document: Document) -> Document:
    """Return a document whose lines don't explain themselves: its printing does."""
    return replace(document, lines=tuple(replace(line, note="") for line in document.lines))


def _sign(invoice: Invoice) -> int:
    return 1 if invoice.kind == "invoice" else -1


def _line(line: Charge, sign: int) -> Line:
    net = from_minor(sign * line.amount_minor, line.currency)
    quantity, price = fitting_price(quantity=line.quantity, net=net, unit_price=_net_price(line))
    return Line(
        id=str(line.position),
        item=Item(
            name=line.text,
            description=line.description,
            sellers_id=line.item_number or line.price_code,
        ),
        quantity=quantity,
        unit=line.unit,
        price=price,
        net=net,
        vat=Vat.of(line.tax_category, line.tax_percent),
        note=explained_line(line),
        period=_span(line),
    )


def _net_price(line: Charge) -> Decimal | None:
    return None if line.tax_included else line.unit_price


def _span(line: Charge) -> Span | None:
    if line.ends_on is None:
        return None
    return Span(first_day=line.starts_on, last_day=line.ends_on - _DAY)


def _period(lines: Iterable[Charge]) -> Span | None:
    """Return the days from the first to the last service, if all lines are of a period."""
    spans = [_span(line) for line in lines]
    known = [span for span in spans if span]
    if not known or len(known) < len(spans):
        return None
    return Span(
        first_day=min(span.first_day for span in known),
        last_day=max(span.last_day for span in known),
    )


def _delivery(invoice: Invoice, lines: Sequence[Charge]) -> Delivery:
    latest = max(line.ends_on - _DAY if line.ends_on else line.starts_on for line in lines)
    found = delivery_address_of(invoice.customer_as_printed)
    if found is None:
        return Delivery(on=latest)
    name, address = found
    return Delivery(on=latest, name=name, address=address)


def _preceding(invoice: Invoice) -> Iterable[Preceding]:
    for told in invoice.corrects:
        yield Preceding(told["number"], date.fromisoformat(told["issue_date"]))


def _payment(invoice: Invoice) -> PaymentInstructions:
    frozen, buyer = invoice.seller_as_printed, invoice.customer_as_printed
    if invoice.payable_minor <= 0 or not frozen["iban"]:
        return PaymentInstructions(means=Means.CLEARING)
    mandate, debited = buyer.get("mandate_reference"), buyer.get("mandate_iban")
    creditor = frozen.get("creditor_id")
    if mandate and debited and creditor:
        return PaymentInstructions(
            means=Means.SEPA_DIRECT_DEBIT,
            remittance=invoice.number,
            direct_debit=DirectDebit(
                mandate=mandate, creditor_id=creditor, debited_account=debited
            ),
        )
    holder = frozen.get("account_holder") or frozen["name"]
    return PaymentInstructions(
        means=Means.SEPA_CREDIT_TRANSFER if invoice.currency == "EUR" else Means.CREDIT_TRANSFER,
        remittance=invoice.number,
        transfers=(CreditTransfer(account=frozen["iban"], holder=holder, bic=frozen["bic"]),),
    )


def _terms(invoice: Invoice) -> PaymentTerms | None:
    """Return until when to pay; of a credit note, what becomes of it (BR-CO-25 wants either)."""
    if invoice.payable_minor == 0:
        return None
    language = "de" if invoice.customer_as_printed["locale"].startswith("de") else "en"
    words = _TERMS if invoice.payable_minor > 0 else _GIVEN_BACK
    return PaymentTerms(text=words[language].format(day=invoice.due_date))


def _totals(invoice: Invoice, lines: Iterable[Charge], sign: int) -> Totals:
    def amount(minor: int) -> Decimal:
        return from_minor(sign * minor, invoice.currency)

    return Totals(
        lines=amount(sum(line.amount_minor for line in lines)),
        net=amount(invoice.net_minor),
        vat=amount(invoice.tax_minor),
        vat_in_tax_currency=_vat_in_tax_currency(invoice, sign),
        gross=amount(invoice.gross_minor),
        prepaid=amount(invoice.prepaid_minor),
        payable=amount(invoice.payable_minor),
    )


def _tax_currency(invoice: Invoice) -> str:
    """Return BT-6: only where VAT is stated in it (BR-53)."""
    return "" if invoice.accounting_tax_minor is None else invoice.accounting_currency


def _vat_in_tax_currency(invoice: Invoice, sign: int) -> Decimal | None:
    stated = invoice.accounting_tax_minor
    return None if stated is None else from_minor(sign * stated, invoice.accounting_currency)


def _groups(invoice: Invoice, sign: int) -> Iterable[VatGroup]:
    locale = invoice.customer_as_printed["locale"]
    known = exemptions(locale)
    for tax in invoice.taxes:
        category = Category(tax["category"])
        exemption = known.get(category)
        reason = tax.get("exemption_text") or (exemption.reason if exemption else "")
        if category is Category.EXEMPT and not reason:
            reason = vat_note(category, locale=locale)
        yield VatGroup(
            category=category,
            rate=Decimal(tax["percent"]),
            base=from_minor(sign * tax["base_minor"], invoice.currency),
            tax=from_minor(sign * tax["tax_minor"], invoice.currency),
            exemption_reason=reason,
            exemption_code=tax.get("exemption_code") or (exemption.code if exemption else ""),
        )
