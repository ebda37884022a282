"""What the printed document says beyond the semantic model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from invoices.documents.pdf.template import Template
from invoices.documents.pdf.titles import TITLES, Title
from invoices.documents.semantic.codes import Category
from invoices.documents.semantic.document import Document


class PrintingDoesNotFit(ValueError):
    """What is to be printed contradicts the document; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """
    By which the VAT is stated in another currency: units of the document's for one of that.

    `source` is ECB (of a day), BMF (of the month that begins on the day), or in the seller's words.
    """

    rate: Decimal
    day: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """
    How a document is printed for its customer.

    `locale` is the customer's (de, de-AT, en …). `title`: None prints the type code's first.
    `payable_by`: for documents that say it in words only. `explanations` by the lines' ids.
    `prepaid_text` names what was paid before, `balance_text` tells of the customer's balance.
    `exchange_rate` is that of the VAT in the tax currency.
    `notes` and `exemptions` are in the customer's language, in place of the document's own.
    """

    locale: str = "de"
    template: Template = field(default_factory=Template)
    title: Title | None = None
    customer_number: str = ""
    contract_number: str = ""
    payable_by: date | None = None
    explanations: Mapping[str, str] = field(default_factory=dict)
    prepaid_text: str = ""
    balance_text: str = ""
    exchange_rate: ExchangeRate | None = None
    notes: tuple[str, ...] | None = None
    exemptions: Mapping[Category, str] = field(default_factory=dict)

    def title_of(self, document: Document) -> Title:
        """
        Return what the document is called.

        :raises PrintingDoesNotFit: if the title asked for is another kind of document's.
        """
        possible = TITLES[document.type_code]
        title = self.title or possible[0]
        if title not in possible:
            raise PrintingDoesNotFit(
                f"{document.number} has type code {document.type_code} and can't be called"
                f" {title}, but {' or '.join(possible)}."
            )
        return title

    def last_day_of(self, document: Document) -> date | None:
        """
        Return the day until which the document is to be paid, if one is said.

        :raises PrintingDoesNotFit: if the document says another.
        """
        if self.payable_by and document.due_date and self.payable_by != document.due_date:
            raise PrintingDoesNotFit(
                f"{document.number} is due on {document.due_date}, not on {self.payable_by}."
            )
        return document.due_date or self.payable_by
