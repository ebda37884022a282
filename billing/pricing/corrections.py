"""
What is taken back of an invoice: how much of each line, and the totals of the credit note.

Whatever is taken back bit by bit comes, once nothing is left, to exactly what was charged: per line
its net amount, per rate the document's tax. So each correction is what everything taken back by now
comes to, less what it came to before.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.money import EXACT, round_half_up, round_parts, share_of
from billing.pricing.taxes import DocumentTotals, Tax, TaxTotal, tax_total

Rate = tuple[str, Decimal]  # Category and percentage.


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """
    A line of an invoice, and how much of it is taken back; all amounts have the line's sign.

    `charged_minor`, `before_minor` and `amount_minor` are in the terms of its price: gross if
    `tax_included`. What was taken back before is that of earlier corrections.
    """

    tax: Tax
    tax_included: bool
    charged_minor: int
    charged_net_minor: int
    before_minor: int
    before_net_minor: int
    amount_minor: int


def correction_totals(
    lines: Sequence[TakenBack], currency: str, *, net_before: Mapping[Rate, int]
) -> DocumentTotals:
    """
    Return the totals of a credit note, negative, and the negative net amounts of its lines.

    `net_before` is what was taken back of all lines of the invoice with net prices by earlier
    corrections, per rate. Source: EN 16931 BR-CO-14, BR-CO-17.
    """
    groups: defaultdict[Rate, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        groups[line.tax.category, line.tax.percent].append(index)
    nets = [line.amount_minor for line in lines]
    taxes = tuple(
        _total(rate[1], [(i, lines[i]) for i in groups[rate]], nets, net_before.get(rate, 0))
        for rate in sorted(groups)
    )
    net_minor, tax_minor = -sum(nets), sum(total.tax_minor for total in taxes)
    return DocumentTotals(
        currency, net_minor, tax_minor, net_minor + tax_minor, taxes, tuple(-net for net in nets)
    )


def spread(lefts: Sequence[int], total_minor: int) -> list[int]:
    """
    Spread a discount over lines in proportion to what is left of each, by largest remainder.

    The total lies between nothing and the sum of what is left.
    """
    whole = sum(lefts)
    return round_parts([share_of(Decimal(left), total_minor, whole) for left in lefts], total_minor)


def share_left(left_minor: int, percent: Decimal) -> int:
    """Return a percentage of what is left, rounded half up."""
    return round_half_up(share_of(Decimal(left_minor), percent, 100))


def share_of_units(
    charged_minor: int, *, quantity: Decimal, units_before: Decimal, units: Decimal
) -> int:
    """
    Return what some of the units of a line come to, `units_before` having been taken back before.

    All units together come to what was charged.
    """
    charged = Decimal(charged_minor)
    by_now = share_of(charged, EXACT.add(units_before, units), quantity)
    return round_half_up(by_now) - round_half_up(share_of(charged, units_before, quantity))


def _total(
    percent: Decimal, lines: Sequence[tuple[int, TakenBack]], nets: list[int], net_before: int
) -> TaxTotal:
    """Return the total of one rate, and put the nets of its gross lines into `nets`."""
    net_base = sum(line.amount_minor for _, line in lines if not line.tax_included)
    gross = [(index, line) for index, line in lines if line.tax_included]
    exact = [_net_of(line) for _, line in gross]
    gross_base = round_half_up(sum(exact, Decimal(0)))
    for (index, _), net in zip(gross, round_parts(exact, gross_base), strict=True):
        nets[index] = net
    tax_minor = _tax(net_before + net_base, percent) - _tax(net_before, percent)
    tax_minor += sum(line.amount_minor for _, line in gross) - gross_base
    return tax_total([line.tax for _, line in lines], -(net_base + gross_base), -tax_minor)


def _net_of(line: TakenBack) -> Decimal:
    """Return the net of a gross amount: no more than what is left of the line's net."""
    by_now = Decimal(line.before_minor + line.amount_minor)
    exact = share_of(by_now, line.charged_net_minor, line.charged_minor) - line.before_net_minor
    bounds = Decimal(0), Decimal(line.charged_net_minor - line.before_net_minor)
    return min(max(exact, min(bounds)), max(bounds))


def _tax(base_minor: int, percent: Decimal) -> int:
    return round_half_up(share_of(percent, base_minor, 100))
