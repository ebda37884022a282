"""What is shipped for Elasticsearch and Kibana agrees with what lines bear."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from billing.happenings.fields import OWN_FIELDS
from billing.happenings.lines import Action
from tests import ecs

MONITORING = Path(__file__).parents[2] / "monitoring"
DOCS = Path(__file__).parents[2] / "docs" / "logging.md"
LINES = (MONITORING / "kibana" / "anlass.ndjson").read_text(encoding="utf-8").splitlines()
OBJECTS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
# A field in a query of Kibana's: what stands before a colon.
QUERIED = re.compile(r"([\w@.]+)\s*:")


def shipped(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (MONITORING / "elasticsearch" / name).read_text(encoding="utf-8")
    )
    return found


def mapped(properties: Mapping[str, Any], under: str = "") -> Iterator[tuple[str, str]]:
    """Yield the fields of a mapping with their types."""
    for name, each in properties.items():
        if "properties" in each:
            yield from mapped(each["properties"], f"{under}{name}.")
        else:
            yield f"{under}{name}", each["type"]


def mappings(name: str) -> dict[str, str]:
    return dict(mapped(shipped(name)["template"]["mappings"]["properties"]))


def used(found: dict[str, Any]) -> set[str]:
    """Return the fields that a saved object names."""
    about = found["attributes"]
    source = json.loads(about.get("kibanaSavedObjectMeta", {}).get("searchSourceJSON", "{}"))
    names = set(QUERIED.findall(source.get("query", {}).get("query", "")))
    names |= set(about.get("columns", [])) | {name for name, _ in about.get("sort", [])}
    for each in json.loads(about.get("visState", "{}")).get("aggs", []):
        names |= {each["params"]["field"]} if "field" in each["params"] else set()
    return names | ({about["timeFieldName"]} if "timeFieldName" in about else set())


class TestTemplate:
    def test_our_own_fields_have_the_types_that_the_code_says(self) -> None:
        told = {name: kind for name, (kind, _) in OWN_FIELDS.items()}

        assert mappings("component-anlass-mappings.json") == told

    def test_others_have_those_of_the_schema(self) -> None:
        for name, kind in mappings("component-ecs-mappings.json").items():
            assert ecs.FIELDS[name] == kind, name

    def test_it_is_made_of_parts_that_are_shipped(self) -> None:
        template = shipped("index-template.json")

        names = {"anlass-ecs-mappings", "anlass-mappings", "anlass-settings"}
        assert set(template["composed_of"]) == names
        policy = shipped("component-anlass-settings.json")["template"]["settings"]["index"]
        assert policy["lifecycle"]["name"] == "anlass-logs"
        assert "delete" in shipped("ilm-policy.json")["policy"]["phases"]


class TestSavedObjects:
    def test_all_references_lead_somewhere(self) -> None:
        there = {(each["type"], each["id"]) for each in OBJECTS}
        asked = {(to["type"], to["id"]) for each in OBJECTS for to in each["references"]}

        assert len(there) == len(OBJECTS)
        assert asked <= there

    @pytest.mark.parametrize("found", OBJECTS, ids=lambda each: str(each["id"]))
    def test_each_names_what_it_refers_to_and_fields_that_are_mapped(
        self, found: dict[str, Any]
    ) -> None:
        known = {
            **mappings("component-ecs-mappings.json"),
            **mappings("component-anlass-mappings.json"),
        }
        text = json.dumps(found["attributes"])

        assert used(found) <= known.keys()
        for reference in found["references"]:
            assert reference["name"].split(":")[-1] in text

    def test_actions_that_are_searched_for_are_told(self) -> None:
        told = {action.value[0] for action in Action}
        queries = " ".join(json.dumps(each["attributes"]) for each in OBJECTS)
        asked = re.findall(r'event\.action : (\(.*?\)|\\"\S+?\\")', queries)
        searched = {each for words in asked for each in re.findall(r"[a-z_]+\.[a-z_]+", words)}

        assert searched
        assert searched <= told

    def test_a_dashboard_shows_all_its_panels(self) -> None:
        (dashboard,) = [each for each in OBJECTS if each["type"] == "dashboard"]

        panels = json.loads(dashboard["attributes"]["panelsJSON"])
        names = {f"{each['panelIndex']}:{each['panelRefName']}" for each in panels}
        assert names == {each["name"] for each in dashboard["references"]}


class TestFilebeat:
    def test_lines_are_parsed_once_and_go_into_the_templates_stream(self) -> None:
        told = yaml.safe_load((MONITORING / "filebeat" / "filebeat.yml").read_text())

        for each in told["filebeat.inputs"]:
            parsed = [one["ndjson"] for one in each["parsers"] if "ndjson" in one]
            assert len(parsed) == 1
            assert parsed[0]["target"] == ""
            assert parsed[0]["expand_keys"]
        (pattern,) = shipped("index-template.json")["index_patterns"]
        assert told["output.elasticsearch"]["index"].startswith(pattern.rstrip("*"))


class TestGuide:
    @pytest.mark.parametrize("name", OWN_FIELDS)
    def test_it_tells_of_each_field_of_ours(self, name: str) -> None:
        assert f"`{name}`" in DOCS.read_text(encoding="utf-8")

    @pytest.mark.parametrize("action", Action)
    def test_it_tells_of_each_happening(self, action: Action) -> None:
        assert f"`{action.value[0]}`" in DOCS.read_text(encoding="utf-8")
