"""What can keep the documents of an invoice from being made, in plain words."""

from billing.events.causes import pattern_of, place_of
from billing.events.models import Event
from billing.events.tries import Trouble
from billing.mending import NOTHING, Mend
from invoices.documents.delivering import DocumentDoesNotFit
from invoices.documents.pdf.logo import LogoDoesNotWork
from invoices.documents.pdf.template import TemplateDoesNotWork
from invoices.documents.queries.stored import StorageAway
from invoices.issuing.models import Invoice

# What was foreseen: class of exception → class of failure and remedy. The exception's own text is
# the reason.
_FORESEEN: dict[type[Exception], tuple[str, str]] = {
    DocumentDoesNotFit: (
        "document_does_not_fit",
        "The invoice is issued, but can't be sent so. Complete what is named at the seller or the "
        "customer, cancel the invoice and bill anew; or choose another format of documents for the "
        "customer.",
    ),
    TemplateDoesNotWork: ("template_does_not_work", "Mend the seller's template, then retry."),
    StorageAway: (
        "document_storage_away",
        "Mend the storage of documents (space, rights, network, credentials), then retry; all at "
        "once by `manage.py replay --class document_storage_away`.",
    ),
    LogoDoesNotWork: ("template_does_not_work", "Replace the template's logo, then retry."),
}
_DEFECT = (
    "defect",
    "Report it to the developers with the transaction id; retry once it is mended.",
)


def is_foreseen(error: Exception) -> bool:
    """Return whether an exception says what is wrong with the facts; else it is a defect."""
    return isinstance(error, tuple(_FORESEEN))


def trouble(error: Exception, event: Event) -> Trouble:
    """Return why the documents of an event's invoice can't be made, for a human."""
    code, remedy = next(
        (row for kind, row in _FORESEEN.items() if isinstance(error, kind)), _DEFECT
    )
    invoice = Invoice.objects.filter(pk=event.payload.get("invoice_id")).first()
    return Trouble(
        code=code,
        mend=_mend(error, event, invoice),
        place=type(error).__name__ if is_foreseen(error) else place_of(error),
        reason=str(error) if is_foreseen(error) else f"{type(error).__name__}: {error}",
        remedy=remedy,
        error_class=type(error).__name__,
        money_at_stake_minor=abs(invoice.gross_minor) if invoice else None,
        currency=invoice.currency if invoice else "",
    )


def _mend(error: Exception, event: Event, invoice: Invoice | None) -> Mend:
    """Return what must be mended: whose data breaks a rule, the template, or the one storage."""
    if isinstance(error, DocumentDoesNotFit):
        rules = " ".join(sorted({finding.rule for finding in error.findings}))
        return Mend("customer", str(invoice.customer_id if invoice else ""), rules)
    if isinstance(error, TemplateDoesNotWork | LogoDoesNotWork):
        return Mend("template", str(event.seller_id), pattern_of(str(error)))
    return Mend("storage") if isinstance(error, StorageAway) else NOTHING
