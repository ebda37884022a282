"""A whole life of a subscription, told over HTTP, with a reason for every line it is charged."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from anlass_client import AuthenticatedClient
from anlass_client.api.contracts import create_contract
from anlass_client.api.customers import create_customer
from anlass_client.api.meters import create_meter
from anlass_client.api.plans import create_plan
from anlass_client.api.products import create_product
from anlass_client.api.subscriptions import create_subscription, create_subscription_change
from anlass_client.api.test_clock import advance_test_clock, get_test_clock
from anlass_client.api.usage import record_usage
from anlass_client.models import (
    AdvanceInput,
    ChangeInput,
    ContractInput,
    CustomerInput,
    MeterInput,
    NestedPriceInput,
    PlanInput,
    ProductInput,
    SubscriptionInput,
    TierInput,
    UsageInput,
    UsageRecordInput,
)
from rich.console import Console

from config.demo.api import answered, invoices_of, wait_for_clock, wait_for_transaction

BOB = CustomerInput(
    external_id="bob", name="Bob Baumeister GmbH", kind="business", street="Am Kran 1",
    postcode="20095", city="Hamburg", country="DE", locale="de", email="bob@example.com",
)  # fmt: skip
STARTER = [
    NestedPriceInput(
        code="base", text="Grundgebühr Starter", model="flat", amount="30.00", tax_class="standard"
    ),
    NestedPriceInput(
        code="seats", text="Plätze Starter", unit_price="5.00", tax_class="standard"
    ),
    NestedPriceInput(
        code="calls", text="API calls", kind="usage", meter="code:calls", model="graduated",
        tiers=[TierInput(up_to="100", unit_price="0"), TierInput(up_to=None, unit_price="0.10")],
        tax_class="standard",
    ),
]  # fmt: skip
PRO = [
    NestedPriceInput(
        code="base", text="Grundgebühr Pro", model="flat", amount="60.00", tax_class="standard"
    ),
    NestedPriceInput(code="seats", text="Plätze Pro", unit_price="8.00", tax_class="standard"),
    NestedPriceInput(
        code="calls", text="API calls", kind="usage", meter="code:calls", model="volume",
        tiers=[TierInput(up_to="500", unit_price="0.05"), TierInput(up_to=None, unit_price="0.04")],
        tax_class="standard",
    ),
]  # fmt: skip
TEN = time(10, tzinfo=ZoneInfo("Europe/Berlin"))


class Life:
    """One subscription of one customer, day by day."""

    def __init__(self, client: AuthenticatedClient, console: Console) -> None:
        """Take the seller's API and where to tell."""
        self.client = client
        self.console = console

    def tell(self) -> str:
        """Live through it, explain every line, and return the number of the last invoice."""
        self._sell()
        self._start()
        self._use("2026-01-20", "250", "while the subscription is paid")
        self._change("2026-01-25", "seats up to 5", ChangeInput("change_quantity", quantity="5"))
        self._change(
            "2026-02-20", "upgrade to the plan pro", ChangeInput("change_plan", plan="code:pro")
        )
        self._change("2026-03-05", "a pause", ChangeInput("pause"))
        self._change("2026-03-10", "and on again", ChangeInput("resume"))
        self._use("2026-03-12", "400", "of the running month")
        self._use("2026-03-12", "180", "late: of the old plan's last days", of="2026-02-18")
        self._change("2026-04-02", "cancelled", ChangeInput("cancel"))
        self._use("2026-04-05", "300", "late: of the days before the end", of="2026-03-30")
        self._advance("2026-04-20")
        return self._explain()

    def _sell(self) -> None:
        client = self.client
        answered(create_customer.sync(client=client, body=BOB))
        answered(create_product.sync(client=client, body=ProductInput(code="api", name="API")))
        meter = MeterInput(code="calls", name="API calls", aggregation="sum")
        answered(create_meter.sync(client=client, body=meter))
        for code, days, prices in (("starter", 14, STARTER), ("pro", 0, PRO)):
            plan = PlanInput(
                product="code:api", code=code, name=code.title(), interval="month",
                trial_days=days, prices=prices,
            )  # fmt: skip
            answered(create_plan.sync(client=client, body=plan))
        contract = ContractInput(customer="ext:bob", external_id="bob")
        answered(create_contract.sync(client=client, body=contract))

    def _start(self) -> None:
        body = SubscriptionInput(
            contract="ext:bob", plan="code:starter", quantity="2", external_id="bob-1"
        )
        started = answered(create_subscription.sync(client=self.client, body=body))
        wait_for_transaction(self.client, started.transaction_id)
        self._say("1 January", "Bob starts the plan starter with 2 seats; 14 days are a trial.")

    def _change(self, on: str, what: str, change: ChangeInput) -> None:
        self._advance(on)
        changed = answered(
            create_subscription_change.sync("ext:bob-1", client=self.client, body=change)
        )
        wait_for_transaction(self.client, changed.transaction_id)
        self._say(on, what)

    def _use(self, on: str, value: str, what: str, *, of: str | None = None) -> None:
        self._advance(on)
        day = date.fromisoformat(of or on)
        record = UsageRecordInput(
            meter="calls", subscription="ext:bob-1", key=f"{day}-{value}",
            at=datetime.combine(day, TEN), value=value,
        )  # fmt: skip
        answered(record_usage.sync(client=self.client, body=UsageInput([record])))
        self._say(on, f"{value} calls, {what}")

    def _advance(self, to: str) -> None:
        day = date.fromisoformat(to)
        if answered(get_test_clock.sync(client=self.client)).today < day:
            answered(advance_test_clock.sync(client=self.client, body=AdvanceInput(day)))
            wait_for_clock(self.client)

    def _say(self, on: str, what: str) -> None:
        self.console.print(f"  {on}: {what}")

    def _explain(self) -> str:
        invoices = invoices_of(self.client, customer="ext:bob")
        for invoice in invoices:
            self.console.print(
                f"\n[bold]{invoice.number}[/bold] of {invoice.issue_date}: {invoice.net.amount}"
                f" + {invoice.tax.amount} = {invoice.gross.amount} {invoice.gross.currency}"
            )
            for line in invoice.lines:
                self.console.print(f"  {line.text}: [bold]{line.net.amount}")
                self.console.print(f"    {line.explained}", style="dim")
        return invoices[-1].number
