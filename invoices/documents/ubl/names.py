"""Namespaces of UBL, and what an Invoice and a CreditNote call differently."""

from dataclasses import dataclass
from typing import Final

_SCHEMA: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMESPACES: Final = {
    "cac": _SCHEMA + "CommonAggregateComponents-2",
    "cbc": _SCHEMA + "CommonBasicComponents-2",
}
CAC: Final = f"{{{NAMESPACES['cac']}}}"
CBC: Final = f"{{{NAMESPACES['cbc']}}}"


@dataclass(frozen=True, slots=True)
class Kind:
    """The names of one kind of document."""

    namespace: str
    root: str
    type_code: str
    line: str
    quantity: str


INVOICE: Final = Kind(
    f"{_SCHEMA}Invoice-2",
    f"{{{_SCHEMA}Invoice-2}}Invoice",
    CBC + "InvoiceTypeCode",
    CAC + "InvoiceLine",
    CBC + "InvoicedQuantity",
)
CREDIT_NOTE: Final = Kind(
    f"{_SCHEMA}CreditNote-2",
    f"{{{_SCHEMA}CreditNote-2}}CreditNote",
    CBC + "CreditNoteTypeCode",
    CAC + "CreditNoteLine",
    CBC + "CreditedQuantity",
)
