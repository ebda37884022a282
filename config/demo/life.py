"""A whole life of a subscription, told over HTTP, with a reason for every line it is charged."""

from typing import Any

from rich.console import Console

from config.demo.client import Client

Listed = dict[str, Any]

METERED: Listed = {"code": "calls", "text": "API calls", "kind": "usage", "meter": "code:calls"}
STARTER: list[Listed] = [
    {"code": "base", "text": "Grundgebühr Starter", "model": "flat", "amount": "30.00"},
    {"code": "seats", "text": "Plätze Starter", "model": "per_unit", "unit_price": "5.00"},
    {
        **METERED,
        "model": "graduated",
        "tiers": [{"up_to": "100", "unit_price": "0"}, {"up_to": None, "unit_price": "0.10"}],
    },
]
PRO: list[Listed] = [
    {"code": "base", "text": "Grundgebühr Pro", "model": "flat", "amount": "60.00"},
    {"code": "seats", "text": "Plätze Pro", "model": "per_unit", "unit_price": "8.00"},
    {
        **METERED,
        "model": "volume",
        "tiers": [{"up_to": "500", "unit_price": "0.05"}, {"up_to": None, "unit_price": "0.04"}],
    },
]


class Life:
    """One subscription of one customer, day by day."""

    def __init__(self, client: Client, console: Console) -> None:
        """Take the seller's API and where to tell."""
        self.client = client
        self.console = console

    def tell(self) -> str:
        """Live through it, explain every line, and return the id of the last invoice."""
        self._sell()
        started = self.client.post(
            "/subscriptions", contract="ext:bob", plan="code:starter", quantity="2",
            external_id="bob-1",
        )  # fmt: skip
        self.client.wait_for_transaction(started["transaction_id"])
        self._say("1 January", "Bob starts the plan starter with 2 seats; 14 days are a trial.")
        self._use("2026-01-20", "250", "while the subscription is paid")
        self._change("2026-01-25", "seats up to 5", kind="change_quantity", quantity="5")
        self._change("2026-02-20", "upgrade to the plan pro", kind="change_plan", plan="code:pro")
        self._change("2026-03-05", "a pause", kind="pause")
        self._change("2026-03-10", "and on again", kind="resume")
        self._use("2026-03-12", "400", "of the running month")
        self._use("2026-03-12", "180", "late: of the old plan's last days", of="2026-02-18")
        self._change("2026-04-02", "cancelled", kind="cancel")
        self._use("2026-04-05", "300", "late: of the days before the end", of="2026-03-30")
        self._advance("2026-04-20")
        return self._explain()

    def _sell(self) -> None:
        self.client.post(
            "/customers", external_id="bob", name="Bob Baumeister GmbH", kind="business",
            street="Am Kran 1", postcode="20095", city="Hamburg", country="DE", locale="de",
            email="bob@example.com",
        )  # fmt: skip
        self.client.post("/products", code="api", name="API")
        self.client.post("/meters", code="calls", name="API calls", aggregation="sum")
        plans: tuple[tuple[str, str, int, list[Listed]], ...] = (
            ("starter", "Starter", 14, STARTER),
            ("pro", "Pro", 0, PRO),
        )
        for code, name, days, prices in plans:
            self.client.post(
                "/plans", product="code:api", code=code, name=name, interval="month",
                trial_days=days, prices=[{**price, "tax_class": "standard"} for price in prices],
            )  # fmt: skip
        self.client.post("/contracts", customer="ext:bob", external_id="bob")

    def _change(self, on: str, what: str, **change: Any) -> None:
        self._advance(on)
        changed = self.client.post("/subscriptions/ext:bob-1/changes", **change)
        self.client.wait_for_transaction(changed["transaction_id"])
        self._say(on, what)

    def _use(self, on: str, value: str, what: str, *, of: str | None = None) -> None:
        self._advance(on)
        day = of or on
        record = {
            "meter": "calls", "subscription": "ext:bob-1", "key": f"{day}-{value}",
            "at": f"{day}T10:00:00+01:00", "value": value,
        }  # fmt: skip
        self.client.post("/usage", records=[record])
        self._say(on, f"{value} calls, {what}")

    def _advance(self, to: str) -> None:
        if self.client.get("/test-clock")["today"] < to:
            self.client.post("/test-clock/advance", to=to)
            self.client.wait_for_clock()

    def _say(self, on: str, what: str) -> None:
        self.console.print(f"  {on}: {what}")

    def _explain(self) -> str:
        listed = self.client.get("/invoices?customer=ext:bob&limit=100")["results"]
        for each in reversed(listed):
            invoice = self.client.get(f"/invoices/{each['id']}")
            figures = " + ".join(invoice[name]["amount"] for name in ("net", "tax"))
            self.console.print(
                f"\n[bold]{invoice['number']}[/bold] of {invoice['issue_date']}: {figures} = "
                f"{invoice['gross']['amount']} {invoice['gross']['currency']}"
            )
            for line in invoice["lines"]:
                self.console.print(f"  {line['text']}: [bold]{line['net']['amount']}")
                self.console.print(f"    {line['explained']}", style="dim")
        number: str = listed[0]["number"]
        return number
