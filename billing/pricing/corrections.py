"""
What is taken back of an invoice: how much of each line, and the totals of the credit note.

Whatever is taken back bit by bit comes, once nothing is left, to exactly what was charged: the
document's net amount and tax of each rate. So each correction is what everything taken back by now
comes to, less what it came to before.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.money import EXACT, round_half_up, round_parts, share_of
from billing.pricing.taxes import DocumentTotals, Tax, TaxTotal, net_of, tax_total

Group = tuple[str, Decimal, bool]  # Category, percentage, and whether prices include tax.


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """
    How much is taken back of a line of an invoice, with the line's sign.

    It is in the terms of the line's price: gross if `tax_included`.
    """

    tax: Tax
    tax_included: bool
    amount_minor: int


def correction_totals(
    lines: Sequence[TakenBack], currency: str, *, before: Mapping[Group, int]
) -> DocumentTotals:
    """
    Return the totals of a credit note, negative, and the negative net amounts of its lines.

    `before` is what earlier corrections took back of all lines of the invoice, in the terms of
    their prices. What includes tax is reckoned as on invoices: on the sum, so that VAT is the
    base x percent to the cent however many lines there are. Source: EN 16931 BR-CO-14, BR-CO-17.
    """
    groups: defaultdict[tuple[str, Decimal], list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        groups[line.tax.category, line.tax.percent].append(index)
    nets = [line.amount_minor for line in lines]
    taxes = tuple(
        _total([(i, lines[i]) for i in groups[rate]], nets, before) for rate in sorted(groups)
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
    lines: Sequence[tuple[int, TakenBack]], nets: list[int], before: Mapping[Group, int]
) -> TaxTotal:
    """Return the total of one rate, and put the nets of its gross lines into `nets`."""
    tax = lines[0][1].tax
    net_before, gross_before = (
        before.get((tax.category, tax.percent, included), 0) for included in (False, True)
    )
    net_base = sum(line.amount_minor for _, line in lines if not line.tax_included)
    gross = [(index, line.amount_minor) for index, line in lines if line.tax_included]
    gross_sum = sum(amount for _, amount in gross)
    gross_base = _net(gross_before + gross_sum, tax) - _net(gross_before, tax)
    # It is the exact sum rounded up or down, so each part is rounded to one of its neighbours.
    parts = round_parts([net_of(amount, tax.percent) for _, amount in gross], gross_base)
    for (index, _), net in zip(gross, parts, strict=True):
        nets[index] = net
    tax_minor = _tax(net_before + net_base, tax) - _tax(net_before, tax)
    tax_minor += gross_sum - gross_base
    return tax_total([line.tax for _, line in lines], -(net_base + gross_base), -tax_minor)


def _net(gross_minor: int, tax: Tax) -> int:
    return round_half_up(net_of(gross_minor, tax.percent))


def _tax(base_minor: int, tax: Tax) -> int:
    return round_half_up(share_of(tax.percent, base_minor, 100))
