"""Of whom and when an auditor's archive tells, and what a table of it is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from billing.events.models import Event
from billing.sellers.models import Seller
from invoices.documents.models import Document
from invoices.issuing.models import Charge, Invoice
from invoices.reports.audit.description import Column, Kind, Table

AT_ONCE = 2000
IN_ORDER = ("issue_date", "kind", "series_id", "sequence")
TEXT, DAY, WHOLE, MONEY, EXACT = Kind.TEXT, Kind.DATE, Kind.WHOLE, Kind.MONEY, Kind.EXACT
Rows = Iterator[Sequence[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whose documents of which days, both included; in which chart they are posted."""

    seller: Seller
    first_day: date
    last_day: date
    chart: str

    @property
    def invoices(self) -> QuerySet[Invoice]:
        """The documents in the order in which all tables have them."""
        found = Invoice.objects.filter(seller=self.seller, **self.days("issue_date"))
        return found.order_by(*IN_ORDER)

    @property
    def charges(self) -> QuerySet[Charge]:
        """Their lines in the order of the documents."""
        days = self.days("invoice__issue_date")
        found = Charge.objects.filter(invoice__seller=self.seller, **days)
        return found.order_by(*(f"invoice__{name}" for name in IN_ORDER), "position")

    @property
    def documents(self) -> QuerySet[Document]:
        """The files that were made of them."""
        days = self.days("invoice__issue_date")
        found = Document.objects.filter(seller=self.seller, **days).select_related("invoice")
        return found.order_by(*(f"invoice__{name}" for name in IN_ORDER), "kind", "format")

    @property
    def events(self) -> QuerySet[Event]:
        """What happened on these days."""
        return Event.objects.filter(seller=self.seller, **self.days("as_of_date"))

    def days(self, column: str) -> dict[str, Any]:
        """Return what a column of days must be."""
        return {f"{column}__gte": self.first_day, f"{column}__lte": self.last_day}


@dataclass(frozen=True, slots=True)
class Listed:
    """A table with what reads its rows."""

    table: Table
    rows: Callable[[Period], Rows]


def table(name: str, description: str, *columns: Column, keys: int = 1) -> Table:
    """Return a table whose first columns are its keys."""
    return Table(name=name, description=description, columns=columns, keys=keys)


INVOICE = Column("invoice_id", TEXT, "Document", "invoices")
CURRENCY = Column("currency", TEXT, "ISO 4217 code")
TRANSACTION = Column("transaction_id", TEXT, "Event that began the story")
