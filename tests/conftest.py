"""What all tests share: a database that really commits, and is emptied behind the test."""

import gc
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, connections
from django.test.utils import override_settings, setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

KEPT = {
    "billing_taxrate",
    "invoices_account",
    "django_content_type",
    "auth_permission",
}  # Made by migrations.


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays until the end: thousands of tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The tests' database, made also for tests that pytest-django doesn't know to need it."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
    # Each client of the website would look up all static files before its first request.
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """
    A database whose commits are real, for other processes and threads to see.

    What the test left is removed behind it, past the triggers that protect the facts.
    """
    with django_db_blocker.unblock():
        yield
        empty_database()
        connections.close_all()


def empty_database() -> None:
    """Remove all that tests left, past the triggers that protect the facts."""
    tables = [
        f'"{model._meta.db_table}"'
        for model in apps.get_models(include_auto_created=True)
        if model._meta.db_table not in KEPT
    ]
    with connection.cursor() as cursor:
        # Few have rows: to truncate all of them takes longer than many a test.
        cursor.execute(
            " UNION ALL ".join(f"(SELECT '{each}' FROM {each} LIMIT 1)" for each in tables)
        )
        filled = [name for (name,) in cursor.fetchall()]
        cursor.execute("SET session_replication_role = replica")
        for name in filled:
            cursor.execute(f"DELETE FROM {name}")
        cursor.execute("SET session_replication_role = DEFAULT")
