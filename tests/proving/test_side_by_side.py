"""Checks that run in processes side by side find what they find one after the other."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection

from benchmarks.contracts import build_contracts
from billing.sellers.models import Seller
from invoices.proving.queries.checks.books import Check
from invoices.proving.queries.verification import Result, Verification, verify
from tests.proving.conftest import SILENT

AT = datetime(2026, 3, 27, 9, tzinfo=UTC)


def proven(processes: int) -> Verification:
    sellers = Seller.objects.all()
    return verify(sellers=sellers, at=AT, listener=SILENT, processes=processes)


def told(proof: Verification) -> list[Result]:
    """What the checks found, whatever it took them."""
    return [replace(result, seconds=0) for result in proof.results]


@pytest.mark.slow
class TestSideBySide:
    @pytest.fixture(autouse=True)
    def books(self, committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
        """Books of a month, in the database that other processes are told of."""
        address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        monkeypatch.setenv("DATABASE_URL", f"{address}/{connection.settings_dict['NAME']}")
        build_contracts(count=5, at=AT, billed_before=True)

    def test_what_is_right_is_proven(self) -> None:
        proof = proven(2)

        assert proof.problems == []
        assert proof.checked["invoices"] == 5

    def test_what_is_wrong_is_told_in_the_same_order(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "UPDATE invoices_charge SET amount_minor = amount_minor + 1,"
                " priced_minor = priced_minor + 1"
            )
            cursor.execute("UPDATE billing_event SET state = 'waiting' WHERE sends = 0")
            cursor.execute("SET session_replication_role = DEFAULT")

        alone, side_by_side = told(proven(1)), told(proven(2))

        assert side_by_side == alone
        assert len({result.check.name for result in alone if result.found}) > 3

    def test_all_see_the_moment_in_which_it_began(self) -> None:
        def spoil(check: Check) -> None:
            if check.name == "none_waits":  # The first.
                with psycopg.connect(os.environ["DATABASE_URL"]) as elsewhere:
                    elsewhere.execute("SET session_replication_role = replica")
                    elsewhere.execute("DELETE FROM invoices_charge")

        sellers = Seller.objects.all()
        listener = replace(SILENT, begins=spoil)

        assert verify(sellers=sellers, at=AT, listener=listener, processes=2).is_proven
        assert not proven(2).is_proven
