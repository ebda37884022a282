"""Tells a scenario to the API, fact by fact, as an app of the seller would."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Protocol

from billing.pricing.taxes import SupplyKind
from billing.pricing.terms import ChangeKind
from billing.simulation.scenario import Ordered, Row, Scenario, Used
from tests.endtoend.sold import meter_body, plan_body
from tests.endtoend.stated import (
    change_body,
    contract_body,
    customer_body,
    order_body,
    record_body,
    start_body,
)
from tests.endtoend.words import Body, name_of


class Answer(Protocol):
    """What the API answered."""

    status: int

    @property
    def body(self) -> Any: ...


class App(Protocol):
    """Something that calls the API for one seller."""

    def get(self, path: str) -> Answer: ...

    def post(self, path: str, body: Any = None) -> Answer: ...


class Refused(Exception):
    """The API refused a fact; the text is the detail of its problem."""


class Teller:
    """Speaks for a seller that lives a scenario."""

    def __init__(self, app: App, scenario: Scenario) -> None:
        """Nothing is told yet."""
        self._app = app
        self._scenario = scenario
        self.codes: dict[str, str] = {}

    def set_up(self) -> None:
        """State what is sold, to whom, and on which terms."""
        scenario = self._scenario
        self._post("/customers", customer_body(scenario))
        for meter in scenario.meters.values():
            self._post("/meters", meter_body(meter, scenario.plans.values()))
        for supply in SupplyKind:
            body = {"code": f"product-{supply}", "name": "Product", "supply": supply.value}
            self._post("/products", body)
        for plan in scenario.plans.values():
            made = self._post("/plans", plan_body(plan))
            self.codes |= {price["id"]: price["code"] for price in made["prices"]}
        self._post("/contracts", contract_body(scenario))

    def state(self, facts: Iterable[Row | Ordered | Used]) -> None:
        """
        State the facts of a day in their order, usage that comes together in one call.

        :raises Refused: if the API refuses one of them.
        """
        for is_usage, together in groupby(facts, key=lambda fact: isinstance(fact, Used)):
            if is_usage:
                records = [record_body(fact) for fact in together if isinstance(fact, Used)]
                self._post("/usage", {"records": records})
            else:
                for fact in together:
                    self._state_one(fact)

    def _state_one(self, fact: Row | Ordered | Used) -> None:
        assert not isinstance(fact, Used), "usage is sent together"
        if isinstance(fact, Ordered):
            self._post("/orders", order_body(fact))
        elif fact.kind is ChangeKind.START:
            self._post("/subscriptions", start_body(fact))
        else:
            path = f"/subscriptions/ext:{name_of(fact.subscription)}/changes"
            self._post(path, change_body(fact))

    def advance(self, to: date, *, hold_due: bool) -> None:
        """Send the test clock on its way."""
        self._post("/test-clock/advance", {"to": to.isoformat(), "hold_due": hold_due})

    def finish(self) -> None:
        """Send the test clock on its way to the end of the story's last day."""
        self.advance(self._scenario.until + timedelta(days=1), hold_due=True)

    def documents(self) -> list[Body]:
        """Return all documents with their lines, oldest first."""
        found: list[Body] = []
        path = "/invoices?limit=100"
        while path:
            page = self._app.get(path).body
            found += [self._app.get(f"/invoices/{row['id']}").body for row in page["results"]]
            following: str | None = page["next"]
            path = following.partition("/api/v1")[2] if following else ""
        return found[::-1]

    def _post(self, path: str, body: Body) -> Any:
        answer = self._app.post(path, body)
        if answer.status >= 300:
            raise Refused(str(answer.body.get("detail", answer.body)))
        return answer.body
