"""The QR code that fills in a transfer (EPC069-12, in Germany: GiroCode)."""

import io
from decimal import Decimal
from typing import Final

import segno
from stdnum import iban

from invoices.documents.semantic.codes import TypeCode
from invoices.documents.semantic.document import Document

_MOST: Final = Decimal("999999999.99")
_MASK: Final = 2  # Readers take any: to weigh all eight costs a quarter of a page's time.
_LONGEST_NAME: Final = 70
_LONGEST_TEXT: Final = 140
_HEAD: Final = ("BCD", "002", "1", "SCT")  # Version 2, in which the BIC may be missing; UTF-8.


def girocode(document: Document) -> str:
    """
    Return the code as SVG; empty unless the document asks for a transfer in euros.

    Its text is what the document says: holder, account, amount, remittance information.
    """
    text = transfer_text(document)
    if not text:
        return ""
    code = segno.make(text, error="m", boost_error=False, micro=False, encoding="utf-8", mask=_MASK)
    drawing = io.BytesIO()
    code.save(drawing, kind="svg", border=0, xmldecl=False, omitsize=True)
    return drawing.getvalue().decode()


def transfer_text(document: Document) -> str:
    """Return what the code holds. Source: EPC069-12, version 3.0, table 1."""
    payment, payable = document.payment, document.totals.payable
    if (
        document.currency != "EUR"
        or not 0 < payable <= _MOST
        or document.type_code is TypeCode.CREDIT_NOTE
        or payment is None
        or not payment.means.is_credit_transfer
        or not payment.transfers
    ):
        return ""
    transfer = payment.transfers[0]
    if not iban.is_valid(transfer.account):
        return ""
    named = transfer.holder or (document.payee or document.seller).name
    return "\n".join(
        (
            *_HEAD,
            transfer.bic,
            _one_line(named, _LONGEST_NAME),
            iban.compact(transfer.account),
            f"EUR{payable:.2f}",
            "",  # Purpose.
            "",  # Structured reference.
            _one_line(payment.remittance or document.number, _LONGEST_TEXT),
        )
    )


def _one_line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest]
