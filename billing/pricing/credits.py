"""At which tax a credit takes back: that of the charges it corrects."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from msgspec import structs

from billing.pricing.difference import Charged, Line
from billing.pricing.explanation import explain_reversal
from billing.pricing.prices import ZERO, PriceKind
from billing.pricing.taxes import Tax
from billing.pricing.timeline import Timeline

_Key = tuple[str, date, str, Decimal | None]


@dataclass(slots=True)
class _Piece:
    """What is charged of a stretch at one tax; None: its document will decide the tax."""

    tax: Tax | None
    starts_on: date
    ends_on: date
    amount_minor: int = 0
    quantity: Decimal = ZERO


class TaxesCharged:
    """At which taxes the stretches of a subscription were charged."""

    def __init__(self, charged: Iterable[Charged]) -> None:
        """Take the charges in the order in which they were made."""
        self._pieces: dict[_Key, list[_Piece]] = {}
        for charge in charged:
            key = (charge.price_id, charge.stretch_starts_on, charge.tag, _told_apart(charge))
            _add(self._pieces.setdefault(key, []), charge)

    def latest(self, line: Line) -> Tax | None:
        """Return the latest tax of a line's stretch; None if it isn't decided yet."""
        left = (piece.tax for piece in reversed(self._of(line)) if piece.amount_minor > 0)
        return next(left, None)

    def split(self, line: Line, known: Timeline | None) -> Iterator[Line]:
        """
        Yield a credit at the tax of what it takes back: the latest charge first.

        What takes back charges of several taxes is a line for each. Other lines stay as they are.
        """
        taken = list(self._taken(line)) if line.is_credit else []
        if not taken:
            yield line
            return
        rest, ends_on = line, line.ends_on
        for piece, amount_minor in taken[:-1]:
            yield _reversal(line, piece, amount_minor, known)
            if line.starts_on < piece.starts_on < ends_on:
                ends_on = piece.starts_on
        last, amount_minor = taken[-1]
        if len(taken) > 1:
            rest = _rest_of(line, amount_minor, ends_on, [piece for piece, _ in taken[:-1]])
        yield structs.replace(rest, tax=last.tax)

    def _taken(self, line: Line) -> Iterator[tuple[_Piece, int]]:
        left = -line.amount_minor
        for piece in reversed(self._of(line)):
            amount_minor = min(piece.amount_minor, left)
            left -= amount_minor
            if amount_minor > 0:
                yield piece, amount_minor

    def _of(self, line: Line) -> list[_Piece]:
        quantity = None if line.price.kind is PriceKind.USAGE else line.quantity
        key = (line.price.id, line.stretch_starts_on, line.tag, quantity)
        return self._pieces.get(key, [])


def _told_apart(charge: Charged) -> Decimal | None:
    """Return what tells stretches of the same days apart: their quantity, unless it is usage."""
    return charge.quantity if charge.measured is None else None


def _add(pieces: list[_Piece], charge: Charged) -> None:
    mine = next((piece for piece in pieces if piece.tax == charge.tax), None)
    if charge.is_credit:
        # A credit at a tax that wasn't charged takes back what there is.
        left = -charge.amount_minor
        others = [piece for piece in reversed(pieces) if piece is not mine]
        for piece in [mine, *others] if mine else others:
            off = min(max(piece.amount_minor, 0), left)
            left, piece.amount_minor = left - off, piece.amount_minor - off
            if off and charge.starts_on > piece.starts_on and not charge.is_concession:
                piece.ends_on = min(piece.ends_on, charge.starts_on)
        return
    if mine and mine.amount_minor:
        pieces.remove(mine)  # It becomes the latest.
        mine.starts_on = min(mine.starts_on, charge.starts_on)
        mine.ends_on = max(mine.ends_on, charge.ends_on)
    else:
        mine = _Piece(charge.tax, charge.starts_on, charge.ends_on)
    mine.amount_minor += charge.amount_minor
    mine.quantity += charge.quantity
    pieces.append(mine)


def _reversal(line: Line, piece: _Piece, amount_minor: int, known: Timeline | None) -> Line:
    """Return the line that takes back wholly what was charged at one tax."""
    days = piece.starts_on, piece.ends_on
    is_usage = line.price.kind is PriceKind.USAGE
    quantity = piece.quantity.copy_sign(line.quantity) if is_usage else line.quantity
    return structs.replace(
        line,
        starts_on=piece.starts_on,
        ends_on=piece.ends_on,
        quantity=quantity or line.quantity,
        amount_minor=-amount_minor,
        charged_minor=amount_minor,
        charged_ends_on=piece.ends_on,
        owed_minor=0,
        owed_ends_on=piece.starts_on,
        explanation=explain_reversal(line.price, quantity, days, amount_minor, known=known),
        tax=piece.tax,
    )


def _rest_of(line: Line, amount_minor: int, ends_on: date, reversed_: list[_Piece]) -> Line:
    """Return what is left of a credit when later charges are taken back wholly."""
    charged_minor = line.owed_minor + amount_minor
    quantity = line.quantity
    if line.price.kind is PriceKind.USAGE:
        others = sum((piece.quantity for piece in reversed_), ZERO).copy_sign(line.quantity)
        quantity = (quantity - others) or quantity
    return structs.replace(
        line,
        ends_on=ends_on,
        quantity=quantity,
        amount_minor=-amount_minor,
        charged_minor=charged_minor,
        charged_ends_on=ends_on,
        explanation={**line.explanation, "charged_before_minor": charged_minor},
    )
