"""Lines of the log: their two forms, what they bear, and when they are written."""

import json
import logging
from datetime import datetime

import pytest
from django.db import transaction

from billing.events.happened import tell_committed
from billing.happenings.context import bound, note
from billing.happenings.fields import OWN_FIELDS
from billing.happenings.formats import IN_ONE_PIECE, EcsLines, ReadableLines, readable
from billing.happenings.lines import Action, Outcome, tell, tell_each
from billing.happenings.spans import span
from tests import ecs
from tests.log.conftest import SERVICE, Pipe

logger = logging.getLogger("some.library")


class TestEcs:
    def test_a_line_tells_of_a_happening_in_fields_of_the_schema(self, pipe: Pipe) -> None:
        tell(Action.TASK_RUN, "issuing.bill ran", {"anlass.task": "issuing.bill"})

        (line,) = pipe.lines
        assert line["message"] == "issuing.bill ran"
        assert line["log.level"] == "info"
        assert line["event"]["action"] == "task.run"
        assert line["event"]["outcome"] == "success"
        assert line["service"] == {"name": "anlass", "version": "1.2.3", "environment": "trial"}
        assert datetime.fromisoformat(line["@timestamp"]).tzinfo is not None
        assert {name for name, _ in ecs.fields(line)} <= {*ecs.FIELDS, *OWN_FIELDS}

    @pytest.mark.parametrize("action", Action)
    def test_kinds_of_happenings_are_those_that_the_schema_allows(self, action: Action) -> None:
        (category,), (kind,) = action.fields["event.category"], action.fields["event.type"]  # type: ignore[misc]

        allowed = ecs.SCHEMA["allowed"]["event.category"]
        assert kind in allowed[category], f"{category}: {allowed[category]}"

    def test_lines_of_libraries_bear_what_is_bound_too(self, pipe: Pipe) -> None:
        with bound({"anlass.seller_id": "s-1"}), bound({"anlass.task": "vat.check_vat_id"}):
            note({"anlass.event.id": "e-1"})
            logger.warning("It takes long")
        logger.warning("It is over")

        first, second = pipe.lines
        assert first["anlass"] == {
            "seller_id": "s-1", "task": "vat.check_vat_id", "event": {"id": "e-1"},
        }  # fmt: skip
        assert "anlass" not in second

    def test_what_libraries_add_to_their_records_is_not_told(self, pipe: Pipe) -> None:
        logger.warning("A task", extra={"data": {"args": "Alice"}, "request": object()})

        (line,) = pipe.lines
        assert "Alice" not in json.dumps(line)
        assert {name for name, _ in ecs.fields(line)} <= {*ecs.FIELDS}

    def test_an_error_is_told_with_its_cause(self, pipe: Pipe) -> None:
        try:
            {}["Order 4711 of alice@customer.example is gone"]
        except LookupError:
            logger.exception("Defect")

        (line,) = pipe.lines
        assert line["error"]["type"] == "KeyError"
        assert line["error"]["message"] == "'Order 4711 of …@… is gone'"
        assert "test_an_error_is_told_with_its_cause" in line["error"]["stack_trace"]
        assert "alice" not in json.dumps(line)
        assert len(line["anlass"]["error"]["fingerprint"]) == 16

    def test_it_bears_the_trace_that_it_is_written_in(self, pipe: Pipe) -> None:
        with span("something", kind="internal") as made:
            logger.warning("within")
        logger.warning("after")

        within, after = pipe.lines
        assert within["trace"] == {"id": made.trace.trace_id}
        assert within["span"] == {"id": made.trace.span_id}
        assert "trace" not in after

    def test_lines_of_many_are_written_together_and_whole(self, pipe: Pipe) -> None:
        ids = [f"i-{number}" for number in range(500)]
        rows = [(f"{each} was issued", {"anlass": {"invoice": {"id": each}}}) for each in ids]

        with bound({"anlass.task": "issuing.bill_due", "http.request.id": "r"}):
            tell_each(Action.INVOICE_ISSUED, rows)

        assert [line["message"] for line in pipe.lines] == [message for message, _ in rows]
        assert {line["event"]["action"] for line in pipe.lines} == {"invoice.issued"}
        assert {line["anlass"]["task"] for line in pipe.lines} == {"issuing.bill_due"}
        assert max(len(piece.encode()) for piece in pipe.pieces) <= IN_ONE_PIECE
        assert all(piece.endswith("}\n") for piece in pipe.pieces)
        assert len(pipe.pieces) < 150


class TestReadable:
    def test_the_form_for_people_says_who_and_what(self, pipe: Pipe) -> None:
        with bound({"http.request.id": "shop-42"}):
            logger.warning("It takes long")

        (line,) = pipe.lines
        said = readable(line)
        milliseconds = line["@timestamp"][20:23]
        assert said.endswith(f",{milliseconds} WARNING some.library: It takes long [shop-42]")

    def test_json_is_shown_as_the_console_would(self, pipe: Pipe) -> None:
        record = logging.LogRecord("anlass", logging.INFO, "", 0, "ready", (), None)

        shown = readable(json.loads(EcsLines(service=SERVICE).format(record)))

        assert shown == ReadableLines().format(record)


@pytest.mark.usefixtures("committed")
class TestCommitted:
    def test_a_fact_is_told_once_it_is_committed(self, pipe: Pipe) -> None:
        with transaction.atomic(), bound({"anlass.seller_id": "s-1"}):
            tell_committed(Action.INVOICE_ISSUED, "R1 was issued", {})
            assert pipe.lines == []

        (line,) = pipe.lines
        assert line["anlass"]["seller_id"] == "s-1"

    def test_what_is_rolled_back_is_not_told(self, pipe: Pipe) -> None:
        with transaction.atomic():
            tell_committed(Action.INVOICE_ISSUED, "R1 was issued", {}, outcome=Outcome.SUCCESS)
            transaction.set_rollback(True)

        assert pipe.lines == []
