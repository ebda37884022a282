"""A real Prometheus asks a running stack all that rules and dashboards ask."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.monitoring import shipped
from tests.stack.conftest import trial
from tests.stack.trial import Trial

__all__ = ["trial"]

pytestmark = pytest.mark.slow

WITHIN = 420
# What a house in good health has nothing of: errors, failures, what waits, runs that go on.
NOTHING_OF = (
    "anlass-api: Errors",
    "anlass-api: Exceptions",
    "anlass-deliveries: Deliveries that wait",
    "anlass-deliveries: Failures",
    "anlass-engine: Billing runs",
    "anlass-engine: Findings",
    "anlass-engine: Database statements per second B",
    "anlass-overview: Billing runs",
    "anlass-overview: Failures",
    "anlass-overview: Money at stake",
    "record anlass:api_errors:rate5m",
)


@pytest.fixture
def told(trial: Trial, prometheus: dict[str, str], tmp_path: Path) -> dict[str, Any]:
    out = tmp_path / "answers.json"
    code = "-m", "tests.monitoring.scraping", str(out)
    process = trial.start("exec", "--processes", "--", sys.executable, *code)
    assert process.wait(WITHIN) == 0, trial.root
    found: dict[str, Any] = json.loads(out.read_text())
    return found


class TestScrape:
    @pytest.mark.timeout(WITHIN + 60)
    def test_each_query_is_answered(self, told: dict[str, Any]) -> None:
        answers, places = told["answers"], set(shipped.queries())

        assert set(answers) == places
        assert {each["status"] for each in answers.values()} == {"success"}
        assert [rule for rule in told["rules"] if rule["health"] != "ok"] == []
        fire = [name for name in places if name.startswith("alert") and answers[name]["result"]]
        assert fire == []
        empty = {name for name in places if not answers[name]["result"]}
        assert {each for each in empty if not each.startswith(("alert ", *NOTHING_OF))} == set()
        assert _value(answers, "anlass-overview: The books A") == 1
        assert _value(answers, "anlass-overview: Invoiced in 24 hours, net A") > 0


def _value(answers: dict[str, Any], place: str) -> float:
    ((_, value),) = answers[place]["result"]
    return float(value)
