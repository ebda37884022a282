"""The benchmark of the proof runs the operators' command, and stops where books are wrong."""

import os
from datetime import UTC, datetime

import pytest
from django.db import connection

from benchmarks.contracts import build_contracts
from benchmarks.proof import measure

AT = datetime(2026, 3, 27, 9, tzinfo=UTC)


def environ() -> dict[str, str]:
    """The environment of a process that looks at the tests' database."""
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return {**os.environ, "DATABASE_URL": f"{address}/{connection.settings_dict['NAME']}"}


@pytest.mark.slow
@pytest.mark.usefixtures("committed")
class TestProof:
    def test_all_books_are_proven_in_a_process_of_its_own(self) -> None:
        build_contracts(count=5, at=AT, billed_before=True)

        proof = measure(contracts=0, processes=2, environ=environ())

        assert (proof.invoices, proof.lines, proof.contracts) == (5, 15, 5)
        assert proof.seconds > 0
        assert 30 < proof.peak_rss_mib < 300

    def test_wrong_books_stop_it(self) -> None:
        build_contracts(count=2, at=AT, billed_before=True)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE invoices_invoice SET hash = repeat('0', 64)")
            cursor.execute("SET session_replication_role = DEFAULT")

        with pytest.raises(AssertionError, match="its content is not what its hash was made of"):
            measure(contracts=0, processes=2, environ=environ())
