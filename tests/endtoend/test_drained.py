"""Scenarios through API and database; what waits in the log is handled at once, in its order."""

from collections.abc import Iterator
from typing import Any

import pytest

from billing.contracts.commands import step_test_clock
from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from billing.simulation.comparing import differences
from invoices.issuing.commands import bill
from tests import factories
from tests.api.conftest import App
from tests.endtoend.days import steps
from tests.endtoend.documents import of_api
from tests.endtoend.stories import Story, case_of, names, seller_of, story
from tests.endtoend.telling import Refused, Teller
from tests.factories import AT

# What is not there yet, or is there already, the API refuses in words of its own.
OTHERWISE = {
    "own-bad-restart": {"error": "Another subscription has this external_id"},
    "own-refused-change-before-start": {"error": "no such thing"},
    "own-refused-change-without-start": {"error": "no such thing"},
    "own-refused-start-twice": {"error": "Another subscription has this external_id"},
}
EACH, FIRST = 14, 5  # Others than those that the running system lives.


def some(found: list[str]) -> Iterator[Any]:
    """Yield all names, the most of them as slow tests."""
    for position, name in enumerate(found):
        is_fast = position % EACH == FIRST
        yield name if is_fast else pytest.param(name, marks=pytest.mark.slow)


def handle(seller: Seller) -> None:
    """Handle what waits, and what follows from it."""
    while waiting := list(
        Event.objects.filter(seller=seller, state="waiting").order_by("position")
    ):
        for event in waiting:
            bill(event_id=event.pk, at=AT, worker="test")


def go(seller: Seller) -> None:
    """Take the test clock to its day."""
    while step_test_clock(seller=seller, at=AT):
        handle(seller)


def tell(told: Story) -> tuple[Seller, Teller]:
    """Tell a story to its end."""
    seller = seller_of(told.scenario)
    teller = Teller(App(factories.api_key(seller)), told.scenario)
    teller.set_up()
    for step in steps(told.scenario):
        teller.advance(step.on, hold_due=True)
        go(seller)
        teller.state(step.facts)
        handle(seller)
    teller.finish()
    go(seller)
    return seller, teller


class TestScenarios:
    @pytest.mark.parametrize("name", [*some(names(refused=False))])
    def test_the_documents_are_those_of_the_pure_engine(self, db: None, name: str) -> None:
        told = story(name)

        _, teller = tell(told)

        assert not Failure.objects.exists(), list(Failure.objects.values_list("reason", flat=True))
        assert of_api(teller.documents(), teller.codes) == told.expected()

    @pytest.mark.parametrize("name", names(refused=True))
    def test_what_contradicts_is_refused(self, db: None, name: str) -> None:
        told = story(name)

        with pytest.raises(Refused) as refused:
            tell(told)

        expect = OTHERWISE.get(name) or case_of(name).expect or {}
        assert differences(expect, {"error": str(refused.value)}) == []
