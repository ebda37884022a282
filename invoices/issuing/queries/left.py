"""What is left of an invoice: of its lines to take back, and of its amount to pay."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from invoices.issuing.models import Charge, Invoice

# Stretch of a subscription at one tax: what its later credits can't be told apart by.
_Stretch = tuple[UUID | None, UUID | None, UUID | None, date, str, Decimal | None, str, Decimal]


# What tells of a charge's stretch: explanations, for one, are long, and aren't asked for.
_OF_STRETCH = (
    "subscription_id", "price_id", "plan_id", "stretch_starts_on", "tag", "quantity", "measured",
    "tax_category", "tax_percent", "priced_minor", "corrects__quantity",
)  # fmt: skip


def left_of_lines(
    lines: Sequence[Charge],
    *,
    wholly: bool = False,
    besides: Mapping[UUID, int] | None = None,
) -> dict[UUID, int]:
    """
    Return what is left to take back of each line of an invoice, in the terms of its price.

    That is what corrections took back, and what changes of its subscription credited, less than
    it was charged with; of a line with a minus it is negative. `wholly`: lines with a minus are
    taken back too, so that more is left of others. `besides` is to be taken back already.
    """
    took = _corrected(lines)
    left = {
        line.pk: line.priced_minor + took.get(line.pk, 0) - (besides or {}).get(line.pk, 0)
        for line in lines
    }
    of_stretch = _charged_by_stretch(lines)
    for line in lines:
        stretch = _stretch(line)
        of_stretch[stretch] -= (besides or {}).get(line.pk, 0)
        if wholly and line.priced_minor < 0:
            of_stretch[stretch] -= left[line.pk]
    for line in sorted(lines, key=lambda line: line.ordinal):
        if line.subscription_id and line.priced_minor > 0:
            stretch = _stretch(line)
            left[line.pk] = max(min(left[line.pk], of_stretch[stretch]), 0)
            of_stretch[stretch] -= left[line.pk]
    return left


def is_left(invoice: Invoice) -> bool:
    """Return whether something of an invoice can still be taken back; never of a credit note."""
    if invoice.kind != "invoice":
        return False
    return any(left_of_lines(list(invoice.lines.all())).values())


def correcting(invoice: Invoice) -> QuerySet[Invoice]:
    """Return the credit notes that refer to an invoice, oldest first."""
    named = Q(corrects__contains=[{"number": invoice.number}])
    notes = Invoice.objects.filter(named, customer=invoice.customer_id, kind="credit_note")
    return notes.order_by("id")


def open_minor(invoice: Invoice) -> int:
    """Return what is payable of an invoice, less what credit notes settled of it."""
    settled: int | None = invoice.corrections.aggregate(sum=Sum("settled_minor"))["sum"]
    return invoice.payable_minor - (settled or 0)


def _corrected(lines: Iterable[Charge]) -> dict[UUID | None, int]:
    """Return the sums of what corrects each line: of the other sign."""
    corrections = Charge.objects.filter(corrects__in=[line.pk for line in lines])
    return dict(corrections.values_list("corrects").annotate(sum=Sum("priced_minor")))


def _charged_by_stretch(lines: Iterable[Charge]) -> defaultdict[_Stretch, int]:
    """Return what is charged by now of the stretches that the lines are of."""
    mine = [line for line in lines if line.subscription_id]
    found: defaultdict[_Stretch, int] = defaultdict(int)
    if not mine:
        return found
    charges = Charge.objects.filter(
        Q(invoice__isnull=False) | Q(is_credit=True),
        subscription__in={line.subscription_id for line in mine},
        stretch_starts_on__in={line.stretch_starts_on for line in mine},
    )
    for charge in charges.select_related("corrects").only(*_OF_STRETCH):
        found[_stretch(charge)] += charge.priced_minor
    return found


def _stretch(charge: Charge) -> _Stretch:
    quantity = charge.corrects.quantity if charge.corrects else charge.quantity
    return (
        charge.subscription_id, charge.price_id, charge.plan_id, charge.stretch_starts_on,
        charge.tag, quantity if charge.measured is None else None, charge.tax_category,
        charge.tax_percent,
    )  # fmt: skip
