"""What a document must say where it bears no VAT, in the language of its customer."""

from collections.abc import Mapping

from billing.wording.paragraph import language_of

# Sources: UStG § 14 (4) no. 8, § 14a (5); Directive 2006/112/EC Art. 226 (11), (11a).
_NOTES: Mapping[str, Mapping[str, str]] = {
    "de": {
        "AE": "Steuerschuldnerschaft des Leistungsempfängers",
        "E": "Umsatzsteuerfreie Leistung",
        "O": "Im Inland nicht steuerbare Leistung",
        "Z": "Besteuert mit 0 %",
    },
    "en": {
        "AE": "Reverse charge",
        "E": "Exempt from VAT",
        "O": "Not subject to VAT",
        "Z": "Taxed at 0%",
    },
}


def vat_note(category: str, *, locale: str) -> str:
    """Return why the lines of a VAT category bear none; empty for those that bear VAT."""
    return _NOTES[language_of(locale).code].get(category, "")
