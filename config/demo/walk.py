"""The walk itself: an order, a subscription with its changes, three turns of its period."""

from datetime import date
from uuid import UUID

from anlass_client import AuthenticatedClient
from anlass_client.api.contracts import create_contract
from anlass_client.api.customers import create_customer
from anlass_client.api.orders import create_order
from anlass_client.api.plans import create_plan
from anlass_client.api.products import create_product
from anlass_client.api.subscriptions import create_subscription, create_subscription_change
from anlass_client.api.test_clock import advance_test_clock
from anlass_client.models import (
    AdvanceInput,
    ChangeInput,
    ContractInput,
    CustomerInput,
    NestedPriceInput,
    OrderInput,
    OrderLineInput,
    PlanInput,
    ProductInput,
    SubscriptionInput,
)
from rich.console import Console
from rich.table import Table

from config.demo.api import answered, invoices_of, wait_for_clock, wait_for_transaction

ALICE = CustomerInput(
    external_id="alice",
    name="Alice Apparatebau GmbH",
    kind="business",
    email="alice@example.com",
    street="Hauptstraße 5",
    postcode="80331",
    city="München",
    country="DE",
)
ORDER = OrderInput(
    customer="ext:alice",
    external_id="order-1",
    lines=[
        OrderLineInput(text="Training", quantity="1", unit_price="99.00", tax_class="standard"),
        OrderLineInput(
            text="Handbook",
            quantity="3",
            unit_price="24.90",
            tax_class="reduced",
            tax_included=True,
        ),
    ],
)


def walk(client: AuthenticatedClient, console: Console) -> UUID:
    """Walk through the engine over HTTP; return the transaction id of the order."""
    order = _place_order(client, console)
    _subscribe(client, console)
    console.print("The test clock goes to 15 April: three periods end on the way.")
    _advance(client, to=date(2026, 4, 15))
    _print_invoices(client, console)
    return order


def _place_order(client: AuthenticatedClient, console: Console) -> UUID:
    answered(create_customer.sync(client=client, body=ALICE))
    # Sent again under the same key, should the answer get lost, it is placed only once.
    order = answered(create_order.sync(client=client, body=ORDER, idempotency_key="order-1"))
    event = wait_for_transaction(client, order.transaction_id)
    console.print(f"Order {order.external_id} was placed, and is {event.state}.")
    return order.transaction_id


def _subscribe(client: AuthenticatedClient, console: Console) -> None:
    _sell(client)
    contract = ContractInput(customer="ext:alice", external_id="contract-1")
    answered(create_contract.sync(client=client, body=contract))
    body = SubscriptionInput(
        contract="ext:contract-1", plan="code:team", quantity="2", external_id="subscription-1"
    )
    started = answered(create_subscription.sync(client=client, body=body))
    wait_for_transaction(client, started.transaction_id)
    console.print("Subscription subscription-1 to the plan team, 2 seats, has started.")
    _advance(client, to=date(2026, 1, 16))
    _change(client, ChangeInput(kind="change_quantity", quantity="5"))
    console.print("On 16 January there are 5 seats.")
    _advance(client, to=date(2026, 2, 10))
    _change(client, ChangeInput(kind="change_plan", plan="code:pro"))
    console.print("On 10 February it moves to the plan pro.")


def _sell(client: AuthenticatedClient) -> None:
    answered(create_product.sync(client=client, body=ProductInput(code="app", name="The App")))
    for code, name, prices in (
        ("team", "Team", _prices("", base="30.00", seat="5.00", support="12.00")),
        ("pro", "Pro", _prices(" Pro", base="60.00", seat="8.00", support="20.00")),
    ):
        plan = PlanInput(product="code:app", code=code, name=name, interval="month", prices=prices)
        answered(create_plan.sync(client=client, body=plan))


def _prices(suffix: str, *, base: str, seat: str, support: str) -> list[NestedPriceInput]:
    return [
        NestedPriceInput(
            code="base", text=f"Base fee{suffix}", model="flat", amount=base, tax_class="standard"
        ),
        NestedPriceInput(
            code="seats", text=f"Seats{suffix}", unit_price=seat, tax_class="standard"
        ),
        NestedPriceInput(
            code="support", text=f"Support{suffix}", unit_price=support, tax_class="standard",
            timing="arrears",
        ),
    ]  # fmt: skip


def _advance(client: AuthenticatedClient, *, to: date) -> None:
    answered(advance_test_clock.sync(client=client, body=AdvanceInput(to=to)))
    wait_for_clock(client)


def _change(client: AuthenticatedClient, change: ChangeInput) -> None:
    changed = answered(
        create_subscription_change.sync("ext:subscription-1", client=client, body=change)
    )
    wait_for_transaction(client, changed.transaction_id)


def _print_invoices(client: AuthenticatedClient, console: Console) -> None:
    table = Table(title="Invoices of Alice Apparatebau GmbH")
    for heading in ("Number", "Date", "Line", "Service", "Net"):
        table.add_column(heading, justify="right" if heading == "Net" else "left")
    for invoice in invoices_of(client, customer="ext:alice"):
        for line in invoice.lines:
            service = f"{line.starts_on} - {line.ends_on}" if line.ends_on else ""
            issued = str(invoice.issue_date)
            table.add_row(invoice.number, issued, line.text, service, line.net.amount)
        figures = f"{invoice.net.amount} + {invoice.tax.amount}"
        table.add_row("", "", f"[bold]{figures} =", "", f"[bold]{invoice.gross.amount}")
        table.add_section()
    console.print(table)
