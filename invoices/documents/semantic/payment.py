"""When and how a document is paid."""

from dataclasses import dataclass
from decimal import Decimal

from invoices.documents.semantic.codes import Means


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTransfer:
    """An account to transfer to (BG-17): IBAN BT-84, holder BT-85, BIC BT-86."""

    account: str
    holder: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectDebit:
    """How the seller collects (BG-19): mandate BT-89, creditor id BT-90, debited IBAN BT-91."""

    mandate: str
    creditor_id: str
    debited_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentInstructions:
    """How to pay (BG-16): means BT-81, in words BT-82, remittance information BT-83."""

    means: Means
    means_text: str = ""
    remittance: str = ""
    transfers: tuple[CreditTransfer, ...] = ()
    direct_debit: DirectDebit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CashDiscount:
    """A discount for paying within `days` days (Skonto), of the payable amount or of `base`."""

    days: int
    percent: Decimal
    base: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """Payment terms (BT-20), in words for people and, for cash discounts, in lines for programs."""

    text: str = ""
    discounts: tuple[CashDiscount, ...] = ()

    def written(self) -> str:
        """
        Return BT-20: the words, then one line per cash discount, each closed by a newline.

        Source: XRechnung, BR-DE-18: #SKONTO#TAGE=14#PROZENT=2.00#.
        """
        if not self.discounts:
            return self.text
        words = [self.text.rstrip()] if self.text.strip() else []
        return "\n".join([*words, *(_line(discount) for discount in self.discounts), ""])


def _line(discount: CashDiscount) -> str:
    base = "" if discount.base is None else f"BASISBETRAG={discount.base:.2f}#"
    return f"#SKONTO#TAGE={discount.days}#PROZENT={discount.percent:.2f}#{base}"
