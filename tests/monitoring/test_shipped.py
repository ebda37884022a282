"""Rules, dashboards and runbooks say what is so, and ask for what there is."""

import re
import subprocess

import pytest
import yaml
from django.test import Client
from prometheus_client import REGISTRY
from prometheus_client.registry import CollectorRegistry

from billing.events.queues import create_queues
from config.stack.processes import WORKERS
from invoices.monitoring.metrics import StateCollector
from invoices.proving.models import Verification
from tests import factories
from tests.monitoring import shipped

SUFFIXES = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
# Flower's own, which live in its process.
OF_FLOWER = {"flower_worker_number_of_currently_executing_tasks"}


@pytest.fixture
def exposed(committed: None) -> set[str]:
    """The names of all series that the processes show."""
    create_queues()
    Client().get("/healthz")  # The first request makes the figures of requests.
    Verification.objects.create(
        began_at=factories.AT, ended_at=factories.AT, is_proven=True, checked={}, found={"x": 0}
    )
    state = CollectorRegistry()
    state.register(StateCollector())
    families = [*REGISTRY.collect(), *state.collect()]
    return {
        each.name + suffix for each in families for suffix in SUFFIXES.get(each.type, [""])
    } | OF_FLOWER | {"up"}  # fmt: skip


class TestPromtool:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("check", "config", "prometheus.yml"),
            ("check", "rules", "rules/alerts.yml", "rules/recording.yml"),
            ("test", "rules", "tests/alerts.yml"),
        ],
        ids=" ".join,
    )
    def test_it_is_content(self, prometheus: dict[str, str], arguments: tuple[str, ...]) -> None:
        done = subprocess.run(
            [prometheus["promtool"], *arguments],
            cwd=shipped.SHIPPED / "prometheus",
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stdout + done.stderr


class TestAlerts:
    def test_each_has_a_page_and_each_page_an_alert(self) -> None:
        pages = {path.stem for path in shipped.RUNBOOKS.glob("Anlass*.md")}

        assert pages == set(shipped.alerts())
        for name, rule in shipped.alerts().items():
            assert rule["annotations"]["runbook_url"].endswith(f"/{name}.md")
            page = (shipped.RUNBOOKS / f"{name}.md").read_text()
            assert f"Severity: {rule['labels']['severity']}." in page
            assert all(f"## {part}" in page for part in ("What it means", "Look here", "Do that"))
            assert f"({name}.md)" in (shipped.RUNBOOKS / "README.md").read_text()

    def test_each_says_what_is_wrong_and_how_much_it_matters(self) -> None:
        for rule in shipped.alerts().values():
            assert rule["labels"]["severity"] in {"critical", "warning"}
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["description"].endswith(".")

    def test_each_is_tried_both_ways(self) -> None:
        told = yaml.safe_load((shipped.SHIPPED / "prometheus/tests/alerts.yml").read_text())
        tried = {
            (name, bool(test["exp_samples"]))
            for case in told["tests"]
            for test in case["promql_expr_test"]
            for name in re.findall(r'alertname="(\w+)"', test["expr"])
        }

        assert tried == {(name, fires) for name in shipped.alerts() for fires in (True, False)}

    def test_who_is_told_is_someone(self) -> None:
        told = yaml.safe_load((shipped.SHIPPED / "alertmanager/alertmanager.yml").read_text())
        routes = [told["route"], *told["route"]["routes"]]
        silenced = [each for rule in told["inhibit_rules"] for each in rule["target_matchers"]]
        named = re.findall(r"Anlass\w+", str(routes) + str(silenced) + str(told["inhibit_rules"]))

        assert {each["receiver"] for each in routes} <= {each["name"] for each in told["receivers"]}
        assert set(named) <= set(shipped.alerts())

    def test_workers_are_told_apart_by_all_queues(self) -> None:
        told = yaml.safe_load((shipped.SHIPPED / "prometheus/prometheus.yml").read_text())
        (job,) = (job for job in told["scrape_configs"] if job["job_name"] == "anlass-worker")

        queues = {each["labels"]["queue"] for each in job["static_configs"]}
        assert queues == set(WORKERS.values())


class TestQueries:
    def test_they_ask_for_figures_that_there_are(self, exposed: set[str]) -> None:
        asked = {name for expr in shipped.queries().values() for name in shipped.names_in(expr)}

        assert len(asked) > 25
        assert asked - exposed == set()

    def test_recorded_series_are_recorded(self) -> None:
        asked = {
            name
            for expr in shipped.queries().values()
            for name in re.findall(r"anlass:\w+:\w+", expr)
        }

        assert asked <= set(shipped.recorded())


class TestDashboards:
    @pytest.mark.parametrize("name", sorted(shipped.dashboards()))
    def test_each_can_be_provisioned_anywhere(self, name: str) -> None:
        dashboard = shipped.dashboards()[name]
        panels = dashboard["panels"]

        assert dashboard["uid"] == name
        assert len({panel["id"] for panel in panels}) == len(panels)
        assert dashboard["templating"]["list"][0]["type"] == "datasource"
        for panel in panels:
            sources = [panel["datasource"], *(each["datasource"] for each in panel["targets"])]
            assert {each["uid"] for each in sources} == {"${datasource}"}
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]

    @pytest.mark.parametrize("name", sorted(shipped.dashboards()))
    def test_no_panel_lies_on_another(self, name: str) -> None:
        taken: set[tuple[int, int]] = set()
        for panel in shipped.dashboards()[name]["panels"]:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not taken & cells
            assert max(x for x, _ in cells) < 24
            taken |= cells
