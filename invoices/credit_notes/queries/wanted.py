"""What someone wants taken back of an invoice, checked against what is left of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q, Sum, Value
from django.db.models.functions import Cast, Concat

from billing.events.models import Event
from billing.money import check_whole_minor, from_minor, plain_decimal, to_minor
from billing.pricing.corrections import share_left, share_of_units, spread
from invoices.credit_notes.events import CORRECTION_ORDERED
from invoices.credit_notes.models import Correction, CorrectionLine
from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.left import left_of_lines

ZERO = Decimal(0)
CANCELLATION, CORRECTION = "cancellation", "correction"
_UNDECIDED = [Event.State.WAITING, Event.State.FAILED]


class CorrectionRefused(Exception):
    """An invoice can't be corrected like that. `field` names what was said wrongly."""

    def __init__(self, why: str, *, field: str = "") -> None:
        """Say why, and what to do."""
        super().__init__(why)
        self.field = field


class CreditNoteCorrected(CorrectionRefused):
    """What was asked to be corrected is a credit note."""


class NothingLeft(CorrectionRefused):
    """All of the invoice was taken back already."""


class MoreThanLeft(CorrectionRefused):
    """More is to be taken back than is left."""


class PartUnclear(CorrectionRefused):
    """What is to be taken back doesn't fit the invoice."""


class CorrectionDemands(CorrectionRefused):
    """What is left of the invoice comes to a minus: to take it back would demand money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    How much of a line is to be taken back; one of the three is given.

    An `amount` is in the terms of the line's price, `percent` is of what is left of it.
    """

    position: int
    quantity: Decimal | None = None
    amount: Decimal | None = None
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount afterwards on all that is left of an invoice: one of the two is given."""

    percent: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    A correction that is ordered: of parts, by a discount, or (neither) of all that is left.

    `bill_again` only of all that is left.
    """

    reason: str
    parts: Sequence[Part] = ()
    discount: Discount | None = None
    bill_again: bool = False
    settle: Correction.Settle = Correction.Settle.INVOICE

    @property
    def kind(self) -> str:
        """The kind of correction."""
        return CORRECTION if self.parts or self.discount else CANCELLATION


@dataclass(frozen=True, slots=True)
class Taken:
    """How much is taken back of a charge, with its sign; the units where it was said in units."""

    charge: Charge
    amount_minor: int
    quantity: Decimal | None = None


def taken(invoice: Invoice, lines: Sequence[Charge], wanted: Wanted) -> list[Taken]:
    """
    Return what is wanted of the lines of an invoice.

    :raises CreditNoteCorrected: if it is none.
    :raises NothingLeft: if all of it is taken back.
    :raises MoreThanLeft: if more is wanted than is left of a line, or of all.
    :raises PartUnclear: if a part names no line, or one that can't be corrected by itself.
    """
    if invoice.kind != "invoice":
        raise CreditNoteCorrected(
            f"{invoice.number} is a credit note: only invoices are corrected. What it gave back "
            "too much is billed by an order."
        )
    ordered = ordered_of(invoice)
    left = left_of_lines(lines, wholly=wanted.kind == CANCELLATION, besides=ordered)
    if not any(left.values()):
        raise NothingLeft(f"All of {invoice.number} is taken back already: nothing is left of it.")
    if wanted.parts:
        units = _units_before(lines)
        return [
            _part(part, f"lines.{index}", lines, left, units)
            for index, part in enumerate(_once_each(wanted.parts))
        ]
    if wanted.discount:
        return _discounted(wanted.discount, lines, left)
    return [Taken(line, left[line.pk]) for line in lines if left[line.pk]]


def ordered_of(invoice: Invoice) -> Mapping[UUID, int]:
    """Return what is ordered of an invoice's charges by corrections that aren't issued yet."""
    ids = list(Correction.objects.filter(invoice=invoice).values_list("pk", flat=True))
    if not ids:
        return {}
    keys = {f"{CORRECTION_ORDERED}:{pk}": pk for pk in ids}
    waiting = Event.objects.filter(
        seller=invoice.seller_id, idempotency_key__in=keys, state__in=_UNDECIDED
    )
    mine = [keys[key] for key in waiting.values_list("idempotency_key", flat=True)]
    lines = CorrectionLine.objects.filter(correction__in=mine)
    return dict(lines.values_list("charge").annotate(sum=Sum("amount_minor")))


def _once_each(parts: Sequence[Part]) -> Iterable[Part]:
    named: set[int] = set()
    for index, part in enumerate(parts):
        if part.position in named:
            raise PartUnclear(
                f"Line {part.position} is named twice: name it once.", field=f"lines.{index}.line"
            )
        named.add(part.position)
        yield part


def _part(
    part: Part,
    path: str,
    lines: Iterable[Charge],
    left: Mapping[UUID, int],
    units_before: Mapping[UUID, Decimal],
) -> Taken:
    charge = next((line for line in lines if line.position == part.position), None)
    if charge is None:
        raise PartUnclear(
            f"The invoice has no line {part.position}: name one by its position.",
            field=f"{path}.line",
        )
    if charge.priced_minor < 0:
        raise PartUnclear(
            f"Line {part.position} gives something back: it is taken back only together with all "
            "others, by cancelling the invoice.",
            field=f"{path}.line",
        )
    mine, name = left[charge.pk], "quantity"
    if part.amount is not None:
        name, amount_minor = "amount", _minor(part.amount, charge.currency, f"{path}.amount")
    elif part.percent is not None:
        name, amount_minor = "percent", share_left(mine, part.percent)
    else:
        before = units_before.get(charge.pk, ZERO)
        amount_minor = _of_units(charge, part.quantity or ZERO, before, f"{path}.quantity")
    _check_left(amount_minor, mine, charge.currency, f"{path}.{name}", f"line {part.position}")
    return Taken(charge, amount_minor, part.quantity)


def _units_before(lines: Sequence[Charge]) -> Mapping[UUID, Decimal]:
    """Return how many units of each charge were ordered to be taken back."""
    by_units = CorrectionLine.objects.filter(charge__in=lines, quantity__isnull=False)
    sums = by_units.exclude(_dropped()).values_list("charge").annotate(sum=Sum("quantity"))
    return dict(sums)


def _of_units(charge: Charge, units: Decimal, before: Decimal, field: str) -> int:
    """Return what some units of a charge come to; all its units come to all of it."""
    if before + units > charge.quantity:
        left = plain_decimal(charge.quantity - before)
        raise MoreThanLeft(f"No more than {left} units are left: give less.", field=field)
    return share_of_units(
        charge.priced_minor, quantity=charge.quantity, units_before=before, units=units
    )


def _dropped() -> Q:
    """Return the lines of corrections that were written off: they took nothing back."""
    key = Concat(Value(f"{CORRECTION_ORDERED}:"), Cast(OuterRef("correction"), CharField()))
    written_off = Event.objects.filter(
        seller=OuterRef("seller"), idempotency_key=key, state=Event.State.WRITTEN_OFF
    )
    return Q(Exists(written_off))


def _check_left(amount_minor: int, left_minor: int, currency: str, field: str, of: str) -> None:
    if amount_minor <= 0:
        raise PartUnclear(f"That comes to nothing of {of}: give more.", field=field)
    if amount_minor > left_minor:
        raise MoreThanLeft(
            f"Of {of} no more than {from_minor(left_minor, currency)} {currency} is left, but "
            f"{from_minor(amount_minor, currency)} {currency} is to be taken back: give less.",
            field=field,
        )


def _discounted(
    discount: Discount, lines: Sequence[Charge], left: Mapping[UUID, int]
) -> list[Taken]:
    lefts, currency = [left[line.pk] for line in lines], lines[0].currency
    if discount.percent is not None:
        field, total_minor = "discount.percent", share_left(sum(lefts), discount.percent)
    else:
        field = "discount.amount"
        if len({line.tax_included for line in lines}) > 1:
            raise PartUnclear(
                "Some lines include tax and others don't: give a percentage, or name lines.",
                field=field,
            )
        total_minor = _minor(discount.amount or ZERO, currency, field)
    _check_left(total_minor, sum(lefts), currency, field, "the invoice")
    parts = zip(lines, spread(lefts, total_minor), strict=True)
    return [Taken(line, amount_minor) for line, amount_minor in parts if amount_minor]


def _minor(amount: Decimal, currency: str, field: str) -> int:
    if wrong := check_whole_minor(amount, currency):
        raise PartUnclear(f"{wrong[0].upper()}{wrong[1:]}.", field=field)
    return to_minor(amount, currency)
