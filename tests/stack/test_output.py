"""What the stack's processes say: shown to people, and kept as it is."""

import io
import json
from pathlib import Path

from config.stack.output import Output

LINE = {
    "@timestamp": "2026-01-01T09:00:00.123Z",
    "log.level": "warning",
    "message": "order.placed waits",
    "ecs.version": "9.4.0",
    "log": {"logger": "anlass"},
    "http": {"request": {"id": "shop-42"}},
}


def test_lines_in_json_are_shown_readable_and_kept_as_they_are(tmp_path: Path) -> None:
    terminal = io.StringIO()
    output = Output(tmp_path / "anlass.log", terminal=terminal)

    output.line("relay", json.dumps(LINE))
    output.line("redis", "Ready to accept connections")
    output.close()

    shown = terminal.getvalue()
    assert "00:00,123 WARNING anlass: order.placed waits [shop-42]\n" in shown
    assert "redis      | Ready to accept connections\n" in shown
    assert (tmp_path / "anlass.log").read_text() == shown
    (kept,) = (tmp_path / "anlass.ecs.ndjson").read_text().splitlines()
    assert json.loads(kept) == LINE


def test_what_only_looks_like_json_is_shown_as_it_is(tmp_path: Path) -> None:
    output = Output(tmp_path / "anlass.log")

    output.line("web", '{"@timestamp": broken')
    output.close()

    assert (tmp_path / "anlass.log").read_text() == 'web        | {"@timestamp": broken\n'
