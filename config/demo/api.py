"""
The API as an application uses it: by the typed client that `make client` writes.

Each operation is a module of `anlass_client.api` with a function `sync`, each body and answer a
class of `anlass_client.models`. Here stands what an application adds to that.
"""

import time
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from anlass_client import AuthenticatedClient
from anlass_client.api.events import get_event
from anlass_client.api.invoices import get_invoice, list_invoices
from anlass_client.api.test_clock import get_test_clock
from anlass_client.models import Event, Invoice, Problem, TestClock

Answer = TypeVar("Answer")

WAIT_AT_MOST_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.02


class Refused(Exception):
    """The API refused a request; `problem` says why, by its `code` and field by field."""

    def __init__(self, problem: Problem) -> None:
        """Take the problem document."""
        super().__init__(f"{problem.code}: {problem.detail} (request {problem.request_id})")
        self.problem = problem


def client_of(*, url: str, key: str) -> AuthenticatedClient:
    """Return a client of the API for the seller whose key it is: for as many requests as wanted."""
    return AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True)


def answered(answer: Answer | Problem | None) -> Answer:
    """
    Return what the API answered.

    :raises Refused: if that is a problem.
    """
    if isinstance(answer, Problem):
        raise Refused(answer)
    if answer is None:
        raise TypeError("The operation answers without a body: ask for its `sync_detailed`.")
    return answer


def wait_for_transaction(client: AuthenticatedClient, transaction_id: UUID) -> Event:
    """
    Return the story's first event once it waits no more.

    :raises TimeoutError: if it still waits after a minute.
    """
    handled: Event = _wait(
        lambda: answered(get_event.sync(str(transaction_id), client=client)),
        lambda event: event.state != "waiting",
    )
    return handled


def wait_for_clock(client: AuthenticatedClient) -> TestClock:
    """
    Return the test clock once it has reached its day.

    :raises TimeoutError: if it is still on its way after a minute.
    """
    arrived: TestClock = _wait(
        lambda: answered(get_test_clock.sync(client=client)), lambda clock: not clock.is_moving
    )
    return arrived


def invoices_of(client: AuthenticatedClient, *, customer: str) -> list[Invoice]:
    """Return a customer's invoices with their lines, the oldest first: up to a hundred."""
    page = answered(list_invoices.sync(client=client, customer=customer, limit=100))
    ids = [str(listed.id) for listed in reversed(page.results)]
    return [answered(get_invoice.sync(each, client=client)) for each in ids]


def _wait(look: Callable[[], Answer], is_done: Callable[[Answer], bool]) -> Answer:
    deadline = time.monotonic() + WAIT_AT_MOST_SECONDS
    while time.monotonic() < deadline:
        answer = look()
        if is_done(answer):
            return answer
        time.sleep(LOOK_EVERY_SECONDS)
    raise TimeoutError(f"Not done after {WAIT_AT_MOST_SECONDS:.0f} s.")
