"""Columns that tables of several stages have."""

from typing import Any

from django.db import models
from django.db.models import Q

from billing.identifiers import check_address_scheme, check_code_of_exempt, check_unit

PIECE = "C62"  # UN/ECE recommendation 20: one of whatever it is.
LUMP_SUM = "LS"  # The same: an amount for no number of units.


class NetworkField(models.Field[str, str]):
    """A column of a network of IPv4 or IPv6, as text: 198.51.100.0/24, 2001:db8::/32."""

    description = "Network (CIDR)"

    def db_type(self, connection: Any) -> str:
        """Return PostgreSQL's type, which refuses what is none."""
        return "cidr"


def optional_text(
    length: int, help_text: str = "", name: str | None = None, **more: Any
) -> "models.CharField[str, str]":
    """Return a column of text that may be empty."""
    return models.CharField(
        name, max_length=length, blank=True, default="", db_default="", help_text=help_text, **more
    )


def unit_column() -> "models.CharField[str, str]":
    """Return a column of a unit of quantity; a piece if none is given."""
    return models.CharField(
        max_length=3,
        default=PIECE,
        db_default=PIECE,
        validators=[check_unit],
        help_text="UN/ECE recommendation 20 code: C62 piece, HUR hour, KGM kilogram, KWH …",
    )


def exemption_code_column() -> "models.CharField[str, str]":
    """Return a column of the code of a reason why no VAT is charged."""
    return optional_text(
        30,
        "Of class exempt: VATEX code of the reason, for example VATEX-EU-132-1I.",
        validators=[check_code_of_exempt],
    )


def exemption_text_column() -> "models.CharField[str, str]":
    """Return a column of the words of a reason why no VAT is charged."""
    return optional_text(
        300, "Of class exempt: the paragraph, as printed; empty: as the code tells."
    )


def address_scheme_column() -> "models.CharField[str, str]":
    """Return a column of the scheme of an electronic address."""
    return optional_text(
        4,
        "EAS code of the electronic address: 9930 VAT id of Germany, 0204 Leitweg-ID, EM e-mail.",
        validators=[check_address_scheme],
    )


def has_scheme(of: str) -> models.CheckConstraint:
    """Return the rule that an electronic address has its scheme, and a scheme its address."""
    both = Q(electronic_address="", electronic_address_scheme="")
    return models.CheckConstraint(
        condition=both | ~Q(electronic_address="") & ~Q(electronic_address_scheme=""),
        name=f"{of}_electronic_address_has_scheme",
        violation_error_message="An electronic address needs its scheme, and a scheme its address.",
    )
