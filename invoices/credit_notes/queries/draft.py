"""The credit note that a correction makes: its lines and totals, before they are written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from billing.columns import LUMP_SUM
from billing.money import plain_decimal
from billing.pricing.corrections import Group, TakenBack, correction_totals
from billing.pricing.taxes import DocumentTotals
from invoices.credit_notes.models import Correction
from invoices.credit_notes.queries.wanted import CorrectionDemands, Taken
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.left import open_minor
from invoices.issuing.queries.taxes import tax_of

# What a correction doesn't have from the charge that it corrects: as charge_corrects_alike says.
OWN_COLUMNS = (
    "id", "cause", "is_credit", "quantity", "unit", "measured", "priced_minor", "amount_minor",
    "is_taxed_as_charged", "corrects_id", "is_concession", "explanation", "event_id",
    "transaction_id", "created_at", "ordinal", "invoice_id", "position",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditDraft:
    """
    A credit note that isn't written.

    `settled_minor` of it settles what is open of the invoice, `to_balance_minor` goes to the
    customer's balance, the rest is paid out.
    """

    charges: Sequence[Charge]
    totals: DocumentTotals
    settled_minor: int
    to_balance_minor: int


def credit_draft(invoice: Invoice, lines: Sequence[Taken], correction: Correction) -> CreditDraft:
    """
    Return the credit note that takes back so much of an invoice; the correction may be unborn.

    :raises CorrectionDemands: if it came to a demand, since what is left comes to a minus.
    """
    totals = correction_totals(
        [
            TakenBack(
                tax=tax_of(line.charge),
                tax_included=line.charge.tax_included,
                amount_minor=line.amount_minor,
            )
            for line in lines
        ],
        invoice.currency,
        before=_taken_before(invoice),
    )
    if totals.gross_minor > 0:
        raise CorrectionDemands(
            f"What is left of {invoice.number} comes to a minus: to take it back would demand "
            "money. Correct single lines instead."
        )
    settle, owed_minor = correction.settle, -totals.gross_minor
    settles = settle == Correction.Settle.INVOICE
    settled_minor = min(open_minor(invoice), owed_minor) if settles else 0
    is_paid_out = settle == Correction.Settle.PAYOUT
    return CreditDraft(
        charges=_charges(invoice, lines, totals, correction),
        totals=totals,
        settled_minor=settled_minor,
        to_balance_minor=0 if is_paid_out else owed_minor - settled_minor,
    )


def _taken_before(invoice: Invoice) -> Mapping[Group, int]:
    """Return what earlier corrections took back of an invoice, by rate and kind of price."""
    corrections = Charge.objects.filter(corrects__invoice=invoice)
    sums = corrections.values_list("tax_category", "tax_percent", "tax_included").annotate(
        priced=Sum("priced_minor")
    )
    return {tuple(group): -priced for *group, priced in sums}


def _charges(
    invoice: Invoice, lines: Sequence[Taken], totals: DocumentTotals, correction: Correction
) -> list[Charge]:
    measured = _Measured(lines) if correction.bill_again else None
    made = []
    for line, net_minor in zip(lines, totals.line_nets, strict=True):
        charge = Charge(
            **_copied(line.charge),
            cause=f"correction {correction.pk}",
            is_credit=line.amount_minor > 0,
            **_units(line, correction),
            measured=measured.without(line.charge) if measured else line.charge.measured,
            priced_minor=-line.amount_minor,
            amount_minor=net_minor,
            is_taxed_as_charged=True,
            corrects=line.charge,
            is_concession=not correction.bill_again,
            explanation=_explanation(invoice, line, correction),
        )
        made.append(charge)
    return made


def _units(line: Taken, correction: Correction) -> dict[str, Any]:
    """
    Return how much is taken back: units, where it was said in units or is all of the charge.

    Another amount is a lump sum, lest units that weren't given back are booked as such.
    """
    is_part = line.quantity is None and line.amount_minor != line.charge.priced_minor
    if is_part and not correction.bill_again:
        return {"quantity": Decimal(1), "unit": LUMP_SUM}
    units = line.charge.quantity if line.quantity is None else line.quantity
    return {"quantity": units, "unit": line.charge.unit}


def _copied(charge: Charge) -> dict[str, Any]:
    columns = [field.attname for field in Charge._meta.concrete_fields]
    return {name: getattr(charge, name) for name in columns if name not in OWN_COLUMNS}


def _explanation(invoice: Invoice, line: Taken, correction: Correction) -> dict[str, object]:
    return {
        "corrected_number": invoice.number,
        "corrected_on": invoice.issue_date.isoformat(),
        "corrected_position": line.charge.position,
        "reason": correction.reason,
        "quantity": None if line.quantity is None else plain_decimal(line.quantity),
        "corrected_minor": line.charge.priced_minor,
        "amount_minor": line.amount_minor,
    }


class _Measured:
    """How much usage stays charged of stretches, line by line of what is taken back."""

    def __init__(self, lines: Iterable[Taken]) -> None:
        mine = [line.charge for line in lines if line.charge.measured is not None]
        charges = Charge.objects.filter(
            subscription__in={charge.subscription_id for charge in mine},
            stretch_starts_on__in={charge.stretch_starts_on for charge in mine},
            measured__isnull=False,
            is_concession=False,
        )
        found = charges.order_by("ordinal") if mine else []
        self._latest: defaultdict[object, Decimal] = defaultdict(Decimal)
        for charge in found:
            self._latest[self._key(charge)] = charge.measured or Decimal(0)

    def without(self, charge: Charge) -> Decimal | None:
        """Return what was known to be used, less what a charge was for; None if it isn't usage."""
        if charge.measured is None:
            return None
        gave_back = charge.is_credit and not charge.measured
        self._latest[self._key(charge)] -= -charge.quantity if gave_back else charge.quantity
        return self._latest[self._key(charge)]

    def _key(self, charge: Charge) -> object:
        return charge.subscription_id, charge.price_id, charge.stretch_starts_on, charge.tag
