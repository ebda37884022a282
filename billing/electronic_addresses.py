"""How parties are reached by e-invoices: as they have said, or as follows from what is known."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from stdnum import ean, get_cc_module
from stdnum.au import abn as australian_number
from stdnum.be import vat as belgian_number
from stdnum.dk import cvr as danish_number
from stdnum.it import iva as italian_number
from stdnum.no import orgnr as norwegian_number
from stdnum.se import orgnr as swedish_number

EMAIL = "EM"  # Scheme of addresses that are e-mail addresses; Peppol doesn't deliver to them.
PEPPOL = "peppol"  # The format that is delivered by that network.
_LEITWEG_ID = "0204"
_LEITWEG_FORM = re.compile(r"\d{2,12}(-[A-Z0-9]{1,30})?-\d{2}", re.ASCII)
# By the first two letters of a VAT id the scheme whose identifiers it is one of. Source: EAS.
_VAT_SCHEMES = {
    "AT": "9914", "BG": "9926", "CY": "9928", "CZ": "9929", "DE": "9930", "EE": "9931",
    "ES": "9920", "FR": "9957", "GB": "9932", "HR": "9934", "HU": "9910",
    "IE": "9935", "IT": "0211", "LT": "9937", "LU": "9938", "LV": "9939", "MT": "9943",
    "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947", "SI": "9949", "SK": "9950",
}  # fmt: skip
# Of the number alone, without the letters.
_NUMBER_SCHEMES = {"BE": "0208", "DK": "0184", "EL": "9933"}
# Schemes whose check digits Peppol looks at: their form, its rule, and what they are called.
_CHECKED = {
    "0007": (swedish_number, "PEPPOL-COMMON-R049", "Swedish organisation number"),
    "0088": (ean, "PEPPOL-COMMON-R040", "GLN"),
    "0151": (australian_number, "PEPPOL-COMMON-R050", "Australian business number"),
    "0184": (danish_number, "PEPPOL-COMMON-R042", "Danish CVR number"),
    "0192": (norwegian_number, "PEPPOL-COMMON-R041", "Norwegian organisation number"),
    "0208": (belgian_number, "PEPPOL-COMMON-R043", "Belgian enterprise number"),
    "0211": (italian_number, "PEPPOL-COMMON-R047", "Italian VAT number"),
}
# At the head of VAT ids where it isn't the country's code. Northern Ireland's are of the Union.
_PREFIXES = {"GR": ("EL",), "MC": ("FR",), "GB": ("GB", "XI")}
# Words joined by single dots, then a domain of two parts at least. Source: XRechnung BR-DE-28.
_WORD = r"[\w!#$%&\"*+/=?^`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_MAILBOX = re.compile(rf"{_WORD}(?:\.{_WORD})*@(?:{_LABEL}\.)+{_LABEL}", re.ASCII | re.IGNORECASE)
_THREE_DIGITS = re.compile(r"(.*\d){3}", re.DOTALL)

Frozen = Mapping[str, Any]
_Find = Callable[[Frozen], tuple[str, str] | None]


def electronic_address(frozen: Frozen, *, format_: str) -> tuple[str, str] | None:
    """
    Return the address and scheme of a party as it is frozen; None if nothing is known to be one.

    What it gave counts. Else an authority is reached by its Leitweg-ID, others by e-mail or, in
    Peppol, by their VAT id. Source: EN 16931 BT-34, BT-49.
    """
    if address := frozen.get("electronic_address"):
        return address, frozen["electronic_address_scheme"]
    email = () if format_ == PEPPOL else (_by_email,)
    ways: tuple[_Find, ...] = (_by_leitweg_id, *email, _by_vat_id)
    return next((found for find in ways if (found := find(frozen))), None)


def prefixed_vat_id(frozen: Frozen) -> str:
    """
    Return a party's VAT id, which begins with its country; empty if it has none.

    A buyer who has none by now is shown under that by which it owed the tax that is credited. Some
    countries' registers leave out the prefix: EN 16931 wants it (BT-31, BT-48). Numbers of
    countries that know no VAT are none.
    """
    credited = str(frozen.get("credited_vat_id") or "").partition(",")[0]
    vat_id = str(frozen.get("vat_id") or credited)
    if not vat_id or frozen.get("home_vat_id"):  # Under a registration it is another country's.
        return vat_id
    prefixes = _PREFIXES.get(frozen["country"], (frozen["country"],))
    if vat_id.startswith(prefixes):
        return vat_id
    return f"{prefixes[0]}{vat_id}" if get_cc_module(frozen["country"].lower(), "vat") else ""


def wrong_digits(value: str, *, scheme: str) -> tuple[str, str] | None:
    """Return Peppol's rule and what an identifier should be, if its check digits are wrong."""
    if scheme not in _CHECKED:
        return None
    form, rule, name = _CHECKED[scheme]
    is_bare = value.isascii() and value.isalnum()  # Blanks and dots are refused as well.
    return None if is_bare and form.is_valid(value) else (rule, name)


def is_mailbox(text: str) -> bool:
    """Return whether XRechnung takes a text for an e-mail address: in ASCII, with a domain."""
    return _MAILBOX.fullmatch(text) is not None


def is_phone_number(text: str) -> bool:
    """Return whether XRechnung takes a text for a telephone number: three digits suffice."""
    return _THREE_DIGITS.match(text) is not None


def _by_leitweg_id(frozen: Frozen) -> tuple[str, str] | None:
    reference = str(frozen.get("buyer_reference") or "")
    return (reference, _LEITWEG_ID) if _LEITWEG_FORM.fullmatch(reference) else None


def _by_email(frozen: Frozen) -> tuple[str, str] | None:
    email = str(frozen.get("email") or "")
    return (email, EMAIL) if email else None


def _by_vat_id(frozen: Frozen) -> tuple[str, str] | None:
    # A seller is at home where it is, under whichever registration it sells.
    vat_id = str(frozen.get("home_vat_id") or "") or prefixed_vat_id(frozen)
    country, number = vat_id[:2], vat_id[2:]
    if country in _VAT_SCHEMES:
        return vat_id, _VAT_SCHEMES[country]
    return (number, _NUMBER_SCHEMES[country]) if country in _NUMBER_SCHEMES else None
