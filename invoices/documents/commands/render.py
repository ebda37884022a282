"""
`render_documents`: an issued invoice becomes the files that its customer gets.

They are made, checked and stored before the transaction that tells of them: a crash leaves files
that nothing names, never a document that isn't there. A file is called by its hash: made again,
it is the same one. What doesn't keep the rules of its profile becomes a failure and no document.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction

from billing.events import commands as events
from billing.events import log
from billing.events.happened import fields_of, handling, tell_committed
from billing.events.models import Event
from billing.events.patience import PASSING
from billing.events.tries import Worker
from billing.happenings.context import Value
from billing.happenings.lines import Action
from billing.happenings.spans import span
from billing.ids import new_id
from billing.money import minor_digits
from invoices.balances.queries import is_kept
from invoices.documents import metrics
from invoices.documents.delivering import DocumentDoesNotFit, e_invoice
from invoices.documents.events import documents_rendered
from invoices.documents.models import MEDIA_TYPES, Document, DocumentTemplate
from invoices.documents.pdf.rendering import render
from invoices.documents.profiles import Profile
from invoices.documents.queries.described import described, printable
from invoices.documents.queries.printed import printed
from invoices.documents.queries.stored import STORAGE_FAULTS, StorageAway, storage
from invoices.documents.queries.templates import HOUSE_STYLE, latest_template
from invoices.documents.queries.trouble import is_foreseen, trouble
from invoices.documents.semantic.document import Document as Semantic
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.explained import EXPLAINED_BY

logger = logging.getLogger(__name__)

RENDER = "documents.render"
RULES = "EN 16931-1:2017, XRechnung 3.0, Peppol BIS 3.0, Factur-X 1.0"
STORAGE_SENDS = 5  # How often an event is sent before a storage that is away is told of.
PLAIN = "pdf"  # The format of documents that keep no profile.


@dataclass(frozen=True, slots=True)
class File:
    """A file that was made of an invoice, not stored yet."""

    kind: str
    format: str
    content: bytes
    why_plain: str = ""


def render_documents(*, event_id: UUID, at: datetime, worker: str) -> list[Document]:
    """
    Make the documents of the invoice that an event tells of; return them.

    Returns nothing if the event is handled already. What can't be made becomes a failure.
    """
    me = Worker(task=RENDER, name=worker, at=at)
    event = Event.objects.get(pk=event_id)
    if event.state != Event.State.WAITING:
        return []
    with handling(event, task=RENDER):
        return _render(event, me)


def files_of(invoice: Invoice, template: DocumentTemplate | None) -> Iterator[File]:
    """
    Yield the files that a customer gets: a PDF always, and an e-invoice where one is possible.

    None is where an amount has more decimals than EN 16931 knows (BR-DEC): KWD and the like. Nor
    where ZUGFeRD, which customers have who choose nothing, can't say what is invoiced.

    :raises DocumentDoesNotFit: if a rule of the profile is broken.
    """
    lines = _lines(invoice)
    kept = invoice.kind == "credit_note" and is_kept(invoice_id=invoice.pk)
    document = described(invoice, lines, is_kept=kept)
    printing = printed(invoice, lines, template)
    paper = printable(document, invoice)
    wanted = _format(invoice)
    xml, why_plain = _xml(document, wanted)
    if not xml:
        content = render(paper, printing)
        yield File("pdf", PLAIN, content, why_plain)
    elif wanted == Profile.ZUGFERD:
        content = render(paper, printing, xml=xml, profile=Profile.ZUGFERD)
        yield File("pdf", wanted, content)
        yield File("xml", wanted, xml)
    else:
        yield File("pdf", PLAIN, render(paper, printing))
        yield File("xml", wanted, xml)


def _xml(document: Semantic, wanted: str) -> tuple[bytes, str]:
    """Return the e-invoice; nothing and why if there is none."""
    if wanted == PLAIN:
        return b"", ""
    for currency in (document.currency, document.tax_currency or document.currency):
        if minor_digits(currency) > 2:
            return b"", f"EN 16931 has two decimals, {currency} has more (BR-DEC)."
    profile = Profile(wanted)
    try:
        return e_invoice(document, profile), ""
    except DocumentDoesNotFit as refusal:
        if profile is not Profile.ZUGFERD or refusal.is_defect:
            raise
        return b"", str(refusal)


def keep_files(
    invoice: Invoice, files: Iterable[File], template: DocumentTemplate | None, *, at: datetime
) -> list[Document]:
    """
    Store the files of an invoice; return the rows that name them, which aren't written yet.

    :raises StorageAway: if they can't be stored now.
    """
    version = template.version if template else HOUSE_STYLE
    return [_stored(invoice, file, version, at=at) for file in files]


def _render(event: Event, me: Worker) -> list[Document]:
    wanted = metrics.UNKNOWN
    try:
        invoice = _invoice(event)
        wanted = _format(invoice)
        template = latest_template(invoice.seller)
        with span("render documents", kind="internal"):
            files = list(files_of(invoice, template))
        return _keep(event, invoice, files, template, me)
    except PASSING:
        raise
    except Exception as error:
        if isinstance(error, StorageAway) and event.sends < STORAGE_SENDS:
            logger.warning("Event %s waits for the storage of documents: %s", event.pk, error)
            return []  # The relay sends it again, later each time.
        if not is_foreseen(error):
            logger.exception("Defect while making the documents of event %s", event.pk)
        events.fail(event_id=event.pk, tried=me.tried(), trouble=trouble(error, event))
        metrics.note_documents([wanted], "failed")
        return []


def _format(invoice: Invoice) -> str:
    return invoice.customer_as_printed.get("document_format") or Profile.ZUGFERD.value


def _invoice(event: Event) -> Invoice:
    return Invoice.objects.select_related("seller", "contract").get(
        pk=event.payload["invoice_id"], seller=event.seller_id
    )


def _lines(invoice: Invoice) -> Sequence[Charge]:
    return list(invoice.lines.select_related(*EXPLAINED_BY).order_by("position"))


def _keep(
    event: Event,
    invoice: Invoice,
    files: Sequence[File],
    template: DocumentTemplate | None,
    me: Worker,
) -> list[Document]:
    documents = keep_files(invoice, files, template, at=me.at)
    with transaction.atomic():
        waiting = Event.objects.select_for_update().get(pk=event.pk)
        if waiting.state != Event.State.WAITING:
            return []
        Document.objects.bulk_create(documents)
        log.append([documents_rendered(invoice, documents, at=me.at)], at=me.at)
        _tell(event, invoice, documents)
        events.complete(waiting, tried=me.tried())
        metrics.note_documents([each.format for each in documents], "made")
    return documents


def _tell(event: Event, invoice: Invoice, documents: Sequence[Document]) -> None:
    made: dict[str, Value] = {
        "anlass.invoice.id": str(invoice.pk),
        "anlass.invoice.number": invoice.number,
        "anlass.documents": [f"{each.kind} ({each.format})" for each in documents],
    }
    message = f"{len(documents)} files were made of {invoice.number}"
    tell_committed(Action.DOCUMENTS_RENDERED, message, {**fields_of(event), **made})


def _stored(invoice: Invoice, file: File, version: int, *, at: datetime) -> Document:
    sha256 = hashlib.sha256(file.content).hexdigest()
    folder = f"{invoice.seller_id}/{invoice.issue_date:%Y/%m}/{invoice.id}"
    return Document(
        id=new_id(),
        seller_id=invoice.seller_id,
        invoice=invoice,
        kind=file.kind,
        format=file.format,
        media_type=MEDIA_TYPES[file.kind],
        file_name=f"{_plain(invoice.number)}.{file.kind}",
        size=len(file.content),
        sha256=sha256,
        storage_name=_written(f"{folder}/{sha256}.{file.kind}", file.content),
        template_version=version,
        rule_version=RULES,
        why_plain=file.why_plain,
        transaction_id=invoice.transaction_id,
        created_at=at,
    )


def _written(name: str, content: bytes) -> str:
    """Write a file unless it is there already, left by a try that was cut short."""
    try:
        if storage().exists(name):
            with storage().open(name) as file:
                if file.read() == content:
                    return name
        return storage().save(name, ContentFile(content))
    except STORAGE_FAULTS as fault:
        raise StorageAway(f"{type(fault).__name__}: {fault}") from fault


def _plain(number: str) -> str:
    """Return a number as a file can be called."""
    return "".join(each if each.isalnum() or each in "-_." else "_" for each in number)
