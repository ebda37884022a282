"""What a document is called on its page."""

from enum import StrEnum
from typing import Final

from invoices.documents.semantic.codes import TypeCode


class Title(StrEnum):
    """
    A kind of document, as people call it.

    In German only what the buyer issues is a Gutschrift. Source: UStG § 14 (2), (4) no. 10.
    """

    INVOICE = "invoice"
    PARTIAL_INVOICE = "partial_invoice"
    PREPAYMENT_INVOICE = "prepayment_invoice"
    CREDIT = "credit"
    CORRECTION = "correction"
    CANCELLATION = "cancellation"
    SELF_BILLED = "self_billed"

    @property
    def takes_back(self) -> bool:
        """Return whether it takes back what another document demanded."""
        return self in (Title.CREDIT, Title.CORRECTION, Title.CANCELLATION)


# The first is printed unless another is asked for.
TITLES: Final = {
    TypeCode.PARTIAL: (Title.PARTIAL_INVOICE,),
    TypeCode.INVOICE: (Title.INVOICE,),
    TypeCode.CREDIT_NOTE: (Title.CREDIT, Title.CANCELLATION),
    TypeCode.CORRECTION: (Title.CORRECTION, Title.CANCELLATION),
    TypeCode.PREPAYMENT: (Title.PREPAYMENT_INVOICE,),
    TypeCode.SELF_BILLED: (Title.SELF_BILLED,),
}
