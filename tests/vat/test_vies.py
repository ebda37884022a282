"""Asking the register about VAT ids: beside billing, again and again if it is down."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from pytest_django import Settings

from billing.customers.commands import change_customer, create_customer
from billing.customers.models import Customer
from billing.events.models import Event
from billing.sellers.models import Seller
from billing.vat.commands import append_due_checks, ask_again, check_vat_id
from billing.vat.models import VatIdCheck
from billing.vat.queries import confirmed
from invoices.issuing.models import Invoice
from tests import factories
from tests.factories import AT
from tests.stage.conftest import drain
from tests.vat.conftest import FRENCH_ID, Register

OTHER_ID = "FR23334175221"
DETAILS = {
    "name": "Exemple", "kind": "business", "street": "1 rue de la Paix", "postcode": "75002",
    "city": "Paris", "country": "FR", "locale": "en",
}  # fmt: skip


def asking() -> list[Event]:
    return list(Event.objects.filter(type="customer.vat_id_given", state="waiting"))


def ask_all(at=AT) -> list[VatIdCheck]:
    """Do what waits, as workers would."""
    checks = [check_vat_id(event_id=event.pk, at=at, worker="w") for event in asking()]
    return [check for check in checks if check]


@pytest.fixture
def french(seller: Seller, register: Register) -> Customer:
    return create_customer(seller=seller, details={**DETAILS, "vat_id": FRENCH_ID}, at=AT)


class TestCheck:
    def test_the_answer_is_kept_as_evidence(self, french: Customer, register: Register) -> None:
        (check,) = ask_all()

        assert (check.outcome, check.vat_id) == ("valid", FRENCH_ID)
        assert check.consultation_number == "WAPIAAAAW1"
        assert (check.name, check.address) == ("SA EXEMPLE", "1 RUE DE LA PAIX\n75002 PARIS")
        assert check.answer["requestDate"] == "2026-01-01T09:00:00.000Z"
        assert register.asked == [
            {
                "countryCode": "FR",
                "vatNumber": "40303265045",
                "requesterMemberStateCode": "DE",
                "requesterNumber": "136695976",
            }
        ]
        assert confirmed([french])
        assert Event.objects.filter(type="customer.vat_id_checked").count() == 1

    def test_what_was_never_issued_is_invalid(self, french: Customer, register: Register) -> None:
        register.valid.clear()

        (check,) = ask_all()

        assert (check.outcome, check.name, check.address) == ("invalid", "", "")
        assert not confirmed([french])

    def test_an_event_is_asked_for_once(self, french: Customer, register: Register) -> None:
        (event,) = asking()

        first, second = (check_vat_id(event_id=event.pk, at=AT, worker="w") for _ in range(2))

        assert (first and first.outcome, second) == ("valid", None)
        assert len(register.asked) == 1

    @pytest.mark.parametrize("status", [200, 500])
    def test_a_member_state_that_is_down_is_asked_again(
        self, french: Customer, register: Register, status: int
    ) -> None:
        register.error, register.status = "MS_UNAVAILABLE", status
        (check,) = ask_all()

        assert check.outcome == "unavailable"
        assert check.answer["errorWrappers"] == [{"error": "MS_UNAVAILABLE"}]
        assert check.next_check_at == AT + timedelta(minutes=5)
        assert not confirmed([french])

    def test_each_time_it_waits_twice_as_long_up_to_a_day(
        self, french: Customer, register: Register
    ) -> None:
        register.error = "TIMEOUT"
        waits, at = [], AT
        for _ in range(11):
            (check,) = ask_all(at)
            assert check.next_check_at
            waits.append(check.next_check_at - at)
            at = check.next_check_at
            assert append_due_checks(at=at - timedelta(seconds=1)) == 0
            assert append_due_checks(at=at) == 1

        minutes = [int(wait.total_seconds() // 60) for wait in waits]
        assert minutes == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]

    @pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"valid": "yes"}', b"\xff"])
    def test_nonsense_is_no_answer(
        self, french: Customer, register: Register, content: bytes
    ) -> None:
        register.content = content

        (check,) = ask_all()

        assert check.outcome == "unavailable"

    def test_a_register_out_of_reach_is_no_answer(
        self, french: Customer, settings: Settings
    ) -> None:
        settings.VIES_URL = "http://127.0.0.1:1"

        (check,) = ask_all()

        assert check.outcome == "unavailable"
        assert "Connection refused" in check.answer["error"]

    def test_an_outage_does_not_take_a_confirmation_back(
        self, french: Customer, register: Register
    ) -> None:
        ask_all()
        register.error = "SERVICE_UNAVAILABLE"
        ask_again(customer=french, at=AT)
        ask_all()

        assert confirmed([french])


class TestWhen:
    def test_a_confirmed_one_is_asked_about_again_after_three_months(
        self, french: Customer, register: Register
    ) -> None:
        ask_all()

        assert append_due_checks(at=AT + timedelta(days=89)) == 0
        assert append_due_checks(at=AT + timedelta(days=90)) == 1
        assert append_due_checks(at=AT + timedelta(days=90)) == 0
        assert len(ask_all(AT + timedelta(days=90))) == 1

    def test_another_vat_id_is_asked_about_at_once(
        self, french: Customer, register: Register
    ) -> None:
        ask_all()
        details = {"vat_id": "ATU13585627", "country": "AT"}

        change_customer(customer_id=french.pk, details=details, at=AT)

        (check,) = ask_all()
        assert (check.vat_id, check.outcome) == ("ATU13585627", "invalid")
        assert append_due_checks(at=AT + timedelta(days=90)) == 1  # Not for the old one.

    def test_one_that_moves_into_the_union_is_asked_about(
        self, seller: Seller, register: Register
    ) -> None:
        details = {**DETAILS, "country": "US", "vat_id": FRENCH_ID}
        customer = create_customer(seller=seller, details=details, at=AT)
        assert ask_all() == []

        change_customer(customer_id=customer.pk, details={"country": "FR"}, at=AT)

        (check,) = ask_all()
        assert check.outcome == "valid"

    def test_a_change_of_something_else_asks_nothing(
        self, french: Customer, register: Register
    ) -> None:
        ask_all()

        change_customer(customer_id=french.pk, details={"city": "Paris"}, at=AT)

        assert asking() == []

    def test_by_default_nobody_is_asked(self, seller: Seller) -> None:
        create_customer(seller=seller, details={**DETAILS, "vat_id": FRENCH_ID}, at=AT)

        assert asking() == []
        assert append_due_checks(at=AT) == 0

    @pytest.mark.parametrize(
        "party", [{"country": "CH", "vat_id": "CHE107787577IVA"}, {"country": "FR"}]
    )
    def test_what_the_register_does_not_know_is_not_asked(
        self, seller: Seller, register: Register, party: dict[str, str]
    ) -> None:
        create_customer(seller=seller, details={**DETAILS, **party}, at=AT)

        assert ask_all() == []
        assert register.asked == []

    def test_the_command_asks_about_those_that_never_were(
        self, seller: Seller, register: Register
    ) -> None:
        factories.vat_id_check(factories.customer(seller, country="FR", vat_id=FRENCH_ID))
        factories.customer(seller, country="FR", vat_id=FRENCH_ID)
        told = [StringIO(), StringIO()]

        call_command("check_vat_ids", stdout=told[0])
        call_command("check_vat_ids", "--all", stdout=told[1])

        assert [each.getvalue()[:1] for each in told] == ["1", "2"]

    def test_the_command_wants_a_register(self, seller: Seller) -> None:
        with pytest.raises(CommandError, match="VIES_URL"):
            call_command("check_vat_ids")


class TestLate:
    def test_an_answer_about_the_former_one_changes_nothing(
        self, committed: None, register: Register
    ) -> None:
        customer = create_customer(
            seller=factories.seller(vat_id_policy="confirmed"),
            details={**DETAILS, "vat_id": FRENCH_ID},
            at=AT,
        )
        (former,) = asking()

        def changed() -> None:
            """The id is changed, and the new one asked about in vain, before it answers."""
            register.meanwhile, register.error = lambda: None, "MS_UNAVAILABLE"
            change_customer(customer_id=customer.pk, details={"vat_id": OTHER_ID}, at=AT)
            (latest,) = (event for event in asking() if event.pk != former.pk)
            check_vat_id(event_id=latest.pk, at=AT, worker="w")
            register.error = ""
            connections.close_all()

        register.meanwhile = changed
        register.valid.add(OTHER_ID)

        assert check_vat_id(event_id=former.pk, at=AT, worker="w") is None

        (check,) = VatIdCheck.objects.all()
        assert (check.vat_id, check.outcome) == (OTHER_ID, "unavailable")
        assert check.next_check_at == AT + timedelta(minutes=5)
        assert append_due_checks(at=AT + timedelta(minutes=5)) == 1
        ask_all(AT + timedelta(minutes=5))
        assert confirmed(Customer.objects.all())


class TestPolicy:
    @pytest.fixture
    def strict(self, seller: Seller) -> Seller:
        Seller.objects.update(vat_id_policy="confirmed")
        seller.refresh_from_db()
        return seller

    def invoice(self, customer: Customer) -> Invoice:
        factories.order(customer)
        (invoice,) = drain(Event.objects.filter(type="order.placed", state="waiting"))
        return invoice

    def test_until_it_is_confirmed_a_business_pays_like_a_consumer(
        self, strict: Seller, register: Register
    ) -> None:
        french = create_customer(seller=strict, details={**DETAILS, "vat_id": FRENCH_ID}, at=AT)
        before = self.invoice(french)
        ask_all()
        after = self.invoice(Customer.objects.get())

        assert [tax["category"] for tax in before.taxes] == ["S"]
        assert [tax["category"] for tax in after.taxes] == ["AE"]
        call_command("verify")

    def test_the_proof_rests_on_what_was_known(self, strict: Seller, register: Register) -> None:
        french = create_customer(seller=strict, details={**DETAILS, "vat_id": FRENCH_ID}, at=AT)
        ask_all()
        self.invoice(french)
        register.valid.clear()
        ask_again(customer=french, at=AT)
        ask_all()

        assert not confirmed([french])
        call_command("verify")

    def test_by_checksum_a_denied_one_counts_yet(self, seller: Seller, register: Register) -> None:
        register.valid.clear()
        french = create_customer(seller=seller, details={**DETAILS, "vat_id": FRENCH_ID}, at=AT)
        ask_all()

        assert [tax["category"] for tax in self.invoice(french).taxes] == ["AE"]
