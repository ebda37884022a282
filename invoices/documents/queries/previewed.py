"""A seller's template on a document: the seller's latest invoice, or one that is made up."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from typst import TypstError

from invoices.documents.models import DocumentTemplate
from invoices.documents.pdf.printing import Printing
from invoices.documents.pdf.rendering import render
from invoices.documents.pdf.template import TemplateDoesNotWork
from invoices.documents.queries.described import described, printable
from invoices.documents.queries.parties import seller_of
from invoices.documents.queries.printed import printed
from invoices.documents.queries.templates import as_template
from invoices.documents.semantic.codes import Category, Means, TypeCode
from invoices.documents.semantic.document import Delivery, Document
from invoices.documents.semantic.lines import Item, Line, Price, Span, Vat
from invoices.documents.semantic.parties import Address, Party
from invoices.documents.semantic.payment import CreditTransfer, PaymentInstructions, PaymentTerms
from invoices.documents.sums import line_net, totals, vat_groups
from invoices.issuing.models import Invoice
from invoices.issuing.queries.content import seller_as_printed
from invoices.issuing.queries.explained import EXPLAINED_BY

_DAY = date(2026, 1, 31)


def previewed(template: DocumentTemplate) -> bytes:
    """Return a PDF that shows how the documents of a template look; nothing is stored."""
    invoice = (
        Invoice.objects.filter(seller=template.seller, kind="invoice")
        .select_related("contract")
        .order_by("-id")
        .first()
    )
    if invoice is None:
        document = _made_up(template)
        locale = template.seller.locale
        return render(
            document, Printing(locale=locale, template=as_template(template, locale=locale))
        )
    lines = list(invoice.lines.select_related(*EXPLAINED_BY).order_by("position"))
    # As the seller is now: a preview shows what the next invoice will look like.
    document = replace(
        printable(described(invoice, lines), invoice),
        seller=seller_of(seller_as_printed(template.seller), shows_vat_id=True),
    )
    return render(document, printed(invoice, lines, template))


def check_template(template: DocumentTemplate) -> None:
    """
    Print a page with a template in each language, so that no invoice finds out that it can't be.

    :raises TemplateDoesNotWork: if something of it can't be printed.
    :raises LogoDoesNotWork: if its logo can't.
    """
    document = _made_up(template)
    for locale in ("de", "en"):
        shown = as_template(template, locale=locale)
        try:
            render(document, Printing(locale=locale, template=shown))
        except TypstError as refused:
            raise TemplateDoesNotWork(f"It can't be printed: {refused.message}.") from refused


def _made_up(template: DocumentTemplate) -> Document:
    seller = template.seller
    lines = tuple(
        _line(number, name, quantity, price)
        for number, (name, quantity, price) in enumerate(
            [("Basic", "1", "49.00"), ("Seats", "7", "9.50"), ("Support", "2.5", "80.00")], start=1
        )
    )
    groups = vat_groups(lines)
    account = CreditTransfer(account=seller.iban, holder=seller.name, bic=seller.bic)
    return Document(
        number=seller.invoice_number_format.format(year=_DAY.year, sequence=1),
        issue_date=_DAY,
        type_code=TypeCode.INVOICE,
        currency=seller.currency,
        due_date=_DAY + timedelta(days=seller.payment_days),
        seller=seller_of(seller_as_printed(seller), shows_vat_id=True),
        buyer=Party(
            name="Muster GmbH",
            address=Address(
                country=seller.country, street="Musterstraße 1", city="Berlin", postcode="10115"
            ),
        ),
        lines=lines,
        totals=totals(lines, groups),
        vat_groups=groups,
        delivery=Delivery(on=_DAY),
        period=Span(first_day=_DAY.replace(day=1), last_day=_DAY),
        payment=PaymentInstructions(
            means=Means.SEPA_CREDIT_TRANSFER, transfers=(account,) if seller.iban else ()
        ),
        terms=PaymentTerms(),
    )


def _line(number: int, name: str, quantity: str, unit_price: str) -> Line:
    price = Price(Decimal(unit_price))
    return Line(
        id=str(number),
        item=Item(name=name),
        quantity=Decimal(quantity),
        unit="C62",
        price=price,
        net=line_net(Decimal(quantity), price),
        vat=Vat(Category.STANDARD, Decimal(19)),
        period=Span(first_day=_DAY.replace(day=1), last_day=_DAY),
    )
