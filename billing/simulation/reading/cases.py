"""A scenario from its first line to its last: what is told, or why it can't be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billing.simulation.reading.expecting import expectation
from billing.simulation.reading.facts import orders, usage
from billing.simulation.reading.fields import Fields
from billing.simulation.reading.nodes import Told, told_in_json, told_in_yaml
from billing.simulation.reading.parties import contract_terms, customer_terms, seller_terms
from billing.simulation.reading.plans import meters, plans
from billing.simulation.reading.timeline import timeline
from billing.simulation.scenario import BadScenario, Scenario

_KEYS = (
    "title", "seller", "customer", "contract", "meters", "plans", "timeline", "orders", "usage",
    "until", "expect",
)  # fmt: skip
_PARTIES = ("seller", "customer", "contract")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    A scenario that was read, or the refusal to do so: one of the two is None.

    `expect` is there also for a refused one, unless that itself is malformed.
    """

    title: str
    expect: Mapping[str, Any] | None = None
    scenario: Scenario | None = None
    refusal: BadScenario | None = None


def read_yaml(text: str, *, file: str) -> Case:
    """Return the scenario of a YAML 1.2 text; refusals name the file and the line."""
    try:
        told = told_in_yaml(text, file)
    except BadScenario as refusal:
        return Case(title=file, refusal=refusal)
    return read_told(told, untitled=file)


def read_json(value: object, *, path: str = "") -> Case:
    """Return the scenario of parsed JSON; refusals name the path of what is wrong in it."""
    try:
        told = told_in_json(value, path)
    except BadScenario as refusal:
        return Case(title=path, refusal=refusal)
    return read_told(told, untitled=path)


def read_told(told: Told, *, untitled: str) -> Case:
    """Return the scenario of what is told; `untitled` stands for a title that isn't there."""
    title, expect = untitled, None
    try:
        fields = Fields(told, "a scenario", told.value if isinstance(told.value, dict) else ())
        title = fields.text("title", untitled)
        expect = expectation(fields)
        scenario = _scenario(Fields(told, "a scenario", _KEYS), expect)
    except BadScenario as refusal:
        return Case(title=title, expect=expect, refusal=refusal)
    return Case(title=title, expect=expect, scenario=scenario)


def scenario_of(case: Case) -> Scenario:
    """
    Return the scenario.

    :raises BadScenario: if it could not be read.
    """
    if case.scenario is None:
        raise case.refusal or BadScenario("there is no scenario.")
    return case.scenario


def _scenario(fields: Fields, expect: Mapping[str, Any] | None) -> Scenario:
    title = fields.text("title")
    until = fields.day("until")
    seller = seller_terms(fields)
    known_meters = meters(fields)
    known_plans = plans(fields, meters=known_meters, currency=seller.currency)
    rows = timeline(fields, known_plans)
    return Scenario(
        title=title,
        seller=seller,
        customer=customer_terms(fields),
        contract=contract_terms(fields),
        meters=known_meters,
        plans=known_plans,
        timeline=rows,
        orders=orders(fields),
        usage=usage(fields, meters=known_meters, rows=rows, zone=seller.zone),
        until=until,
        places={"": fields.where, **_places(fields.told)},
        expect=expect,
    )


def _places(told: Told, path: str = "") -> dict[str, str]:
    """Return where the keys stand that say who deals with whom on which terms, by their paths."""
    found: dict[str, str] = {}
    for name, each in told.value.items() if isinstance(told.value, dict) else ():
        if path or name in _PARTIES:
            inner = f"{path}.{name}" if path else name
            found |= {inner: each.where, **_places(each, inner)}
    return found
