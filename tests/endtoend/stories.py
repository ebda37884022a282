"""Scenarios as stories of real sellers: what the pure engine makes of them is what must come."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from billing.sellers.models import Seller
from billing.simulation.reading import Case, read_yaml, scenario_of
from billing.simulation.run import run
from billing.simulation.scenario import Scenario
from tests import factories
from tests.endtoend.days import steps
from tests.endtoend.documents import Shown, of_engine

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario that can be told: the name of its file, and what the pure engine makes of it."""

    name: str
    scenario: Scenario

    def expected(self) -> list[Shown]:
        return of_engine(run(self.scenario))


@cache
def case_of(name: str) -> Case:
    """Return the scenario of a file."""
    return read_yaml((SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8"), file=name)


@cache
def names(*, refused: bool) -> list[str]:
    """
    Return the names of the scenarios that are told, or of those that contradict themselves.

    Left out are those in which nothing happens, and those that can't even be read.
    """
    found = []
    for file in sorted(SCENARIOS.glob("*.yaml")):
        scenario = case_of(file.stem).scenario
        is_refused = "error" in (case_of(file.stem).expect or {})
        if scenario and is_refused == refused and any(steps(scenario)):
            found.append(file.stem)
    return found


def story(name: str) -> Story:
    """Return the story of a file."""
    return Story(name, scenario_of(case_of(name)))


def seller_of(scenario: Scenario) -> Seller:
    """Return a seller in test mode whose clock stands on the first day of a scenario."""
    terms = scenario.seller
    seller = factories.seller(
        clock=next(steps(scenario)).on,
        country=terms.country,
        timezone=terms.zone,
        currency=terms.currency,
        oss=terms.oss,
        small_business_from=date.min if terms.small_business else None,
        locale="en",
    )
    for country, vat_id in terms.registrations:
        factories.registration(seller, country=country, vat_id=vat_id)
    return seller
