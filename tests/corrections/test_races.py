"""Many at once: no more is taken back than there is, and nothing twice."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.contracts.commands import change_subscription
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.models import SubscriptionChange
from billing.events.models import Event
from invoices.credit_notes.queries.wanted import CorrectionRefused, Discount, Part
from invoices.issuing.models import Charge, Invoice
from tests import factories
from tests.corrections.conftest import drain, handled, ordered
from tests.corrections.test_orders import line
from tests.stage.conftest import AT
from tests.stage.test_races import at_once


def ordering(invoice: Invoice, **wanted: object) -> Callable[[], object]:
    def order() -> object:
        try:
            return ordered(invoice, **wanted)
        except CorrectionRefused as refusal:
            return refusal

    return order


class TestRaces:
    def test_cancelled_by_many_it_is_cancelled_once(self, committed: None) -> None:
        factories.order(factories.customer(factories.seller()))
        (invoice,) = drain()

        answers = at_once([ordering(invoice)] * 6)

        assert sum(isinstance(answer, CorrectionRefused) for answer in answers) == 5
        (note,) = drain()
        assert note.gross_minor == -invoice.gross_minor
        call_command("verify")

    def test_parts_at_once_come_to_no_more_than_there_is(self, committed: None) -> None:
        factories.order(factories.customer(factories.seller()))
        (invoice,) = drain()
        part = [Part(position=1, amount=Decimal("30.00"))]

        answers = at_once([ordering(invoice, parts=part)] * 6)

        # 99.00: three times 30.00
        assert sum(isinstance(answer, CorrectionRefused) for answer in answers) == 3
        assert sum(note.net_minor for note in drain()) == -9000
        call_command("verify")

    def test_one_event_handled_by_many_credits_once(self, committed: None) -> None:
        factories.order(factories.customer(factories.seller()))
        (invoice,) = drain()
        ordered(invoice, bill_again=True)
        event = Event.objects.get(type="correction.ordered")

        at_once([lambda: handled(event)] * 6)

        drain()
        assert Invoice.objects.filter(kind="credit_note").count() == 1
        assert Invoice.objects.filter(kind="invoice").count() == 2
        call_command("verify")

    def test_a_correction_and_a_change_at_once_give_back_no_more_than_there_is(
        self, committed: None
    ) -> None:
        seller = factories.seller()
        contract = factories.contract(factories.customer(seller))
        subscription = factories.subscription(contract, factories.plan(seller))
        (invoice,) = drain()
        ordered(invoice)
        request = ChangeRequest(kind=SubscriptionChange.Kind.CANCEL, credit="full")
        change_subscription(subscription_id=subscription.pk, request=request, at=AT)

        waiting = list(Event.objects.filter(state="waiting"))
        at_once([lambda event=event: handled(event) for event in waiting])  # type: ignore[misc]
        drain()

        # Who comes second finds nothing left: the change gives nothing, or the correction fails.
        notes = Invoice.objects.filter(kind="credit_note")
        assert [note.net_minor for note in notes] == [-3000]


@pytest.mark.django_db
class TestSequences:
    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        prices=st.lists(
            st.tuples(st.integers(1, 3000), st.integers(1, 5), st.booleans(), st.booleans()),
            min_size=1,
            max_size=3,
        ),
        said=st.lists(
            st.tuples(st.sampled_from(["quantity", "amount", "percent", "discount"]),
                      st.integers(1, 3), st.integers(1, 100)),
            max_size=4,
        ),
    )  # fmt: skip
    def test_whatever_is_taken_back_the_rest_makes_it_whole(
        self,
        prices: list[tuple[int, int, bool, bool]],
        said: list[tuple[str, int, int]],
    ) -> None:
        customer = factories.customer(factories.seller())
        lines = [
            line(
                str(Decimal(cents) / 100), str(units), tax_included=gross,
                tax_class="reduced" if reduced else "standard",
            )
            for cents, units, gross, reduced in prices
        ]  # fmt: skip
        factories.order(customer, *lines)
        (invoice,) = drain()
        for how, position, value in said:
            ordering(invoice, **_wanted(how, position, value))()
            drain()
        ordering(invoice)()
        drain()

        notes = Invoice.objects.filter(corrected_invoice=invoice)
        for name in ("net_minor", "tax_minor", "gross_minor"):
            assert sum(getattr(note, name) for note in notes) == -getattr(invoice, name)
        for row in invoice.lines.all():
            back = Charge.objects.filter(corrects=row)
            assert sum(charge.priced_minor for charge in back) == -row.priced_minor


def _wanted(how: str, position: int, value: int) -> dict[str, object]:
    if how == "discount":
        return {"discount": Discount(percent=Decimal(value))}
    given_ = {"quantity": Decimal(value % 5 + 1), "percent": Decimal(value)}
    amount = {"amount": Decimal(value) / 100}
    return {"parts": [Part(position=position, **{how: {**given_, **amount}[how]})]}
