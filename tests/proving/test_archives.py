"""Old tries go into files, and prove there what they proved in the database."""

from collections.abc import Iterator
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from billing.events.archived import attempts_in
from billing.events.archiving import KEPT_AT_LEAST, Stopped, TooYoung, archive_next
from billing.events.models import Attempt, AttemptArchive, Event
from billing.sellers.models import Seller
from invoices.proving.queries.story import story
from invoices.reports.queries.audit_period import Period
from invoices.reports.queries.audit_tables import TABLES
from tests.contracts.conftest import refused
from tests.proving.conftest import AT, Tamper, verify

LATER = AT + 2 * KEPT_AT_LEAST
COLUMNS = ("id", "event_id", "seller_id", "task", "worker", "started_at", "ended_at", "outcome",
           "error_class")  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    backend = "invoices.documents.folder.DocumentFolder"
    documents = {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "documents": documents}
    yield tmp_path
    storages._storages.pop("documents", None)


def archive(seller: Seller, *, before: datetime | None = None, events: int = 50_000) -> list[str]:
    """Archive all that can be; return what was done, file by file."""
    done = []
    while True:
        next_ = archive_next(
            seller_id=seller.pk, before=before or AT + KEPT_AT_LEAST / 2, at=LATER, events=events
        )
        if isinstance(next_, Stopped):
            return done
        done.append(next_.storage_name)


def tries() -> list[tuple[Any, ...]]:
    return list(Attempt.objects.order_by("id").values_list(*COLUMNS))


class TestArchiving:
    def test_each_try_stands_in_a_file_as_it_stood_in_the_database(self, books: Seller) -> None:
        before = tries()

        names = archive(books, events=8)

        found = [each for one in AttemptArchive.objects.all() for each in attempts_in(one)]
        rows = sorted(tuple(getattr(each, name) for name in COLUMNS) for each in found)
        assert rows == before
        assert len(names) > 2
        assert not Attempt.objects.exists()

    def test_the_books_are_proven_by_the_files(self, books: Seller) -> None:
        archive(books, events=20)

        assert verify(books).problems == []

    def test_running_again_archives_nothing(self, books: Seller) -> None:
        archive(books)

        assert archive(books) == []

    def test_nothing_behind_an_event_that_waits_is_archived(
        self, books: Seller, tamper: Tamper
    ) -> None:
        waiting = Event.objects.order_by("position")[10]
        tamper(f"UPDATE billing_event SET state = 'waiting' WHERE id = '{waiting.pk}'")

        archive(books)

        assert AttemptArchive.objects.get().until_position < waiting.position
        assert Attempt.objects.filter(event=waiting).exists()

    def test_what_was_recorded_later_stays(self, books: Seller) -> None:
        done = archive(books, before=AT)

        assert done == []
        assert Attempt.objects.exists()

    def test_the_latest_month_stays(self, books: Seller) -> None:
        with pytest.raises(TooYoung, match="latest 31 days"):
            archive_next(seller_id=books.pk, before=AT, at=AT)

    def test_a_file_that_was_stored_before_a_crash_is_used(
        self, books: Seller, folder: Path, tamper: Tamper
    ) -> None:
        (name,) = archive(books)
        kept = list(attempts_in(AttemptArchive.objects.get()))
        tamper("DELETE FROM billing_attemptarchive")
        Attempt.objects.bulk_create(kept)

        assert archive(books) == [name]
        assert len(list(folder.rglob("*.csv.gz"))) == 1

    def test_the_command_says_what_it_did(self, books: Seller) -> None:
        said = StringIO()

        call_command("archive_attempts", "--before=2026-02-01", "--seller=Alpha GmbH", stdout=said)

        assert "tries into attempts/" in said.getvalue()
        with pytest.raises(CommandError, match="latest 31 days"):
            call_command("archive_attempts", "--before=2100-01-01", "--seller=Alpha GmbH")


class TestReading:
    def test_the_story_tells_of_archived_tries(self, books: Seller) -> None:
        event = Event.objects.filter(type="order.placed").earliest("position")
        before = story(event.pk)

        archive(books)

        assert story(event.pk) == before

    def test_a_story_whose_file_is_gone_says_so(self, books: Seller, folder: Path) -> None:
        (name,) = archive(books)
        (folder / name).unlink()

        told = story(Event.objects.earliest("position").pk)

        assert told
        assert [each for each in told.entries if "can't be read" in each.title]

    def test_the_auditors_archive_holds_them(self, books: Seller) -> None:
        (attempts,) = (each for each in TABLES if each.table.name == "attempts")
        year = Period(
            seller=books, first_day=date(2026, 1, 1), last_day=date(2026, 12, 31), chart="SKR03"
        )
        before = sorted(attempts.rows(year))

        archive(books)

        assert before
        assert sorted(attempts.rows(year)) == before


class TestTheDatabase:
    def test_it_keeps_tries_of_which_no_archive_tells(self, books: Seller, tamper: Tamper) -> None:
        archive(books, events=20)
        one = AttemptArchive.objects.earliest("after_position")
        kept = list(attempts_in(one))
        tamper(f"DELETE FROM billing_attemptarchive WHERE id = '{one.pk}'")
        Attempt.objects.bulk_create(kept)

        with refused("attempt_never_deleted"):
            Attempt.objects.filter(event__position__lte=one.until_position).delete()

    def test_it_keeps_part_of_a_stretch(self, books: Seller) -> None:
        archive(books)
        kept = list(attempts_in(AttemptArchive.objects.get()))
        Attempt.objects.bulk_create(kept[1:])

        with refused("attempt_never_deleted"):
            Attempt.objects.all().delete()


class TestVerify:
    """What is done to archived tries is found."""

    TAMPERED = [
        ("UPDATE billing_event SET state = 'noted' WHERE type = 'order.placed'", "is noted"),
        (
            "UPDATE billing_event SET state = 'waiting' WHERE type = 'order.placed'",
            "is waiting, although its tries are archived",
        ),
        ("UPDATE billing_attemptarchive SET attempts = attempts + 1", "tries, not"),
        ("UPDATE billing_attemptarchive SET after_position = 1", "not after 0"),
        ("DELETE FROM billing_event WHERE type = 'order.placed'", "isn't in its stretch"),
        ("UPDATE billing_attemptarchive SET sha256 = repeat('0', 64)", "isn't what was written"),
    ]

    @pytest.mark.parametrize(("statement", "named"), TAMPERED)
    def test_tampering_is_found(
        self, books: Seller, tamper: Tamper, statement: str, named: str
    ) -> None:
        archive(books)
        tamper(statement)

        assert [
            each
            for each in verify(books).problems
            if each.check == "archives_prove" and named in each.message
        ]

    def test_a_file_that_is_cut_short_is_found(self, books: Seller, folder: Path) -> None:
        (name,) = archive(books)
        path = folder / name
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-20])

        assert "archives_prove" in {each.check for each in verify(books).problems}

    def test_a_success_that_the_file_lacks_is_found(self, books: Seller, tamper: Tamper) -> None:
        tamper("DELETE FROM billing_attempt WHERE task = 'issuing.bill' AND id % 3 = 0")
        archive(books)

        found = verify(books).problems

        assert [each for each in found if "issuing.bill succeeded 0 times" in each.message]

    def test_a_try_after_its_archive_is_found(self, books: Seller) -> None:
        archive(books)
        Attempt.objects.bulk_create([next(attempts_in(AttemptArchive.objects.get()))])

        assert "archived_is_settled" in {each.check for each in verify(books).problems}
