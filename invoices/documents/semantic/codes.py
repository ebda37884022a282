"""Codes that decide something here. The other code lists are in `billing.code_lists`."""

from enum import StrEnum


class TypeCode(StrEnum):
    """What a document is (BT-3). Source: UNTDID 1001."""

    PARTIAL = "326"
    INVOICE = "380"
    CREDIT_NOTE = "381"  # Cancels or credits; its figures are positive.
    CORRECTION = "384"  # Corrects by negative quantities.
    PREPAYMENT = "386"
    SELF_BILLED = "389"

    @property
    def is_credit_note(self) -> bool:
        """Return whether UBL writes it as a CreditNote."""
        return self is TypeCode.CREDIT_NOTE


class Category(StrEnum):
    """A VAT category (BT-118, BT-151). Source: UNCL 5305."""

    STANDARD = "S"
    ZERO_RATED = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUTSIDE_SCOPE = "O"

    @property
    def is_taxed(self) -> bool:
        """Return whether it has a rate, if only of 0 %. Source: EN 16931 BR-S-10, BR-Z-10."""
        return self in (Category.STANDARD, Category.ZERO_RATED)


class Means(StrEnum):
    """How a document is paid (BT-81). Source: UNTDID 4461."""

    UNDEFINED = "1"
    CREDIT_TRANSFER = "30"
    SEPA_CREDIT_TRANSFER = "58"
    SEPA_DIRECT_DEBIT = "59"
    CLEARING = "97"  # Settled against what the partners owe each other: a balance, a payout.

    @property
    def is_credit_transfer(self) -> bool:
        """Return whether the payer transfers the money."""
        return self in (Means.CREDIT_TRANSFER, Means.SEPA_CREDIT_TRANSFER)
