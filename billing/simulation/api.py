"""Trying out what a price plan would charge: `/simulations`."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.scoped import Endpoint
from billing.simulation.limits import SCENARIOS_AT_MOST, check_sizes
from billing.simulation.output import Shown, tell, tell_invoices
from billing.simulation.reading import Case, read_json
from billing.simulation.scenario import BadScenario

EXAMPLE = {
    "title": "A month in advance",
    "plans": {
        "basic": {
            "interval": "month",
            "prices": [
                {"code": "base", "charge": "recurring", "model": "flat", "amount": "30.00"},
            ],
        }
    },
    "timeline": [{"on": "2026-01-01", "do": "start", "plan": "basic"}],
    "until": "2026-01-31",
}
SCENARIO = {
    "type": "object",
    "description": "A scenario, or several as {scenarios: [...]}, with the keys of its YAML form.",
    "additionalProperties": True,
}


class SimulatedTaxOutput(serializers.Serializer[Any]):
    category = serializers.CharField()
    rate = serializers.CharField(help_text="In percent.")
    base = serializers.CharField()
    tax = serializers.CharField()


class LineOutput(serializers.Serializer[Any]):
    price = serializers.CharField(allow_null=True, help_text="Null for the line of an order.")
    text = serializers.CharField()
    start = serializers.DateField(allow_null=True)
    end = serializers.DateField(allow_null=True, help_text="Not included.")
    quantity = serializers.CharField()
    unit_price = serializers.CharField(allow_null=True)
    net = serializers.CharField()
    tax_category = serializers.CharField()
    tax_rate = serializers.CharField(help_text="In percent.")
    explanation = serializers.DictField(help_text="The facts of the calculation.")


class DocumentOutput(serializers.Serializer[Any]):
    date = serializers.DateField()
    kind = serializers.ChoiceField(choices=["invoice", "credit_note"])
    currency = serializers.CharField()
    net = serializers.CharField(help_text="Negative on a credit note, like all its figures.")
    tax = serializers.CharField()
    gross = serializers.CharField()
    taxes = SimulatedTaxOutput(many=True)
    lines = LineOutput(many=True)


class ResultOutput(serializers.Serializer[Any]):
    title = serializers.CharField()
    invoices = DocumentOutput(many=True, required=False)
    error = serializers.CharField(
        required=False, help_text="Instead of invoices, where the scenario expects an error."
    )


class SimulationsOutput(serializers.Serializer[Any]):
    scenarios = ResultOutput(many=True)


class SimulationsView(Endpoint, writes=False):
    @extend_schema(
        request={"application/json": SCENARIO},
        responses=SimulationsOutput,
        examples=[OpenApiExample("One month", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Show the invoices that would come of one scenario, or of several; nothing is stored."""
        try:
            told = _scenarios(request.data)
            cases = [read_json(value, path=path) for path, value in told.items()]
            check_sizes(cases, list(told))
            return Response({"scenarios": [_result(case) for case in cases]})
        except BadScenario as refusal:
            reason = serializers.ErrorDetail(refusal.problem, "bad_scenario")
            raise serializers.ValidationError({refusal.where: [reason]}) from refusal


def _scenarios(body: Any) -> dict[str, Any]:
    """
    Return what a body tells, by the path of each scenario in it.

    :raises BadScenario: if it is no list of scenarios, or too long.
    """
    if not isinstance(body, dict) or "scenarios" not in body:
        return {"": body}
    told = body["scenarios"]
    if others := [name for name in body if name != "scenarios"]:
        problem = "this key can't stand beside scenarios: put it into each of them."
        raise BadScenario(problem, where=others[0])
    if not isinstance(told, list):
        raise BadScenario("scenarios must be a list.", where="scenarios")
    if len(told) > SCENARIOS_AT_MOST:
        raise BadScenario(f"send at most {SCENARIOS_AT_MOST} at a time.", where="scenarios")
    return {f"scenarios[{index}]": each for index, each in enumerate(told)}


def _result(case: Case) -> Shown:
    """
    Return what comes of a scenario; an error is part of the answer only where one is expected.

    :raises BadScenario: if it is refused and expects no error.
    """
    return tell(case) if "error" in (case.expect or {}) else tell_invoices(case)


urlpatterns = [path("simulations", SimulationsView.as_view(), name="simulations")]
