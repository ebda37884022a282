"""Telling that documents were issued: who makes files of them, the apps at once, and the log."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from billing.events import log
from billing.events.announcing import announcement, wanted
from billing.events.happened import tell_each_committed
from billing.events.log import NewEvent
from billing.events.models import Event
from billing.happenings.lines import Action
from billing.happenings.traces import of_transaction
from billing.sellers.models import Seller
from invoices.issuing.events import INVOICE_ISSUED, invoice_issued
from invoices.issuing.models import Invoice


def is_told_at_once(seller: Seller) -> bool:
    """
    Return whether apps are to be told of a document as soon as it is issued.

    Where files are made of it, these tell of it, and nothing is asked here. Else it is one query:
    ask before the number series is locked.
    """
    kind = (seller.pk, INVOICE_ISSUED)
    return not seller.makes_documents and kind in wanted([kind])


def tell_of_issued(invoices: Sequence[Invoice], *, at_once: bool, at: datetime) -> None:
    """Append that documents were issued; `at_once` has the apps told, too. Asks nothing."""
    facts = log.append([invoice_issued(invoice) for invoice in invoices], at=at)
    if at_once:
        log.append([NewEvent(**announcement(fact)) for fact in facts], at=at)


def tell_issued(invoices: Sequence[Invoice], events: Iterable[Event]) -> None:
    """
    Have a line of the log tell of each document, once all are committed.

    They are short ones, written together: a month's end issues hundreds at a time.
    """
    causes = {event.id: event for event in events}
    tell_each_committed(
        Action.INVOICE_ISSUED,
        [
            (f"{each.kind} {each.number} was issued", _told_of(each, causes[each.event_id]))
            for each in invoices
        ],
    )


def _told_of(invoice: Invoice, event: Event) -> dict[str, Any]:
    """Return what `fields_of` does, and what the document is: at the cost that hundreds allow."""
    trace = of_transaction(event.transaction_id, event.trace).trace_id if event.trace else None
    return {
        "anlass": {
            "transaction_id": event.transaction_id,
            "seller_id": event.seller_id,
            "event": {"id": event.id, "type": event.type},
            "invoice": {"id": invoice.id, "number": invoice.number, "kind": invoice.kind},
        },
        "trace": {"id": trace or event.transaction_id.hex},
    }
