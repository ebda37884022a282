"""What the running system logs of an order: its whole story, by one id; and its trace."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import DjangoDbBlocker

from billing.events.queues import create_queues
from billing.happenings.fields import OWN_FIELDS
from tests import ecs, factories
from tests.chaos.engine import IMPATIENT, Engine
from tests.conftest import empty_database
from tests.delivery.servers import App
from tests.endtoend.collector import Collector

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STATE = "shop=t61rcWkgMzE"
NAME, STREET, EMAIL = "Zwirbelhuber", "Knusperweg", "zwirbel@huber.example"
CUSTOMER = {"name": NAME, "kind": "business", "street": STREET, "country": "DE"}
CUSTOMER |= {"postcode": "10115", "city": "Berlin", "external_id": "zwirbelhuber-1"}
LINE = {"text": "Knäckebrot", "quantity": "1", "unit_price": "99.00", "tax_class": "standard"}
STORY = [
    "event.appended order.placed",
    "request.answered",
    "event.handled order.placed",
    "invoice.issued order.placed",
    "event.appended invoice.issued",
    "documents.rendered invoice.issued",
    "event.handled invoice.issued",
    "event.appended documents.rendered",
    "event.handled documents.rendered",
    "event.appended delivery.ordered",
    "webhook.tried delivery.ordered",
    "event.handled delivery.ordered",
]
JQ = """fromjson? | select([.anlass.transaction_id] | flatten | index($id))
| [."@timestamp", .event.action, .anlass.event.type, .event.outcome, .message] | @tsv"""


@dataclass(frozen=True)
class Told:
    """An order's story: its transaction, what the log says, and what the app was told."""

    key: str
    own: str
    of_caller: str
    files: list[Path]
    app: App
    collector: Collector
    secrets: list[str]

    @property
    def texts(self) -> list[str]:
        """All that the processes wrote, also what Celery says before there is a log."""
        return [line for file in self.files for line in file.read_text().splitlines()]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.texts if line.startswith("{")]

    def story(self, transaction_id: str) -> list[dict[str, Any]]:
        def is_of(line: dict[str, Any]) -> bool:
            found = line.get("anlass", {}).get("transaction_id")
            return transaction_id in (found if isinstance(found, list) else [found])

        return sorted(filter(is_of, self.lines), key=lambda line: str(line["@timestamp"]))


def action(line: dict[str, Any]) -> str:
    """Return what a line tells of, and of which event; of a request's line the first alone."""
    event_type = line["anlass"].get("event", {}).get("type", "")
    return f"{line['event'].get('action', line['message'])} {event_type}".strip()


def ordered(url: str, key: str, headers: dict[str, str]) -> str:
    """Place an order, and return its transaction's id."""
    body = {"customer": "ext:zwirbelhuber-1", "lines": [LINE]}
    answer = call(url, "/orders?note=geheim", key, body, headers)
    return str(answer["transaction_id"])


def call(
    url: str, path: str, key: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> dict[str, Any]:
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=60)) as connection:
        said = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", f"/api/v1{path}", json.dumps(body), {**said, **(headers or {})})
        answer = connection.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 201, told
        return told


@pytest.fixture(scope="module")
def told(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Told]:
    """Two orders that were billed, documented and told to an app, one under a caller's trace."""
    logs, collector, app = tmp_path_factory.mktemp("logs"), Collector(), App()
    environ = {"LOG_FORMAT": "ecs", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    with django_db_blocker.unblock():
        create_queues()
        engine = Engine(logs, {**IMPATIENT, **environ, "OTEL_BSP_SCHEDULE_DELAY": "200"})
        try:
            yield _told(engine, app, collector, logs)
        finally:
            engine.close()
            collector.stop()
            app.stop()
            empty_database()


def _told(engine: Engine, app: App, collector: Collector, logs: Path) -> Told:
    seller = factories.seller(clock=None, makes_documents=True, email=EMAIL)
    key = factories.api_key(seller)
    endpoint = factories.endpoint(seller, url=app.url, event_types=["invoice.issued"])
    engine.start("worker-1", "worker-3", "relay")
    url = engine.serve()
    call(url, "/customers", key, CUSTOMER)
    own = ordered(url, key, {})
    # Billed together they would share a task, and its span be of no story.
    engine.wait_until(lambda: len(app.taken) >= 1, within=90, what="the app is told")
    of_caller = ordered(url, key, {"traceparent": CALLER, "tracestate": STATE})
    engine.wait_until(lambda: len(app.taken) >= 2, within=90, what="the app is told")
    files = [logs / f"{name}.log" for name in ("web", "worker-1", "worker-3", "relay")]
    secrets = [key, *endpoint.secrets.values_list("secret", flat=True)]
    found = Told(key, own, of_caller, files, app, collector, secrets)
    trace_id = CALLER.split("-")[1]
    engine.wait_until(
        lambda: any(
            span.name.startswith("webhook") for span in collector.of_trace(trace_id).values()
        ),
        within=30,
        what="spans are exported",
    )
    time.sleep(0.5)  # The lines that follow the app's answer.
    for name in ("worker-1", "worker-3", "relay", "web"):
        engine.stop(name)
    return found


@pytest.mark.timeout(300)
class TestStory:
    def test_one_id_tells_all_from_the_request_to_the_webhook(self, told: Told) -> None:
        for transaction_id in (told.own, told.of_caller):
            said = [action(line) for line in told.story(transaction_id)]

            assert set(STORY) <= set(said), said
            # Of one commit, and of two processes in the same millisecond, lines come in any order.
            places = [said.index(each) for each in STORY if not each.startswith("event.")]
            assert places == sorted(places)

    def test_jq_finds_it(self, told: Told) -> None:
        if shutil.which("jq") is None:
            pytest.skip("jq is not installed: the same filter is tried in Python")
        filtered = subprocess.run(
            ["jq", "-R", "-r", "--arg", "id", told.own, JQ, *map(str, told.files)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip

        assert len(filtered.stdout.splitlines()) == len(told.story(told.own))

    def test_a_request_is_told_by_one_line(self, told: Told) -> None:
        (line,) = [
            line
            for line in told.story(told.own)
            if line["event"].get("action") == "request.answered"
        ]

        assert line["anlass"]["route"] == "/api/v1/orders"
        assert line["http"]["response"]["status_code"] == 201
        assert line["event"]["duration"] > 0
        assert len(line["http"]["request"]["id"]) == 36
        assert not [each for each in told.texts if '"gunicorn.access"' in each]

    def test_every_line_is_json_of_known_fields(self, told: Told) -> None:
        known = {*ecs.FIELDS, *OWN_FIELDS}

        bare = {name for line in told.lines for name, _ in ecs.fields(line)}

        assert bare - known == set()

    def test_no_line_tells_of_persons_or_secrets(self, told: Told) -> None:
        marked = [NAME, STREET, EMAIL, "Knäckebrot", "zwirbelhuber-1", "geheim", *told.secrets]

        assert [
            line for line in told.texts for word in marked if word.lower() in line.lower()
        ] == []


@pytest.mark.timeout(300)
class TestTrace:
    def test_without_a_caller_it_has_the_id_of_the_transaction(self, told: Told) -> None:
        traced = {line["trace"]["id"] for line in told.story(told.own) if "trace" in line}

        assert traced == {told.own.replace("-", "")}

    def test_the_app_is_told_the_callers_trace(self, told: Told) -> None:
        trace_id = CALLER.split("-")[1]
        (taken,) = [each for each in told.app.taken if trace_id in each.headers["traceparent"]]

        assert taken.headers["tracestate"] == STATE
        span = told.collector.of_trace(trace_id)[taken.headers["traceparent"].split("-")[2]]
        assert span.name == "webhook invoice.issued"

    @pytest.mark.parametrize("by_caller", [True, False])
    def test_one_tree_leads_from_the_request_to_the_webhook(
        self, told: Told, by_caller: bool
    ) -> None:
        trace_id = CALLER.split("-")[1] if by_caller else told.own.replace("-", "")
        spans = told.collector.of_trace(trace_id)
        (webhook,) = [span for span in spans.values() if span.name == "webhook invoice.issued"]
        way, span = [webhook.name], webhook

        while span := spans.get(span.parent_span_id.hex()):  # type: ignore[assignment]
            way.append(span.name)
            root = span

        assert way == [
            "webhook invoice.issued",
            "delivery.deliver", "send delivery.ordered",
            "delivery.plan", "send documents.rendered",
            "documents.render", "send invoice.issued",
            "issuing.bill", "send order.placed",
            "POST /api/v1/orders",
        ]  # fmt: skip
        assert root.parent_span_id.hex() == (CALLER.split("-")[2] if by_caller else "")
        assert "render documents" in {span.name for span in spans.values()}
        assert told.collector.services == {"anlass"}
