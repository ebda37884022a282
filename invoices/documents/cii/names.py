"""Namespaces of CII."""

from typing import Final

_STANDARD: Final = "urn:un:unece:uncefact:data:standard:"
NAMESPACES: Final = {
    "rsm": _STANDARD + "CrossIndustryInvoice:100",
    "ram": _STANDARD + "ReusableAggregateBusinessInformationEntity:100",
    "udt": _STANDARD + "UnqualifiedDataType:100",
    "qdt": _STANDARD + "QualifiedDataType:100",
}
RSM: Final = f"{{{NAMESPACES['rsm']}}}"
RAM: Final = f"{{{NAMESPACES['ram']}}}"
UDT: Final = f"{{{NAMESPACES['udt']}}}"
QDT: Final = f"{{{NAMESPACES['qdt']}}}"
