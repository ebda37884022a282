"""What is usual: unmoved by outliers, of any currency's size, never without what was before."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.usual import usual

AMOUNTS = st.lists(st.integers(-(10**12), 10**12), min_size=4, max_size=12)
FACTORS = st.decimals("0.01", "999.99", places=2)
PERCENTS = st.decimals("0", "999.99", places=2)


def test_the_arithmetic() -> None:
    # Sorted 9,800 10,000 10,100 10,300 30,000: median 10,100. Distances 300 100 0 200 19,900:
    # their median is 200, the spread 200 x 1.4826 = 296.52, three of them 889.56.
    found = usual(
        [10_000, 10_300, 30_000, 9_800, 10_100], factor=Decimal(3), tolerance_percent=Decimal(5)
    )

    assert found == (9_210, 10_100, 10_990)


def test_of_equal_amounts_the_tolerance_alone_is_usual() -> None:
    assert usual([3_000] * 4, factor=Decimal(3), tolerance_percent=Decimal(20)) == (
        2_400, 3_000, 3_600,
    )  # fmt: skip


@given(AMOUNTS, FACTORS, PERCENTS)
def test_the_median_is_usual(before: list[int], factor: Decimal, percent: Decimal) -> None:
    least, middle, most = usual(before, factor=factor, tolerance_percent=percent)

    assert least <= middle <= most
    assert min(before) <= middle <= max(before)


@given(AMOUNTS, FACTORS, PERCENTS)
def test_order_does_not_matter(before: list[int], factor: Decimal, percent: Decimal) -> None:
    kept = {"factor": factor, "tolerance_percent": percent}

    assert usual(before, **kept) == usual(sorted(before), **kept)


@given(AMOUNTS, FACTORS, PERCENTS)
def test_more_tolerance_holds_less(before: list[int], factor: Decimal, percent: Decimal) -> None:
    least, _, most = usual(before, factor=factor, tolerance_percent=percent)
    wider_least, _, wider_most = usual(before, factor=factor + 1, tolerance_percent=percent + 1)

    assert wider_least <= least
    assert most <= wider_most


@given(st.lists(st.integers(0, 10**9), min_size=5, max_size=12), st.integers(0, 10**15))
def test_one_outlier_moves_it_no_further_than_its_neighbours(
    before: list[int], outlier: int
) -> None:
    ordered = sorted(before)
    _, middle, _ = usual([*before, outlier], factor=Decimal(3), tolerance_percent=Decimal(0))
    half = len(ordered) // 2

    assert ordered[max(half - 1, 0)] <= middle <= ordered[min(half + 1, len(ordered) - 1)]
