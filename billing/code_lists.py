"""The code lists of EN 16931, as published with Factur-X."""

from collections.abc import Mapping
from enum import Enum
from functools import cache

from lxml import etree

from billing.official_files import official_file

_FILE = "facturx-en16931/FACTUR-X_EN16931_codedb.xml"


class CodeList(Enum):
    """A list, by its number in the file."""

    NOTE_SUBJECTS = "4"  # UNTDID 4451
    COUNTRIES = "7"  # ISO 3166-1, with 1A and XI
    UNITS = "8"  # UN/ECE recommendations 20 and 21
    ALLOWANCE_REASONS = "11"  # UNTDID 5189
    CHARGE_REASONS = "12"  # UNTDID 7161
    IDENTIFIER_SCHEMES = "15"  # ISO 6523
    ADDRESS_SCHEMES = "17"  # EAS
    CURRENCIES = "24"  # ISO 4217
    EXEMPTIONS = "26"  # VATEX

    @property
    def codes(self) -> frozenset[str]:
        """Return the codes of the list."""
        return _lists()[self.value]


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    tree = etree.parse(str(official_file(_FILE)))
    return {
        str(each.get("id")): frozenset(str(code.get("value")) for code in each)
        for each in tree.getroot().iter("cl")
    }
