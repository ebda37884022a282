"""`/exports/datev`."""

import io
import zipfile

import pytest

from billing.sellers.models import Seller
from invoices.reports.models import Bookkeeping
from tests import factories
from tests.api.conftest import App
from tests.reports.conftest import order

JANUARY = "/exports/datev?issued_from=2026-01-01&issued_to=2026-01-31"


@pytest.fixture
def app(seller: Seller) -> App:
    return App(factories.api_key(seller))


class TestDatev:
    def test_the_postings_of_a_period(self, app: App, books: Bookkeeping) -> None:
        order(books.seller, ("100.00", "standard"))
        order(factories.seller(), ("1.00", "standard"))

        answer = app.get(f"{JANUARY}&chart=04")

        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
        packed = zipfile.ZipFile(io.BytesIO(answer.content))
        assert packed.namelist() == ["EXTF_Buchungsstapel_2026-01.csv", "EXTF_Debitoren.csv"]
        rows = packed.read("EXTF_Buchungsstapel_2026-01.csv").decode("cp1252").splitlines()
        assert [row.split(";")[7] for row in rows[2:]] == ["4400"]

    @pytest.mark.parametrize("accept", ["application/zip", "application/json"])
    def test_whatever_is_accepted(self, app: App, books: Bookkeeping, accept: str) -> None:
        answer = app.get(JANUARY, Accept=accept)
        refused = app.get("/exports/datev", Accept=accept)

        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
        assert (refused.status, refused.code) == (400, "validation_failed")

    def test_without_the_advisers_numbers_it_asks_for_them(self, app: App) -> None:
        answer = app.get(JANUARY)

        assert (answer.status, answer.code) == (409, "bookkeeping_missing")

    @pytest.mark.parametrize(
        ("query", "errors"),
        [
            ("issued_from=2026-01-01", {"issued_to": "required"}),
            (
                "issued_from=2026-01-02&issued_to=2026-01-01",
                {"issued_to": "out_of_range"},
            ),
            (
                "issued_from=2026-01-01&issued_to=2026-12-31",
                {"issued_to": "out_of_range"},
            ),
            (
                "issued_from=2026-01-01&issued_to=2026-01-01&chart=05",
                {"chart": "invalid_choice"},
            ),
        ],
    )
    def test_a_wrong_wish_is_named(self, app: App, query: str, errors: dict[str, str]) -> None:
        answer = app.get(f"/exports/datev?{query}")

        assert (answer.status, answer.errors) == (400, errors)
