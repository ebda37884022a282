"""Runs in the admin, the API and the metrics."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from prometheus_client import generate_latest
from prometheus_client.registry import CollectorRegistry

from billing.contracts.models import Contract
from billing.contracts.queries import DueKind
from billing.events.commands import retry
from billing.events.models import Failure
from billing.sellers.models import Seller
from invoices.issuing.commands import write_off
from invoices.runs.commands import append_runs, finish_runs
from invoices.runs.metrics import RunsCollector
from invoices.runs.models import BillingRun
from tests import factories
from tests.admin.houses import staff
from tests.runs.conftest import FEBRUARY, bare_contracts, contracts, drain, real_seller


@pytest.fixture
def run(seller: Seller) -> BillingRun:
    """Of four contracts, of which two are billed and one failed."""
    contracts(seller, 4)
    append_runs(seller, DueKind.PERIODS, at=FEBRUARY)
    drain(at=FEBRUARY, at_most=2)
    Seller.objects.update(vat_id="", tax_number="")  # No invoice without one of them.
    drain(at=FEBRUARY, at_most=1)
    return BillingRun.objects.get()


@pytest.fixture
def ada(seller: Seller) -> User:
    return staff(seller)


@pytest.fixture
def client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def page(run: BillingRun, name: str) -> str:
    return reverse(f"admin:invoices_billingrun_{name}", args=[run.pk])


def shown(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


class TestAdmin:
    def test_a_bar_shows_how_far_a_run_is_and_asks_again(
        self, client: Client, run: BillingRun
    ) -> None:
        bar = shown(client, page(run, "progress"))

        assert 'aria-valuenow="75.0"' in bar  # 3 of 4 wait no more
        assert 'style="width: 50.0%"' in bar
        assert 'style="width: 25.0%"' in bar
        assert f'data-refresh="{page(run, "progress")}"' in bar

    def test_a_bar_of_a_run_that_ended_asks_no_more(self, client: Client, seller: Seller) -> None:
        ended = factories.billing_run(seller)

        assert "data-refresh" not in shown(client, page(ended, "progress"))
        assert "data-refresh" not in shown(client, page(ended, "change"))

    def test_lists_and_pages_have_bars_and_their_script(
        self, client: Client, run: BillingRun
    ) -> None:
        for url in (reverse("admin:invoices_billingrun_changelist"), page(run, "change")):
            answer = shown(client, url)
            assert page(run, "progress") in answer
            assert "invoices/runs.js" in answer

    def test_what_failed_is_linked(self, client: Client, run: BillingRun) -> None:
        failure = Failure.objects.get()

        answer = shown(client, page(run, "change"))

        assert reverse("admin:billing_failure_change", args=[failure.pk]) in answer
        assert failure.reason in answer

    def test_what_failed_leads_to_the_customer_and_its_contract(
        self, client: Client, run: BillingRun
    ) -> None:
        contract = Contract.objects.get(pk=Failure.objects.get().event.stream_id)

        answer = shown(client, page(run, "change"))

        assert reverse("admin:billing_customer_change", args=[contract.customer_id]) in answer
        assert reverse("admin:billing_contract_change", args=[contract.pk]) in answer

    def test_a_page_tells_once_what_failed_is_dealt_with(
        self, client: Client, run: BillingRun
    ) -> None:
        drain(at=FEBRUARY)
        finish_runs(at=FEBRUARY)
        both = (reverse("admin:invoices_billingrun_changelist"), page(run, "change"))
        retried, written_off = Failure.objects.values_list("pk", flat=True)
        retry(failure_ids=[retried], by="ada", at=FEBRUARY)
        write_off(failure_ids=[written_off], by="ada", at=FEBRUARY, why="Never")
        assert all("ended, some failed" in shown(client, url) for url in both)

        Seller.objects.update(tax_number="37/123/45678")
        drain(at=FEBRUARY)

        assert all("ended, failures were dealt with" in shown(client, url) for url in both)
        assert "2 of 4 done" in shown(client, page(run, "progress"))  # As it ended.

    def test_the_inbox_is_narrowed_to_a_run(self, client: Client, run: BillingRun) -> None:
        inbox = reverse("admin:billing_failure_changelist")
        other = factories.billing_run(run.seller, started_at=FEBRUARY - timedelta(days=31))
        reason = Failure.objects.get().reason

        assert f"{inbox}?run={run.pk}" in shown(client, page(run, "change"))
        assert reason in shown(client, f"{inbox}?run={run.pk}")
        assert reason not in shown(client, f"{inbox}?run={other.pk}")
        assert client.get(f"{inbox}?run=x").status_code == 302

    def test_failures_lead_to_the_customer(self, client: Client, run: BillingRun) -> None:
        failure = Failure.objects.get()
        contract = Contract.objects.get(pk=failure.event.stream_id)
        customer = reverse("admin:billing_customer_change", args=[contract.customer_id])

        assert customer in shown(client, reverse("admin:billing_failure_changelist"))
        failure_page = reverse("admin:billing_failure_change", args=[failure.pk])
        assert customer in shown(client, failure_page)

    def test_runs_of_other_sellers_are_not_there(self, client: Client) -> None:
        foreign = factories.billing_run(real_seller())

        assert client.get(page(foreign, "progress")).status_code == 404

    def test_a_bar_is_for_staff_who_may_see_runs(self, ada: User, run: BillingRun) -> None:
        ada.user_permissions.clear()
        client = Client()
        assert client.get(page(run, "progress")).status_code == 302
        client.force_login(ada)
        assert client.get(page(run, "progress")).status_code == 403


class TestApi:
    def test_a_run_tells_how_far_it_is(self, seller: Seller, run: BillingRun) -> None:
        answer = _get(seller, f"/api/v1/billing-runs/{run.pk}")

        assert {name: answer[name] for name in ("kind", "day", "total", "done", "failed")} == {
            "kind": "periods", "day": "2026-02-01", "total": 4, "done": 2, "failed": 1,
        }  # fmt: skip
        assert (answer["waiting"], answer["is_finished"]) == (1, False)

    def test_runs_are_listed_and_narrowed(self, seller: Seller, run: BillingRun) -> None:
        ended = factories.billing_run(seller, started_at=FEBRUARY - timedelta(days=31))
        factories.billing_run(real_seller())

        def ids(query: str) -> list[str]:
            found = _get(seller, f"/api/v1/billing-runs{query}")["results"]
            return [row["id"] for row in found]

        assert ids("") == [str(ended.pk), str(run.pk)]
        assert ids("?state=finished") == [str(ended.pk)]
        assert ids("?day=2026-02-01&kind=periods") == [str(run.pk)]
        assert ids("?kind=days") == []


class TestMetrics:
    def test_gauges_sum_what_runs(self, run: BillingRun) -> None:
        other = real_seller()
        bare_contracts(other, 2)
        append_runs(other, DueKind.PERIODS, at=FEBRUARY)

        told = _metrics()

        assert told["anlass_billing_runs"] == 2
        assert told["anlass_billing_run_events_due"] == 6
        assert told["anlass_billing_run_events_done"] == 2
        assert told["anlass_billing_run_events_failed"] == 1

    def test_what_ended_is_gone(self, run: BillingRun) -> None:
        drain(at=FEBRUARY)
        finish_runs(at=FEBRUARY)

        assert _metrics() == {}


def _get(seller: Seller, url: str) -> Any:
    answer = Client().get(url, headers={"Authorization": f"Bearer {factories.api_key(seller)}"})
    assert answer.status_code == 200
    return answer.json()


def _metrics() -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(RunsCollector())
    text = generate_latest(registry).decode()
    return {
        name: float(value)
        for name, value in re.findall(r'^(\w+)\{kind="periods"\} ([\d.e+-]+)$', text, re.M)
    }
