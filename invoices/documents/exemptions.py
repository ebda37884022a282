"""What a document says where no VAT is charged, for the categories that always say the same."""

from typing import Final

from invoices.documents.semantic.codes import Category
from invoices.documents.sums import Exemption

# Category E is not among them: why something is exempt is another paragraph each time.
_CODES: Final = {
    Category.REVERSE_CHARGE: "VATEX-EU-AE",
    Category.INTRA_COMMUNITY: "VATEX-EU-IC",
    Category.EXPORT: "VATEX-EU-G",
    Category.OUTSIDE_SCOPE: "VATEX-EU-O",
}
# The words for AE are the law's. Source: UStG § 14a (5); Directive 2006/112/EC Art. 226 no. 11a.
_GERMAN: Final = {
    Category.REVERSE_CHARGE: "Steuerschuldnerschaft des Leistungsempfängers",
    Category.INTRA_COMMUNITY: "Steuerfreie innergemeinschaftliche Lieferung",
    Category.EXPORT: "Steuerfreie Ausfuhrlieferung",
    Category.OUTSIDE_SCOPE: "Im Inland nicht steuerbar",
}
_ENGLISH: Final = {
    Category.REVERSE_CHARGE: "Reverse charge",
    Category.INTRA_COMMUNITY: "VAT-exempt intra-community supply",
    Category.EXPORT: "VAT-exempt export",
    Category.OUTSIDE_SCOPE: "Outside the scope of VAT",
}


def exemptions(locale: str) -> dict[Category, Exemption]:
    """Return reasons and codes by category, in German or English."""
    words = _GERMAN if locale.startswith("de") else _ENGLISH
    return {category: Exemption(words[category], code) for category, code in _CODES.items()}
