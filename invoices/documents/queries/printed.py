"""How an invoice is printed for its customer."""

from collections.abc import Sequence

from invoices.documents.models import DocumentTemplate
from invoices.documents.pdf.printing import ExchangeRate, Printing
from invoices.documents.pdf.template import Template
from invoices.documents.pdf.titles import Title
from invoices.documents.queries.templates import as_template
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.explained import explained_line


def printed(
    invoice: Invoice, lines: Sequence[Charge], template: DocumentTemplate | None
) -> Printing:
    """
    Return what a printed invoice says beyond what it says as a document.

    :raises TemplateDoesNotWork: if the template can't be printed.
    """
    customer = invoice.customer_as_printed
    locale = customer["locale"]
    is_cancellation = invoice.correction_kind == "cancellation"
    return Printing(
        locale=locale,
        title=Title.CANCELLATION if is_cancellation else None,
        template=as_template(template, locale=locale) if template else Template(),
        customer_number=customer["external_id"],
        contract_number=(invoice.contract.external_id or "") if invoice.contract else "",
        exchange_rate=_exchange_rate(invoice),
        explanations={str(line.position): explained_line(line) for line in lines},
    )


def _exchange_rate(invoice: Invoice) -> ExchangeRate | None:
    if invoice.exchange_rate is None or invoice.exchange_rate_date is None:
        return None
    return ExchangeRate(
        rate=invoice.exchange_rate,
        day=invoice.exchange_rate_date,
        source=invoice.exchange_rate_source,
    )
