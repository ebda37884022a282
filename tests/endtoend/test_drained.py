"""Scenarios through API and database; what waits in the log is handled at once, in its order."""

import pytest

from billing.contracts.commands import step_test_clock
from billing.events.models import Event, Failure
from billing.sellers.models import Seller
from invoices.issuing.commands import bill
from tests import factories
from tests.api.conftest import App
from tests.endtoend.documents import of_api
from tests.endtoend.stories import names, seller_of, story
from tests.endtoend.telling import Teller, steps
from tests.factories import AT


def handle(seller: Seller) -> None:
    """Handle what waits, and what follows from it."""
    while waiting := list(
        Event.objects.filter(seller=seller, state="waiting").order_by("position")
    ):
        for event in waiting:
            bill(event_id=event.pk, at=AT, worker="test")


def go(teller: Teller, seller: Seller) -> None:
    while step_test_clock(seller=seller, at=AT):
        handle(seller)


class TestScenarios:
    @pytest.mark.parametrize("name", names(refused=False))
    def test_the_documents_are_those_of_the_pure_engine(self, db: None, name: str) -> None:
        told = story(name)
        seller = seller_of(told.scenario)
        teller = Teller(App(factories.api_key(seller)), told.scenario)
        teller.set_up()

        for step in steps(told.scenario):
            teller.advance(step.on, hold_due=True)
            go(teller, seller)
            teller.state(step.facts)
            handle(seller)
        teller.advance(told.scenario.until, hold_due=False)
        go(teller, seller)

        assert not Failure.objects.exists(), list(Failure.objects.values_list("reason", flat=True))
        assert of_api(teller.documents(), teller.codes) == told.expected()
