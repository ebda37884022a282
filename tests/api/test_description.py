"""The API's description: complete, valid, and what is checked in."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.core.management import call_command
from openapi_spec_validator import validate

from billing.api.description.codes import problem_codes
from billing.api.description.naming import operation_id
from tests.api.described import description

METHODS = {"get", "post", "put", "patch", "delete"}


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def choices_in(schema: Any) -> Iterator[list[Any]]:
    """Of which exactly one may match, where none of them is described elsewhere."""
    if isinstance(schema, dict):
        choices = schema.get("oneOf", [])
        if not any("$ref" in each for each in choices):
            yield choices
        schema = list(schema.values())
    for each in schema if isinstance(schema, list) else ():
        yield from choices_in(each)


class TestDescription:
    def test_it_is_valid(self) -> None:
        validate(description())

    def test_it_is_the_one_that_is_checked_in(self) -> None:
        call_command("describe_api", check=True)

        stored = json.loads(Path("docs/api/openapi.json").read_text(encoding="utf-8"))
        assert stored == description()

    def test_each_operation_has_a_name_of_its_own(self) -> None:
        names = Counter(operation["operationId"] for _, operation in operations())

        assert [name for name, times in names.items() if times > 1] == []
        assert all(name.isidentifier() for name in names)

    def test_each_list_is_named_by_its_address(self) -> None:
        misnamed = [
            told["operationId"]
            for path, methods in description()["paths"].items()
            for method, told in methods.items()
            if method == "get" and told["operationId"] != operation_id(path, "GET")
        ]

        assert misnamed == []

    def test_each_operation_says_what_it_does_in_a_line(self) -> None:
        wrong = [
            name
            for name, operation in operations()
            if not 5 < len(operation.get("summary", "")) <= 100
        ]

        assert wrong == []

    def test_each_parameter_is_described(self) -> None:
        undescribed = {
            f"{name} {parameter['name']}"
            for name, operation in operations()
            for parameter in operation.get("parameters", ())
            if not parameter.get("description")
        }

        assert undescribed == set()

    def test_each_resource_is_described(self) -> None:
        undescribed = [tag["name"] for tag in description()["tags"] if not tag.get("description")]

        assert undescribed == [], "say what they are in billing/api/description/tags.py"

    def test_an_empty_text_is_not_refused_for_being_allowed_twice(self) -> None:
        twice = [
            choices
            for choices in choices_in(description()["components"]["schemas"])
            if sum(jsonschema_rs.is_valid(each, "") for each in choices) > 1
        ]

        assert twice == []

    def test_each_refusal_is_a_problem_with_codes_that_are_catalogued(self) -> None:
        known = {each.code for each in problem_codes()}
        told = {
            code
            for _, operation in operations()
            for status, answer in operation["responses"].items()
            if status >= "400"
            for code in answer["x-problem-codes"]
        }

        assert told <= known

    def test_amounts_of_money_have_their_currency_everywhere(self) -> None:
        schemas = description()["components"]["schemas"]
        named = {"net", "tax", "gross", "payable", "prepaid", "settled", "open", "left"}
        bare = {
            f"{schema}.{name}"
            for schema, told in schemas.items()
            for name, value in told.get("properties", {}).items()
            if name in named and "Money" not in json.dumps(value)
        }

        # Scenarios are told in numbers, as they are written: each document has its currency.
        simulated = {"Document", "Line", "SimulatedTax"}
        assert {each for each in bare if each.partition(".")[0] not in simulated} == set()

    def test_what_a_change_does_not_say_has_no_default(self) -> None:
        schemas = description()["components"]["schemas"]
        changes = {name: told for name, told in schemas.items() if name.startswith("Patched")}

        assert len(changes) >= 5
        assert "default" not in json.dumps([told["properties"] for told in changes.values()])


class TestNames:
    @pytest.mark.parametrize(
        ("method", "path", "name"),
        [
            ("GET", "customers", "list_customers"),
            ("POST", "customers", "create_customer"),
            ("PATCH", "customers/{id}", "update_customer"),
            ("PUT", "customers/{id}/delivery", "set_customer_delivery"),
            ("GET", "customers/{id}/balance-movements", "list_customer_balance_movements"),
            ("DELETE", "webhook-endpoints/{id}", "delete_webhook_endpoint"),
            ("POST", "webhook-endpoints/{id}/rotate-secret", "rotate_webhook_endpoint_secret"),
            ("POST", "failures/{id}/retry", "retry_failure"),
            ("POST", "failures/{id}/write-off", "write_off_failure"),
            ("POST", "invoices/{id}/cancellation/preview", "preview_invoice_cancellation"),
            ("GET", "invoices/by-number/{number}", "get_invoice_by_number"),
            ("GET", "invoices/export", "export_invoices"),
            ("GET", "exports/datev", "get_datev_export"),
            ("POST", "usage", "record_usage"),
            ("POST", "test-clock/advance", "advance_test_clock"),
        ],
    )
    def test_they_are_made_by_one_rule(self, method: str, path: str, name: str) -> None:
        assert operation_id(f"/api/v1/{path}", method) == name

    def test_usage_has_no_plural_and_is_listed(self) -> None:
        assert operation_id("/api/v1/usage", "GET") == "list_usage"

    def test_what_stores_nothing_is_run(self) -> None:
        assert operation_id("/api/v1/simulations", "POST", stores=False) == "run_simulation"
