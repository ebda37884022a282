"""Telling that documents were issued: those who make files of them, or the apps at once."""

from collections.abc import Sequence
from datetime import datetime

from billing.events import log
from billing.events.announcing import announcement, wanted
from billing.events.log import NewEvent
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
