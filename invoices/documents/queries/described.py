"""An issued invoice as a document of the semantic model: the one source of XML and PDF."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from billing.electronic_addresses import prefixed_vat_id
from billing.money import from_minor
from billing.pricing.taxes import SupplyKind
from billing.wording.language import Language
from billing.wording.paragraph import language_of
from billing.wording.vat import vat_note
from invoices.documents.exemptions import exemptions
from invoices.documents.queries.parties import (
    buyer_of,
    delivery_address_of,
    seller_of,
)
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
_SEPA = "EUR"  # The currency of its transfers and direct debits.
_WHAT = {"de": ("Der Betrag", "Der Rest"), "en": ("The amount", "The rest")}
_KEPT = {
    "de": "{what} wird Ihrem Guthaben gutgeschrieben.",
    "en": "{what} is credited to your balance.",
}
_PAID_OUT = {"de": "{what} wird Ihnen erstattet.", "en": "{what} is refunded to you."}
_SETTLES = {
    "de": "{amount} werden mit dem offenen Betrag der Rechnung {number} verrechnet.",
    "en": "{amount} is set off against what is open of invoice {number}.",
}
_COLLECTED = {
    "de": "Fällig am {day:%d.%m.%Y}; der Betrag wird eingezogen.",
    "en": "Due on {day:%d %B %Y}; the amount is collected.",
}
_TERMS = {
    "de": "Zahlbar bis {day:%d.%m.%Y} ohne Abzug.",
    "en": "Payable by {day:%d %B %Y} without deduction.",
}


def described(invoice: Invoice, lines: Sequence[Charge], *, is_kept: bool = False) -> Document:
    """
    Return what an invoice or credit note says.

    A credit note's figures, negative where it is stored, are positive on it (type code 381). What
    it doesn't settle goes to the customer's balance (`is_kept`), or is paid out.
    """
    sign = _sign(invoice)
    frozen, buyer = invoice.seller_as_printed, invoice.customer_as_printed
    taxed = any(tax["category"] != Category.OUTSIDE_SCOPE for tax in invoice.taxes)
    format_ = buyer.get("document_format") or ""
    return Document(
        number=invoice.number,
        issue_date=invoice.issue_date,
        type_code=TypeCode.INVOICE if sign > 0 else TypeCode.CREDIT_NOTE,
        currency=invoice.currency,
        tax_currency=_tax_currency(invoice),
        due_date=invoice.due_date if sign > 0 else None,
        buyer_reference=buyer.get("buyer_reference") or "",
        project=buyer.get("project_reference") or "",
        contract=(invoice.contract.external_id or "") if invoice.contract else "",
        order=buyer.get("purchase_order") or "",
        seller=seller_of(frozen, shows_vat_id=taxed, format_=format_),
        buyer=buyer_of(buyer, shows_vat_id=taxed, format_=format_),
        preceding=tuple(_preceding(invoice)),
        delivery=_delivery(invoice, lines),
        period=_period(lines),
        payment=_payment(invoice),
        terms=_terms(invoice, is_kept=is_kept),
        lines=tuple(_line(line, sign) for line in lines),
        totals=_totals(invoice, lines, sign),
        vat_groups=tuple(_groups(invoice, sign)),
    )


def printable(document: Document, invoice: Invoice) -> Document:
    """
    Return a document as it is printed: without the lines' notes, since its printing explains them.

    Until when to pay is said once, beside how: the payment terms' words would repeat it.
    Both VAT ids stand on it whatever the supply: only the rules for XML forbid some. Source: UStG
    § 14 (4) no. 2.
    """
    frozen, buyer_frozen = invoice.seller_as_printed, invoice.customer_as_printed
    seller = replace(document.seller, vat_id=prefixed_vat_id(frozen) or frozen["vat_id"])
    buyer_vat_id = prefixed_vat_id(buyer_frozen) or buyer_frozen["vat_id"]
    buyer = replace(document.buyer, vat_id=buyer_vat_id)
    lines = tuple(replace(line, note="") for line in document.lines)
    terms = None if _says_when(document) else document.terms
    return replace(document, lines=lines, seller=seller, buyer=buyer, terms=terms)


def _says_when(document: Document) -> bool:
    """Return whether a printed document asks for payment by a day without its terms' words."""
    how = document.payment
    asks = how is not None and (how.direct_debit is not None or bool(how.transfers))
    return asks and document.due_date is not None and document.totals.payable > 0


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
    """Return when, and of goods where; the place is part of why some bear no VAT (BR-IC-12)."""
    latest = max(line.ends_on - _DAY if line.ends_on else line.starts_on for line in lines)
    if not any(_are_goods(line) for line in lines):
        return Delivery(on=latest)
    name, address = delivery_address_of(invoice.customer_as_printed)
    return Delivery(on=latest, name=name, address=address)


def _are_goods(line: Charge) -> bool:
    is_intra_community = line.tax_category == Category.INTRA_COMMUNITY  # An override may say so.
    return line.supply == SupplyKind.GOODS or is_intra_community


def _preceding(invoice: Invoice) -> Iterable[Preceding]:
    for told in invoice.corrects:
        yield Preceding(told["number"], date.fromisoformat(told["issue_date"]))


def _payment(invoice: Invoice) -> PaymentInstructions:
    if invoice.payable_minor <= 0:
        return PaymentInstructions(means=Means.CLEARING)
    if debit := _debit(invoice):
        return PaymentInstructions(
            means=Means.SEPA_DIRECT_DEBIT, remittance=invoice.number, direct_debit=debit
        )
    frozen = invoice.seller_as_printed
    if not frozen["iban"]:
        return PaymentInstructions(means=Means.UNDEFINED, remittance=invoice.number)
    holder = frozen.get("account_holder") or frozen["name"]
    return PaymentInstructions(
        means=Means.SEPA_CREDIT_TRANSFER if invoice.currency == _SEPA else Means.CREDIT_TRANSFER,
        remittance=invoice.number,
        transfers=(CreditTransfer(account=frozen["iban"], holder=holder, bic=frozen["bic"]),),
    )


def _debit(invoice: Invoice) -> DirectDebit | None:
    """Return how it is collected; None without a mandate, and in other currencies than SEPA's."""
    frozen, buyer = invoice.seller_as_printed, invoice.customer_as_printed
    mandate, debited = buyer.get("mandate_reference"), buyer.get("mandate_iban")
    creditor = frozen.get("creditor_id")
    if not (mandate and debited and creditor) or invoice.currency != _SEPA:
        return None
    return DirectDebit(mandate=mandate, creditor_id=creditor, debited_account=debited)


def _terms(invoice: Invoice, *, is_kept: bool) -> PaymentTerms | None:
    """Return until when to pay; of a credit note, what becomes of it (BR-CO-25 wants either)."""
    if invoice.payable_minor == 0:
        return None
    language = language_of(invoice.customer_as_printed["locale"])
    if invoice.payable_minor < 0:
        return PaymentTerms(text=_given_back(invoice, language, is_kept=is_kept))
    words = (_COLLECTED if _debit(invoice) else _TERMS)[language.code]
    return PaymentTerms(text=words.format(day=invoice.due_date))


def _given_back(invoice: Invoice, language: Language, *, is_kept: bool) -> str:
    """
    Return what becomes of a credit note's amount.

    Some of it may settle what it corrects; the rest went to the balance with it, or is paid out.
    """
    rest_minor = -invoice.payable_minor - invoice.settled_minor
    parts = []
    if invoice.settled_minor:
        amount = language.minor(invoice.settled_minor, invoice.currency)
        number = next((told["number"] for told in invoice.corrects), "")
        parts.append(_SETTLES[language.code].format(amount=amount, number=number))
    if rest_minor:
        becomes = _KEPT if is_kept else _PAID_OUT
        what = _WHAT[language.code][bool(parts)]
        parts.append(becomes[language.code].format(what=what))
    return " ".join(parts)


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
        code = tax.get("exemption_code") or (exemption.code if exemption else "")
        if category is Category.EXEMPT and not reason:
            reason = vat_note(category, locale=locale)
        yield VatGroup(
            category=category,
            rate=Decimal(tax["percent"]),
            base=from_minor(sign * tax["base_minor"], invoice.currency),
            tax=from_minor(sign * tax["tax_minor"], invoice.currency),
            exemption_reason="" if category.is_taxed else reason,
            exemption_code="" if category.is_taxed else code,
        )
