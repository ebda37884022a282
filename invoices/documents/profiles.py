"""The profiles that documents are sent in: what each is called, and its syntax."""

from dataclasses import dataclass
from enum import StrEnum


class Syntax(StrEnum):
    """How the semantic model is written down."""

    UBL = "ubl"  # OASIS UBL 2.1
    CII = "cii"  # UN/CEFACT Cross Industry Invoice D16B


class Profile(StrEnum):
    """Whose rules a document keeps."""

    XRECHNUNG_UBL = "xrechnung_ubl"  # German authorities, XRechnung 3.0
    XRECHNUNG_CII = "xrechnung_cii"
    PEPPOL = "peppol"  # Peppol BIS Billing 3.0
    ZUGFERD = "zugferd"  # ZUGFeRD 2 and Factur-X 1, EN 16931: the XML within a PDF
    EN16931 = "en16931"  # The bare standard

    @property
    def is_xrechnung(self) -> bool:
        """Return whether the German rules of XRechnung hold."""
        return self in (Profile.XRECHNUNG_UBL, Profile.XRECHNUNG_CII)

    @property
    def specification(self) -> "Specification":
        """Return what a document says of its profile."""
        return _SPECIFICATIONS[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """A profile's syntax, its id (BT-24), and the id of its business process (BT-23)."""

    syntax: Syntax
    id: str
    process: str = ""


_CORE = "urn:cen.eu:en16931:2017"
_XRECHNUNG = f"{_CORE}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
_PEPPOL = f"{_CORE}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_BILLING = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

_SPECIFICATIONS = {
    Profile.XRECHNUNG_UBL: Specification(syntax=Syntax.UBL, id=_XRECHNUNG, process=_BILLING),
    Profile.XRECHNUNG_CII: Specification(syntax=Syntax.CII, id=_XRECHNUNG, process=_BILLING),
    Profile.PEPPOL: Specification(syntax=Syntax.UBL, id=_PEPPOL, process=_BILLING),
    Profile.ZUGFERD: Specification(syntax=Syntax.CII, id=_CORE),
    Profile.EN16931: Specification(syntax=Syntax.UBL, id=_CORE),
}
