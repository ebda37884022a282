"""Redeeming coupons: what is billed, what is refused, and who is first."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from billing.catalog.models import Coupon
from billing.contracts.commands import change_subscription, redeem_coupon
from billing.contracts.commands.change import ChangeRequest
from billing.contracts.commands.redeem import (
    CouponNotForPlan,
    CouponNotValid,
    CouponOfOtherCurrency,
    CouponRedeemedAlready,
    CouponRefused,
    CouponUsedUp,
    UnknownCoupon,
)
from billing.contracts.models import (
    Contract,
    CouponRedemption,
    Subscription,
    SubscriptionChange,
)
from billing.sellers.models import Seller
from invoices.issuing.models import Invoice
from tests import factories
from tests.stage.conftest import AT, figures
from tests.stage.test_races import at_once

DISCOUNT = SubscriptionChange.Kind.DISCOUNT


@pytest.fixture
def contract(seller: Seller) -> Contract:
    return factories.contract(factories.customer(seller))


def started(contract: Contract, **given: Any) -> Subscription:
    plan = factories.plan(contract.seller, **given)
    return factories.subscription(contract, plan)


def redeem(subscription: Subscription, code: str = "WELCOME", **given: Any) -> SubscriptionChange:
    request = ChangeRequest(kind=DISCOUNT, **given)
    return redeem_coupon(subscription_id=subscription.id, code=code, request=request, at=AT)


class TestAtTheStart:
    def test_the_first_invoice_is_reduced_at_once(
        self, contract: Contract, advance: Callable[[date], list[Invoice]]
    ) -> None:
        factories.coupon(contract.seller)
        factories.subscription(contract, factories.plan(contract.seller), coupon="welcome")

        issued = advance(date(2026, 2, 1))

        # 30.00 x 50 %, one document for start and coupon; the second month in full
        assert figures(issued) == [
            ("2026-01-01", 15_00, 2_85, 17_85),
            ("2026-02-01", 30_00, 5_70, 35_70),
        ]
        call_command("verify")

    def test_the_change_names_the_coupon_and_its_terms(self, contract: Contract) -> None:
        plan = factories.plan(contract.seller)
        factories.coupon(contract.seller, prices=["base"])

        subscription = factories.subscription(contract, plan, coupon="WELCOME")

        redemption = CouponRedemption.objects.get(subscription=subscription)
        assert redemption.customer_id == contract.customer_id
        assert redemption.change.terms == {
            "coupon": "WELCOME", "percent": "50", "periods": 1, "prices": ["base"],
        }  # fmt: skip

    def test_a_refused_coupon_refuses_the_start(self, contract: Contract) -> None:
        with pytest.raises(UnknownCoupon):
            factories.subscription(contract, factories.plan(contract.seller), coupon="NONE")

        assert not Subscription.objects.exists()

    def test_it_may_begin_with_a_start_to_come(
        self, contract: Contract, advance: Callable[[date], list[Invoice]]
    ) -> None:
        factories.coupon(contract.seller, valid_until=date(2026, 1, 2))
        plan = factories.plan(contract.seller)
        factories.subscription(contract, plan, on=date(2026, 1, 15), coupon="WELCOME")

        issued = advance(date(2026, 1, 20))

        assert figures(issued) == [("2026-01-15", 15_00, 2_85, 17_85)]


class TestLater:
    def test_the_rest_of_the_running_period_is_reduced(
        self, contract: Contract, advance: Callable[[date], list[Invoice]]
    ) -> None:
        subscription = started(contract)
        factories.coupon(contract.seller, percent=None, amount=Decimal(10), currency="EUR")
        advance(date(2026, 2, 1))
        redeem(subscription, on=date(2026, 3, 1))

        issued = advance(date(2026, 4, 1))

        # 30.00 - 10.00 for March, then in full
        assert [invoice.net_minor for invoice in issued] == [20_00, 30_00]
        call_command("verify")

    def test_a_customer_may_have_it_twice_unless_it_says_once(self, contract: Contract) -> None:
        factories.coupon(contract.seller)

        for subscription in (started(contract), started(contract)):
            redeem(subscription)

        assert CouponRedemption.objects.count() == 2


class TestRefusals:
    @pytest.mark.parametrize(
        ("terms", "refusal"),
        [
            ({"code": "OTHER"}, UnknownCoupon),
            ({"valid_from": date(2026, 1, 2)}, CouponNotValid),
            ({"valid_from": date(2025, 1, 1), "valid_until": date(2026, 1, 1)}, CouponNotValid),
            ({"percent": None, "amount": Decimal(5), "currency": "CHF"}, CouponOfOtherCurrency),
        ],
    )
    def test_each_says_why(
        self, contract: Contract, terms: dict[str, Any], refusal: type[CouponRefused]
    ) -> None:
        factories.coupon(contract.seller, **terms)

        with pytest.raises(refusal):
            redeem(started(contract))

    def test_another_seller_s_coupon_is_unknown(self, contract: Contract) -> None:
        factories.coupon(factories.seller())

        with pytest.raises(UnknownCoupon):
            redeem(started(contract))

    def test_a_coupon_is_used_up(self, contract: Contract) -> None:
        factories.coupon(contract.seller, max_redemptions=1)
        redeem(started(contract))

        with pytest.raises(CouponUsedUp):
            redeem(started(contract))

    def test_each_customer_has_it_once(self, contract: Contract) -> None:
        factories.coupon(contract.seller, once_per_customer=True)
        redeem(started(contract))
        other = factories.contract(factories.customer(contract.seller))
        redeem(started(other))

        with pytest.raises(CouponRedeemedAlready):
            redeem(started(contract))

    def test_it_is_good_for_some_plans(self, contract: Contract) -> None:
        good, bad = factories.plan(contract.seller), factories.plan(contract.seller)
        factories.coupon(contract.seller, plans=[good])
        redeem(factories.subscription(contract, good))

        with pytest.raises(CouponNotForPlan):
            redeem(factories.subscription(contract, bad))

    def test_the_plan_is_that_of_the_discount_s_first_day(self, contract: Contract) -> None:
        later = factories.plan(contract.seller)
        factories.coupon(contract.seller, plans=[later])
        subscription = started(contract)
        request = ChangeRequest(
            kind=SubscriptionChange.Kind.CHANGE_PLAN, plan=later, on=date(2026, 3, 1)
        )
        change(subscription, request)

        with pytest.raises(CouponNotForPlan):
            redeem(subscription, on=date(2026, 2, 28))
        assert redeem(subscription, on=date(2026, 3, 1))


def change(subscription: Subscription, request: ChangeRequest) -> None:
    change_subscription(subscription_id=subscription.id, request=request, at=AT)


class TestRaces:
    @pytest.mark.parametrize("is_once", [False, True])
    def test_a_limit_holds_among_many(self, committed: None, is_once: bool) -> None:
        seller = factories.seller()
        customer = factories.customer(seller)
        terms = {"once_per_customer": True} if is_once else {"max_redemptions": 2}
        factories.coupon(seller, **terms)
        # A contract each: else they would wait for it.
        waiting = [started(factories.contract(customer)) for _ in range(6)]

        def redeeming(subscription: Subscription) -> Callable[[], object]:
            def go() -> object:
                try:
                    return redeem(subscription)
                except (CouponUsedUp, CouponRedeemedAlready) as refusal:
                    return refusal

            return go

        answers = at_once([redeeming(subscription) for subscription in waiting])

        expected = 1 if is_once else 2
        assert sum(isinstance(answer, SubscriptionChange) for answer in answers) == expected
        assert CouponRedemption.objects.count() == expected


class TestDatabase:
    """Past the ORM."""

    def redeemed_again(self, *, by: Subscription, change: SubscriptionChange) -> None:
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute(
                "INSERT INTO billing_couponredemption (id, seller_id, coupon_id, customer_id,"
                " subscription_id, change_id, redeemed_on, created_at)"
                " SELECT gen_random_uuid(), seller_id, coupon_id, customer_id, %s, %s,"
                " redeemed_on, created_at FROM billing_couponredemption LIMIT 1",
                [by.id, change.id],
            )

    @pytest.mark.parametrize("terms", [{"max_redemptions": 1}, {"once_per_customer": True}, {}])
    def test_limits_hold(self, contract: Contract, terms: dict[str, Any]) -> None:
        factories.coupon(contract.seller, **terms)
        redeem(started(contract))
        other = started(contract)

        with pytest.raises(IntegrityError, match="coupon_redeemed_as_promised"):
            self.redeemed_again(by=other, change=other.changes.get())

    @pytest.mark.parametrize(
        ("column", "value", "name"),
        [
            ("percent", "101", "coupon_percent_or_amount"),
            ("amount", "1", "coupon_percent_or_amount"),
            ("currency", "EUR", "coupon_percent_or_amount"),
            ("periods", 0, "coupon_counts_from_one"),
            ("max_redemptions", 0, "coupon_counts_from_one"),
            ("price_codes", "[]", "coupon_codes_listed"),
            ("plan_codes", "{}", "coupon_codes_listed"),
            ("valid_until", "2026-01-01", "coupon_validity_forward"),
            ("code", "a b", "coupon_code_plain"),
            ("code", "welcome", "coupon_code_once"),
        ],
    )
    def test_nonsense_is_refused(
        self, seller: Seller, column: str, value: object, name: str
    ) -> None:
        factories.coupon(seller)
        values = {field.column: f'"{field.column}"' for field in Coupon._meta.fields}
        values |= {"id": "gen_random_uuid()", "code": "'other'", column: "%s"}
        statement = (
            f"INSERT INTO billing_coupon ({', '.join(values)})"
            f" SELECT {', '.join(values.values())} FROM billing_coupon"
        )

        with pytest.raises(IntegrityError, match=name), connection.cursor() as cursor:
            cursor.execute(statement, [value])


class TestAdmin:
    def test_a_coupon_is_made_and_its_redemptions_are_shown(
        self, admin_client: Client, contract: Contract
    ) -> None:
        said = {"seller": str(contract.seller_id), "code": "Half", "percent": "50"}
        made = admin_client.post("/admin/billing/coupon/add/", said)
        redeem(started(contract), "HALF")

        coupon = Coupon.objects.get()
        page = admin_client.get(f"/admin/billing/coupon/{coupon.pk}/change/").content.decode()

        assert (made.status_code, coupon.currency, coupon.plan_codes) == (302, "", None)
        assert contract.customer.name in page

    def test_a_subscription_starts_with_one(self, admin_client: Client, contract: Contract) -> None:
        factories.coupon(contract.seller, max_redemptions=1)
        plan = factories.plan(contract.seller)
        said = {"contract": str(contract.pk), "plan": str(plan.pk), "quantity": "1"}

        pages = [
            admin_client.post("/admin/billing/subscription/add/", {**said, "coupon": "welcome"})
            for _ in range(2)
        ]

        assert [page.status_code for page in pages] == [302, 200]
        assert "is used up" in pages[1].content.decode()
        assert CouponRedemption.objects.count() == 1
