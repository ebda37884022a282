"""What the month's end is measured against writes the engine's own rows: `verify` proves it."""

from datetime import UTC, datetime

import pytest

from benchmarks import stencils
from benchmarks.baselines import bill_first, write_by_copy, write_in_bulk, write_naively
from benchmarks.contracts import GROSS_MINOR, build_contracts, stand_on
from invoices.issuing.models import Invoice
from tests.benchmarks.test_contracts import is_proven

AT = datetime(2026, 3, 27, 9, tzinfo=UTC)


@pytest.mark.slow
@pytest.mark.usefixtures("committed")
class TestBaselines:
    @pytest.mark.parametrize("billed_before", [False, True])
    def test_each_way_leaves_books_that_are_proven(self, billed_before: bool) -> None:
        built = build_contracts(count=7, at=AT, billed_before=billed_before)
        stand_on(built, built.day)
        pattern = bill_first(built, at=AT)
        others = list(stencils.targets_without(built.seller.pk, excepted=pattern.contract.pk))

        for write in (write_naively, write_in_bulk, write_by_copy):
            write(pattern, [others.pop(), others.pop()])

        of_day = Invoice.objects.filter(seller=built.seller, issue_date=built.day)
        assert sorted(of_day.values_list("gross_minor", flat=True)) == [GROSS_MINOR] * 7
        assert is_proven(built)
