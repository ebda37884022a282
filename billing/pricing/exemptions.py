"""Why VAT isn't charged: codes (code list VATEX) and words in German and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from billing.pricing.taxes import Tax

REVERSE_CHARGE, EXEMPT = "AE", "E"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason's code, empty where the list has none, and its words."""

    code: str
    german: str
    english: str

    def words(self, locale: str) -> str:
        """Return the words in German, or else in English."""
        return self.german if locale.lower().startswith("de") else self.english


# Sources: UStG § 14 (4) no. 8, § 14a (3), (5); Directive 2006/112/EC Art. 226 (11), (11a).
_OF_CATEGORY: Mapping[str, Reason] = {
    "AE": Reason("VATEX-EU-AE", "Steuerschuldnerschaft des Leistungsempfängers", "Reverse charge"),
    "K": Reason(
        "VATEX-EU-IC",
        "Steuerfreie innergemeinschaftliche Lieferung",
        "VAT-exempt intra-community supply",
    ),
    "G": Reason("VATEX-EU-G", "Steuerfreie Ausfuhrlieferung", "VAT-exempt export"),
    "O": Reason("VATEX-EU-O", "Im Inland nicht steuerbare Leistung", "Not subject to VAT"),
    "E": Reason("", "Umsatzsteuerfreie Leistung", "Exempt from VAT"),
}
# Codes that belong to one category. Source: Peppol BIS Billing 3.0, P0104 to P0111.
CATEGORY_OF_CODE: Mapping[str, str] = {
    **{reason.code: category for category, reason in _OF_CATEGORY.items() if reason.code},
    "VATEX-FR-AE": "AE",
    **dict.fromkeys(("VATEX-EU-D", "VATEX-EU-F", "VATEX-EU-I", "VATEX-EU-J"), "E"),
}

# The paragraph of § 4 UStG that stands for an article of the Directive, and what it is about.
_GERMAN_LAW: Mapping[str, tuple[str, str, str]] = {
    "VATEX-EU-132-1A": ("Nr. 11b", "Postdienstleistungen", "postal services"),
    "VATEX-EU-132-1B": ("Nr. 14 Buchst. b", "Krankenhausbehandlung", "hospital care"),
    "VATEX-EU-132-1C": ("Nr. 14 Buchst. a", "Heilbehandlung", "medical care"),
    "VATEX-EU-132-1G": ("Nr. 16 und 18", "Pflege und Wohlfahrt", "welfare and social security"),
    "VATEX-EU-132-1H": ("Nr. 25", "Kinder- und Jugendhilfe", "protection of children"),
    "VATEX-EU-132-1I": ("Nr. 21", "Bildungsleistungen", "education"),
    "VATEX-EU-132-1J": ("Nr. 21", "Unterricht durch Privatlehrer", "private tuition"),
    "VATEX-EU-132-1M": ("Nr. 22 Buchst. b", "Sportliche Veranstaltungen", "sport"),
    "VATEX-EU-132-1N": ("Nr. 20", "Kulturelle Leistungen", "culture"),
}
_ARTICLES = {"132": "Art. 132", "135": "Art. 135", "143": "Art. 143", "144": "Art. 144"}

# What the law exempts, whatever is sold and wherever: no other category has these reasons.
_EXEMPTING = ("VATEX-EU-132", "VATEX-EU-135")


def category_of_code(code: str) -> str:
    """Return the one category whose reason a code is; empty if there is none such."""
    if code.startswith(_EXEMPTING):
        return EXEMPT
    return CATEGORY_OF_CODE.get(code, "")


def without_tax(category: str, *, locale: str) -> Tax:
    """Return the tax of a category that bears none, with its usual reason; Z has none."""
    reason = _OF_CATEGORY.get(category, Reason("", "", ""))
    return Tax(category, Decimal(0), reason.code, reason.words(locale))


def domestic_reverse_charge(*, country: str, locale: str) -> Tax:
    """Return the tax that a business at home owes itself, with the law that says so."""
    law = Reason(
        "VATEX-EU-AE",
        "Steuerschuldnerschaft des Leistungsempfängers (§ 13b UStG)",
        "Reverse charge (§ 13b UStG)",
    )
    text = law.words(locale) if country == "DE" else _OF_CATEGORY["AE"].words(locale)
    return Tax("AE", Decimal(0), law.code, text)


def exempt(*, code: str, text: str, country: str, locale: str) -> Tax:
    """
    Return the tax on what the law of the seller's country exempts, and why.

    `text` is the seller's own; without one the code tells the paragraph, as far as it is known.
    """
    return Tax("E", Decimal(0), code, text or _law(code, country).words(locale))


# The words that national law wants of who is exempt as a small business, by country.
# Sources: UStG § 19 (1), UStDV § 34a; UStG 1994 (AT) § 6 (1) no. 27; CGI art. 293 B.
_SMALL_BUSINESS: Mapping[str, Reason] = {
    "DE": Reason(
        "",
        "Steuerfrei: Kleinunternehmer gemäß § 19 UStG",
        "Exempt from VAT: small business (§ 19 UStG)",
    ),
    "AT": Reason(
        "",
        "Umsatzsteuerfrei: Kleinunternehmer gemäß § 6 Abs. 1 Z 27 UStG 1994",
        "Exempt from VAT: small business (§ 6 (1) no. 27 UStG 1994)",
    ),
    "FR": Reason(
        "VATEX-FR-FRANCHISE",
        "TVA non applicable, art. 293 B du CGI",
        "TVA non applicable, art. 293 B du CGI",
    ),
}
_SMALL_BUSINESS_ELSEWHERE = Reason(
    "",
    "Steuerfrei: Kleinunternehmerregelung (Art. 284 der Richtlinie 2006/112/EG)",
    "Exempt from VAT: small business (Art. 284 of Directive 2006/112/EC)",
)


def small_business(*, country: str, text: str, locale: str) -> Tax:
    """Return the tax of a seller who is exempt as a small business; `text` is its own words."""
    reason = _SMALL_BUSINESS.get(country, _SMALL_BUSINESS_ELSEWHERE)
    return Tax("E", Decimal(0), reason.code, text or reason.words(locale))


def _law(code: str, country: str) -> Reason:
    usual = _OF_CATEGORY["E"]
    if country == "DE" and code in _GERMAN_LAW:
        paragraph, german, english = _GERMAN_LAW[code]
        number = paragraph.replace("Nr.", "no.").replace("Buchst.", "lit.").replace("und", "and")
        return Reason(
            code,
            f"Steuerfrei nach § 4 {paragraph} UStG ({german})",
            f"Exempt from VAT: § 4 {number} UStG ({english})",
        )
    article = _ARTICLES.get(code.removeprefix("VATEX-EU-")[:3])
    if article and code.startswith("VATEX-EU-"):
        return Reason(
            code,
            f"{usual.german} ({article} der Richtlinie 2006/112/EG)",
            f"{usual.english} ({article} of Directive 2006/112/EC)",
        )
    return usual
