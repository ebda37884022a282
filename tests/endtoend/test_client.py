"""The generated Python client before the running engine, used as the demo uses it."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import timezone

from billing.sellers.commands import create_api_key
from config.demo.seller import make_seller
from tests.chaos.engine import Engine
from tests.endtoend.generated import write_client

write_client()

from anlass_client import AuthenticatedClient  # noqa: E402  Written by the line above.
from anlass_client.api.customers import (  # noqa: E402
    create_customer,
    list_customers,
    update_customer,
)
from anlass_client.api.invoices import get_invoice, list_invoices  # noqa: E402
from anlass_client.api.orders import create_order  # noqa: E402
from anlass_client.models import (  # noqa: E402
    Customer,
    CustomerInput,
    OrderInput,
    OrderLineInput,
    PatchedCustomerInput,
)

from config.demo.api import Refused, answered, client_of, wait_for_transaction  # noqa: E402

BERLIN = {"street": "Torstraße 1", "postcode": "10119", "city": "Berlin", "country": "DE"}
LINE = OrderLineInput(text="Training", quantity="2", unit_price="99.00", tax_class="standard")


@pytest.fixture
def client(engine: Engine) -> Iterator[AuthenticatedClient]:
    at = timezone.now()
    seller = make_seller(name="Client GmbH", at=at, clock=date(2026, 3, 1), makes_documents=False)
    _, key = create_api_key(seller=seller, name="Shop", at=at)
    engine.start("relay", "worker-1")
    with client_of(url=engine.serve(), key=key) as client:
        yield client


def test_an_app_sells_lists_and_is_refused(client: AuthenticatedClient) -> None:
    for name in ("alice", "bob", "carla"):
        make_customer(client, name)

    # An order, and its invoice: 2 x 99.00 + 19 % = 235.62
    order = OrderInput(customer="ext:alice", lines=[LINE])
    placed = answered(create_order.sync(client=client, body=order, idempotency_key="once"))
    again = create_order.sync_detailed(client=client, body=order, idempotency_key="once")
    assert wait_for_transaction(client, placed.transaction_id).state == "handled"
    assert answered(again.parsed).id == placed.id
    assert again.headers["Idempotent-Replayed"] == "true"

    found = answered(list_invoices.sync(client=client, customer="ext:alice", gross_from="200",
                                        currency="EUR")).results  # fmt: skip
    assert [invoice.gross.amount for invoice in found] == ["235.62"]
    whole = answered(get_invoice.sync(str(found[0].id), client=client))
    assert [line.net.amount for line in whole.lines] == ["198.00"]
    assert answered(list_invoices.sync(client=client, customer="ext:bob")).results == []


def test_pages_follow_each_other(client: AuthenticatedClient) -> None:
    for name in ("alice", "bob", "carla"):
        make_customer(client, name)

    first = answered(list_customers.sync(client=client, limit=2))
    rest = answered(list_customers.sync(client=client, limit=2, cursor=first.results[-1].id))

    assert [each.external_id for each in first.results] == ["carla", "bob"]
    assert first.next_ is not None
    assert [each.external_id for each in rest.results] == ["alice"]
    assert rest.next_ is None


def test_a_change_leaves_the_rest_as_it_is(client: AuthenticatedClient) -> None:
    made = make_customer(client, "alice")

    body = PatchedCustomerInput(contact_name="Einkauf")
    changed = answered(update_customer.sync("ext:alice", client=client, body=body))

    assert changed.to_dict() == {**made.to_dict(), "contact_name": "Einkauf"}


def test_a_refusal_is_a_typed_problem(client: AuthenticatedClient) -> None:
    body = CustomerInput(name="Bob", kind="consumer", country="Germany")

    with pytest.raises(Refused) as refused:
        answered(create_customer.sync(client=client, body=body))

    problem = refused.value.problem
    assert (problem.status, problem.code) == (400, "validation_failed")
    assert [error.field for error in problem.errors] == ["country"]
    assert problem.request_id


def make_customer(client: AuthenticatedClient, name: str) -> Customer:
    body = CustomerInput(
        external_id=name, name=name.title(), kind="consumer", email="a@example.com", **BERLIN
    )
    return answered(create_customer.sync(client=client, body=body))
