"""What the house promises of itself."""

import ast
from itertools import chain
from pathlib import Path

import pytest
import rfc8785
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from billing.contracts.events import PERIOD_ENDED
from billing.customers.events import CUSTOMER_DAY_ENDED
from billing.events import dispatch
from config.flow import BILL_DUE, FLOW
from config.stack.processes import WORKERS
from invoices.issuing.queries.content import canonical

PACKAGES = ("billing", "invoices", "config")
KEYS = st.from_regex(r"[a-z_]+", fullmatch=True)
FILES = [path for package in PACKAGES for path in Path(package).rglob("*.py")]


class TestFlow:
    def test_it_names_only_registered_tasks(self) -> None:
        current_app.loader.import_default_modules()

        assert set(chain.from_iterable(FLOW.values())) <= set(current_app.tasks)

    def test_every_task_of_ours_is_set_off_by_an_event(self) -> None:
        current_app.loader.import_default_modules()
        ours = {
            name
            for name, task in current_app.tasks.items()
            if task.__module__.startswith(("billing.", "invoices."))
        }

        assert ours <= set(chain.from_iterable(FLOW.values()))


class TestQueue:
    def test_asking_registers_never_holds_up_billing(self) -> None:
        route = current_app.amqp.router.route({}, "vat.check_vat_id")

        assert route["queue"].name == "delivery"

    @pytest.mark.parametrize("task", sorted(set(chain.from_iterable(FLOW.values()))))
    def test_neither_documents_nor_a_month_end_hold_up_billing(self, task: str) -> None:
        queue = current_app.amqp.router.route({}, task)["queue"].name
        taken_beside_billing = {
            name for names in WORKERS.values() if "billing" in names for name in names.split(",")
        }

        own = {"documents": "documents", "delivery": "delivery", "vat": "delivery"}
        if task != BILL_DUE:
            assert queue == own.get(task.partition(".")[0], "billing")
        assert taken_beside_billing == {"billing"}

    def test_what_the_calendar_makes_due_goes_to_the_bulk(self) -> None:
        of_bulk = {kind for kind in FLOW if dispatch.queue_of(kind) == settings.BULK_QUEUE}

        assert of_bulk == {PERIOD_ENDED, CUSTOMER_DAY_ENDED}
        assert set(settings.QUEUES) == {
            queue for queues in WORKERS.values() for queue in queues.split(",")
        }

    def test_tasks_end_before_their_message_is_seen_again(self) -> None:
        assert settings.CELERY_TASK_TIME_LIMIT < settings.BROKER_VISIBILITY_SECONDS

    def test_a_message_is_kept_until_its_task_has_ended(self) -> None:
        assert settings.CELERY_TASK_ACKS_LATE
        assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
        assert not settings.CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT


class TestSource:
    @pytest.mark.parametrize("path", FILES, ids=str)
    def test_imports_stand_at_the_top(self, path: Path) -> None:
        tree = ast.parse(path.read_text())
        functions = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        inner = [
            node
            for function in functions
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]

        assert inner == []

    def test_signals_are_connected_in_one_place(self) -> None:
        found = {path for path in FILES if "django.db.models.signals" in path.read_text()}

        assert found == {Path("billing/hooks.py")}

    def test_commits_are_waited_for_in_one_place(self) -> None:
        found = {path for path in FILES if "on_commit(" in path.read_text()}

        assert found == {Path("billing/events/commits.py")}


class TestTroubles:
    def test_money_at_stake_has_a_currency(self) -> None:
        made = [
            {given.arg for given in node.keywords}
            for path in FILES
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Trouble")
        ]

        assert made
        assert all(("money_at_stake_minor" in given) == ("currency" in given) for given in made)


class TestCanonicalJson:
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
        )
    )
    def test_it_is_that_of_rfc_8785(self, value: object) -> None:
        try:
            expected = rfc8785.dumps(value)
        except rfc8785.CanonicalizationError:
            return  # Lone surrogates: PostgreSQL doesn't take them either.

        assert canonical(value) == expected


class TestMigrations:
    def test_the_database_has_all_that_the_models_name(self, db: None) -> None:
        """A migration that alters a column may drop what only begins with it."""
        models = [*apps.get_app_config("billing").get_models()]
        models += apps.get_app_config("invoices").get_models()
        named = {
            each.name
            for model in models
            for each in (*model._meta.constraints, *model._meta.indexes)
        }

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes"
            )
            there = {name for (name,) in cursor.fetchall()}

        assert named <= there
