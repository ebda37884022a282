"""
What the pages on failures cost, by how many are open: each page ten times, as its user has it.

Set-based, one failed event is made into many: of some thousand contracts, for as many causes as a
bad day has. The pages are asked for in turns, through all of Django but the network.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone

from benchmarks.contracts import Built, build_contracts
from benchmarks.month_end import settle
from benchmarks.order_latency import Latency, summary
from billing.contracts.events import PERIOD_ENDED
from billing.contracts.models import Contract
from billing.events.commands import fail
from billing.events.log import NewEvent, append
from billing.events.models import Event, Failure, FailureCause
from billing.events.tries import Trouble, Worker
from billing.ids import new_id

CONTRACTS = 5000
CAUSES = 200
TIMES = 10
WARM_UP = 2
# Numbered from 1: a contract and a cause of each, and ids that don't meet.
_EVENT = "md5('event' || n)::uuid"
_CONTRACT = "(%(contracts)s::uuid[])[1 + n %% cardinality(%(contracts)s::uuid[])]"
_CAUSE = "(%(causes)s::uuid[])[1 + n %% cardinality(%(causes)s::uuid[])]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """How long pages take, from the request to their last byte."""

    open: int
    causes: Latency
    cause: Latency
    failures: Latency
    start: Latency


def measure(*, failures: int) -> Inbox:
    """Return the latencies of the pages among so many open failures."""
    built = build_contracts(count=CONTRACTS, at=timezone.now())
    _fail_more(built, _fail_one(built, at=timezone.now()), failures)
    settle()
    pages = {
        "causes": reverse("admin:billing_failurecause_changelist"),
        "cause": reverse(
            "admin:billing_failurecause_change",
            args=[FailureCause.objects.filter(seller=built.seller).latest("pk").pk],
        ),
        "failures": reverse("admin:billing_failure_changelist"),
        "start": reverse("admin:index"),
    }
    client = _signed_in()
    taken: dict[str, list[float]] = {name: [] for name in pages}
    # What is asked is the app's own host; in development it is `localhost` alone.
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        for _ in range(WARM_UP + TIMES):
            for name, path in pages.items():
                taken[name].append(_milliseconds(client, path))
    found = {name: summary(values[WARM_UP:]) for name, values in taken.items()}
    return Inbox(open=Failure.objects.filter(seller=built.seller, state="open").count(), **found)


def _milliseconds(client: Client, path: str) -> float:
    started = time.perf_counter()
    answer = client.get(path)
    elapsed = time.perf_counter() - started
    assert answer.status_code == 200, f"{path} answers {answer.status_code}"
    return elapsed * 1000


def _signed_in() -> Client:
    user = User.objects.create_user(f"inbox-{new_id()}", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    return client


@transaction.atomic
def _fail_one(built: Built, *, at: datetime) -> Failure:
    """Have an event fail, before anybody else sees it."""
    contract = Contract.objects.filter(seller=built.seller).earliest("pk")
    new = NewEvent(
        seller_id=built.seller.pk,
        type=PERIOD_ENDED,
        stream_id=contract.pk,
        payload={"contract_id": str(contract.pk)},
        as_of_date=built.day,
        occurred_at=at,
        idempotency_key=f"{PERIOD_ENDED}:{contract.pk}:0",
    )
    (event,) = append([new], at=at)
    trouble = Trouble(
        code="price_missing",
        reason="The plan has no price on that day.",
        remedy="Add one.",
        error_class="PriceMissing",
        money_at_stake_minor=132_60,
        currency="EUR",
    )
    me = Worker(task="issuing.bill", name="benchmark", at=at)
    failure = fail(event_id=event.pk, tried=me.tried(), trouble=trouble)
    assert failure is not None
    return failure


def _fail_more(built: Built, example: Failure, count: int) -> None:
    """Make many of one failure: of all contracts in turns, and of so many causes."""
    named = {
        "contracts": list(Contract.objects.filter(seller=built.seller).values_list("pk", flat=True))
    }
    unnamed = dict.fromkeys(("id", "fingerprint"), "md5('cause' || n)::uuid")
    _copies(example.cause, min(CAUSES, count), {**unnamed, "next_probe_at": "NULL"}, {})
    causes = FailureCause.objects.filter(seller=built.seller).values_list("pk", flat=True)
    named["causes"] = list(causes)
    event = {"id": _EVENT, "transaction_id": _EVENT, "stream_id": _CONTRACT,
             "idempotency_key": "'benchmark:' || n"}  # fmt: skip
    _copies(example.event, count - 1, event, named)
    failure = {"id": "md5('failure' || n)::uuid", "event_id": _EVENT, "cause_id": _CAUSE,
               "money_at_stake_minor": "100 + n", "is_new": "false",
               "opened_at": "opened_at - n * interval '1 second'"}  # fmt: skip
    _copies(example, count - 1, failure, named)


def _copies(row: models.Model, count: int, given: Mapping[str, str], named: Any) -> None:
    """Write copies of a row, numbered `n` from 1; `given` is the SQL of columns that differ."""
    model = type(row)
    columns = [str(each.column) for each in model._meta.concrete_fields]
    if model is Event:
        columns.remove("position")
    chosen = ", ".join(given.get(column, column) for column in columns)
    query = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(columns)})"
        f" SELECT {chosen} FROM {model._meta.db_table}, generate_series(1, %(count)s) n"
        " WHERE id = %(like)s"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(query, {"count": count, "like": row.pk, **named})
