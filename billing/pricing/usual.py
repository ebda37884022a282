"""What is usual after what came before: by the median, which a few outliers don't move."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from billing.money import round_half_up

# The median of absolute deviations, times this, is the standard deviation of normal values.
# Source: Rousseeuw & Croux (1993), Alternatives to the Median Absolute Deviation.
SPREAD = Decimal("1.4826")


def usual(
    before: Sequence[int], *, factor: Decimal, tolerance_percent: Decimal
) -> tuple[int, int, int]:
    """
    Return what is usual after some amounts in minor units: the least, the median, the most.

    As far from the median as `factor` spreads, and at least as far as `tolerance_percent` of it:
    amounts that were always the same have no spread.
    """
    middle = Decimal(median(before))
    spread = SPREAD * Decimal(median([abs(amount - middle) for amount in before]))
    reach = max(factor * spread, abs(middle) * tolerance_percent / 100)
    least, most = round_half_up(middle - reach), round_half_up(middle + reach)
    return least, round_half_up(middle), most
