"""Files of postings and customers, byte by byte."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from invoices.reports.commands import assign_debtors
from invoices.reports.extf import MOST_ROWS, TooManyRows, document_field, postings_file
from invoices.reports.models import AccountOverride, Bookkeeping, DebtorAccount
from invoices.reports.queries.accounts import AccountMissing
from invoices.reports.queries.datev import AmountNotExact, DatevFile, datev_files
from tests import factories
from tests.reports.conftest import AT, FIRST, LAST, order, story
from tests.stage.conftest import drain

GOLDEN = Path(__file__).parent / "golden"


def _files(books: Bookkeeping, chart: str | None = None, last: date = LAST) -> list[DatevFile]:
    assign_debtors(books=books, at=AT)
    return list(datev_files(books, first_day=FIRST, last_day=last, chart=chart, at=AT))


def _cells(file: DatevFile) -> list[list[str]]:
    lines = file.content.decode("cp1252").splitlines()
    return [[cell.strip('"') for cell in line.split(";")] for line in lines[2:]]


class TestFiles:
    @pytest.mark.parametrize("chart", ["03", "04"])
    def test_they_are_the_same_to_the_byte(
        self, seller: Seller, books: Bookkeeping, chart: str
    ) -> None:
        story(seller)

        postings, customers = _files(books, chart)

        assert postings.name == "EXTF_Buchungsstapel_2026-01.csv"
        assert postings.content == (GOLDEN / f"postings-skr{chart}.csv").read_bytes()
        assert customers.name == "EXTF_Debitoren.csv"
        assert customers.content == (GOLDEN / f"customers-skr{chart}.csv").read_bytes()

    def test_they_have_the_form_that_datev_wants(self, seller: Seller, books: Bookkeeping) -> None:
        story(seller)

        for file in _files(books):
            head, names, *rows = file.content.decode("cp1252").split("\r\n")
            assert len(head.split(";")) == 31
            assert {len(row.split(";")) for row in [names, *rows[:-1]]} in ({125}, {254})
            assert rows[-1] == ""

    def test_their_sum_is_that_of_the_documents(self, seller: Seller, books: Bookkeeping) -> None:
        gross = sum(invoice.gross_minor for invoice in story(seller))

        postings, _ = _files(books)

        signed = [
            Decimal(row[0].replace(",", ".")) * (1 if row[1] == "S" else -1)
            for row in _cells(postings)
        ]
        assert sum(signed) * 100 == gross == postings.sums["EUR"]

    def test_each_month_has_its_file(self, seller: Seller, books: Bookkeeping) -> None:
        story(seller)

        names = [file.name for file in _files(books, last=date(2026, 3, 31))]

        assert names == ["EXTF_Buchungsstapel_2026-01.csv", "EXTF_Debitoren.csv"]

    def test_a_tax_is_shared_by_accounts_to_the_cent(
        self, seller: Seller, books: Bookkeeping
    ) -> None:
        book = factories.product(seller)
        factories.price_of(of=book, unit_price=Decimal("0.03"))
        _override(seller, product=book, account="8401")
        line = factories.line(product=book, unit_price=None, tax_class="", text="")
        factories.order(factories.customer(seller), factories.line(unit_price="0.03"), line)
        (invoice,) = drain()

        postings, _ = _files(books)

        # 0.06 + 19 % = 0.07: 0.0357 each, the odd cent goes to the first.
        assert invoice.gross_minor == 7
        assert sorted((row[0], row[7]) for row in _cells(postings)) == [
            ("0,03", "8401"),
            ("0,04", "8400"),
        ]

    def test_the_reverse_charge_names_the_vat_id_and_the_one_stop_shop_the_rate(
        self, seller: Seller, books: Bookkeeping
    ) -> None:
        story(seller)

        postings, _ = _files(books)

        named = [(row[39], row[40]) for row in _cells(postings) if row[39]]
        assert named == [("FR40303265045", ""), ("PL", "23,00")]

    def test_vat_is_declared_for_the_days_of_supply_and_of_corrections(
        self, seller: Seller, books: Bookkeeping
    ) -> None:
        issued = story(seller)

        rows = {row[10]: row for row in _cells(_files(books)[0])}

        # Of January, billed on the 1st in advance; the credit note takes it back.
        (advance,) = (each for each in issued if each.contract_id and each.kind == "invoice")
        (note,) = (each for each in issued if each.kind == "credit_note")
        assert rows[advance.number][114:116] == ["31012026", "01012026"]
        assert rows[note.number][115] == f"{note.issue_date:%d%m%Y}"

    def test_only_invoices_are_due(self, seller: Seller, books: Bookkeeping) -> None:
        issued = {each.number: each for each in story(seller)}

        due = {row[10]: row[11] for row in _cells(_files(books)[0])}

        assert all(
            day == (f"{issued[number].due_date:%d%m%y}" if issued[number].kind == "invoice" else "")
            for number, day in due.items()
        )
        assert "" in due.values()


class TestRefusals:
    def test_a_file_holds_no_more_than_datev_reads(self, books: Bookkeeping) -> None:
        with pytest.raises(TooManyRows):
            postings_file(None, [None] * (MOST_ROWS + 1))  # type: ignore[arg-type,list-item]

    def test_dinars_have_too_many_decimals(self, seller: Seller, books: Bookkeeping) -> None:
        line = factories.line(unit_price=Decimal("1.005"))
        factories.exchange_rate("KWD", "0.3321")
        factories.order(factories.customer(seller), line, currency="KWD")
        drain()

        with pytest.raises(AmountNotExact, match="R2026-000001"):
            _files(books)

    def test_an_account_that_is_unknown_is_asked_for(self, db: None) -> None:
        seller = factories.seller(country="FR", vat_id="FR40303265045")
        books = Bookkeeping.objects.create(
            seller=seller, consultant_number=29098, client_number=55003
        )
        order(seller, ("1.00", "standard"), country="FR")

        with pytest.raises(AccountMissing, match=r"S 20\.000 % in FR"):
            _files(books)


class TestOverrides:
    def test_the_most_exact_one_on_the_day_wins(self, seller: Seller, books: Bookkeeping) -> None:
        _override(seller, tax_category="S", account="8401", tax_key="3")
        _override(seller, tax_category="S", percent=7, account="8301", tax_key="2")
        _override(seller, percent=19, account="8402", valid_from=date(2026, 2, 1))
        order(seller, ("100.00", "standard"), ("10.00", "reduced"))

        postings, _ = _files(books)

        assert [row[7:9] for row in _cells(postings)] == [["8401", "3"], ["8301", "2"]]

    def test_of_another_seller_they_do_not_count(self, seller: Seller, books: Bookkeeping) -> None:
        _override(factories.seller(), account="8401")
        order(seller, ("100.00", "standard"))

        postings, _ = _files(books)

        assert [row[7] for row in _cells(postings)] == ["8400"]

    def test_the_database_keeps_them(self, seller: Seller) -> None:
        made = _override(seller, account="8401")

        name = "account_override_never_changes"
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            AccountOverride.objects.filter(pk=made.pk).update(account="8402")


class TestDebtors:
    def test_each_customer_is_numbered_once(self, seller: Seller, books: Bookkeeping) -> None:
        order(seller, ("1.00", "standard"), name="A")
        assert assign_debtors(books=books, at=AT) == 1
        order(seller, ("1.00", "standard"), name="B")
        assert [assign_debtors(books=books, at=AT) for _ in range(2)] == [1, 0]

        numbers = DebtorAccount.objects.order_by("number")
        assert [(row.customer.name, row.number) for row in numbers] == [("A", 10001), ("B", 10002)]

    def test_or_all_have_one_together(self, seller: Seller, books: Bookkeeping) -> None:
        Bookkeeping.objects.update(debtors="collective")
        books.refresh_from_db()
        order(seller, ("1.00", "standard"))

        (postings,) = _files(books)

        assert [row[6] for row in _cells(postings)] == ["10000"]

    def test_accounts_have_the_digits_of_the_books(self, seller: Seller) -> None:
        wide = {"account_digits": 6, "first_debtor": 1000100, "collective_debtor": 1000000}
        books = Bookkeeping.objects.create(
            seller=seller, consultant_number=29098, client_number=55003, **wide
        )
        order(seller, ("1.00", "standard"))

        postings, _ = _files(books)

        assert [row[6:8] for row in _cells(postings)] == [["1000100", "840000"]]

    def test_the_database_refuses_numbers_of_other_lengths(self, seller: Seller) -> None:
        name = "bookkeeping_debtors_have_a_digit_more"
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Bookkeeping.objects.create(
                seller=seller, consultant_number=29098, client_number=55003, first_debtor=9999
            )


class TestTexts:
    @pytest.mark.parametrize(
        ("number", "field"),
        [
            ("R/2026-1", "R/2026-1"),
            ("R 2026_1.a", "R-2026-1-a"),
            ("Ü1", "-1"),
            ("A" * 40 + "7", "A" * 35 + "7"),
        ],
    )
    def test_a_number_takes_the_characters_that_are_allowed(self, number: str, field: str) -> None:
        assert document_field(number) == field

    def test_what_windows_lacks_is_written_alike(self, seller: Seller, books: Bookkeeping) -> None:
        order(seller, ("1.00", "standard"), name='Łódź "株" Čapek; Ünal €')

        postings, _ = _files(books)

        assert '"Lódz ""?"" Capek; Ünal €"'.encode("cp1252") in postings.content


class TestCommand:
    def test_it_writes_the_files_and_says_their_sum(
        self, books: Bookkeeping, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        order(books.seller, ("100.00", "standard"))

        call_command(
            "export_datev", "--from=2026-01-01", "--to=2026-01-31", "--output", str(tmp_path)
        )

        assert "119.00 EUR" in capsys.readouterr().out
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "EXTF_Buchungsstapel_2026-01.csv",
            "EXTF_Debitoren.csv",
        ]

    def test_without_the_advisers_numbers_it_asks_for_them(self, seller: Seller) -> None:
        with pytest.raises(CommandError, match="Books → Bookkeeping"):
            call_command("export_datev", "--from=2026-01-01", "--to=2026-01-31")

        assert not Invoice.objects.exists()


def _override(seller: Seller, **given: object) -> AccountOverride:
    values = {"purpose": "revenue", "valid_from": FIRST, "reason": "Adviser", **given}
    return AccountOverride.objects.create(seller=seller, created_at=AT, **values)
