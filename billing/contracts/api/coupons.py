"""Coupons: `/coupons`."""

import re
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.answers.outputs import PlainDecimalField
from billing.api.answers.pages import listed
from billing.api.inputs.fields import (
    CurrencyField,
    DayField,
    ExactField,
    FlagField,
    ListField,
    ReferenceField,
    TextField,
    WholeField,
)
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell
from billing.api.references import Reference, read_reference
from billing.api.scoped import Endpoint
from billing.catalog import commands
from billing.catalog.commands import (
    ContradictoryCoupon,
    CouponEndedAlready,
    CouponEndsTooEarly,
    NewCoupon,
)
from billing.catalog.models import Coupon, Plan
from billing.catalog.models.coupons import COUPON_CODE

tell(
    exceptions={
        ContradictoryCoupon: Refusal(400, "coupon_contradicts"),
        CouponEndsTooEarly: Refusal(400, "coupon_ends_too_early", field="valid_until"),
        CouponEndedAlready: Refusal(409, "coupon_ended_already"),
    },
    constraints={
        "coupon_code_once": Refusal(409, "code_taken", "code", "Another coupon has this code."),
        "coupon_ends_once": Refusal(409, "coupon_ended_already", detail="The coupon has an end."),
    },
)

COUPON_CODE_FORM = re.compile(COUPON_CODE)
AT_MOST = 100
MOST_REDEMPTIONS = 2**31 - 1


class CodeField(TextField):
    """A coupon's code."""

    default_error_messages = {"code": "Use letters, digits, dots, dashes and underscores."}

    def to_internal_value(self, data: Any) -> str:
        """Return the code as given; capital and small letters are alike."""
        code = super().to_internal_value(data)
        if not COUPON_CODE_FORM.fullmatch(code):
            self.fail("code")
        return code


class CouponInput(Input):
    code = CodeField(max_length=50, help_text="Capital and small letters are alike.")
    percent = ExactField(max_value=100, allow_null=True, default=None)
    amount = ExactField(
        allow_null=True, default=None, help_text="Off each period, instead of a percent."
    )
    currency = CurrencyField(required=False, help_text="Of the amount; default: the seller's.")
    periods = WholeField(
        min_value=1,
        max_value=1000,
        allow_null=True,
        default=None,
        help_text="For how many billing periods, the one in which it begins included; null: for "
        "ever.",
    )
    prices = ListField(
        child=TextField(max_length=100),
        min_length=1,
        max_length=AT_MOST,
        allow_null=True,
        default=None,
        help_text="Codes of the prices that it reduces; null: all recurring ones.",
    )
    plans = ListField(
        child=ReferenceField(known_as="code"),
        min_length=1,
        max_length=AT_MOST,
        allow_null=True,
        default=None,
        help_text="The plans that it is good for; null: all.",
    )
    valid_from = DayField(default=None, allow_null=True, help_text="Default: today.")
    valid_until = DayField(
        default=None, allow_null=True, help_text="First day on which it can't be redeemed."
    )
    max_redemptions = WholeField(
        min_value=1, max_value=MOST_REDEMPTIONS, allow_null=True, default=None
    )
    once_per_customer = FlagField(default=False)


class EndCouponInput(Input):
    valid_until = DayField(help_text="First day on which it can't be redeemed; after today.")


class CouponOutput(serializers.ModelSerializer[Coupon]):
    percent = PlainDecimalField(allow_null=True)
    amount = PlainDecimalField(allow_null=True)
    prices = serializers.JSONField(source="price_codes", allow_null=True)
    plans = serializers.JSONField(source="plan_codes", allow_null=True)
    redemptions = serializers.SerializerMethodField(help_text="How often it was redeemed.")

    class Meta:
        model = Coupon
        fields = [
            "id", "code", "percent", "amount", "currency", "periods", "prices", "plans",
            "valid_from", "valid_until", "max_redemptions", "once_per_customer", "redemptions",
            "created_at",
        ]  # fmt: skip

    def get_redemptions(self, coupon: Coupon) -> int:
        """Return the count; a coupon that was just made has none."""
        return getattr(coupon, "times_redeemed", 0)


class CouponEndpoint(Endpoint):
    """What the addresses of coupons share."""

    def coupon(self, text: str) -> Coupon:
        """Return the coupon that an address names, by id or by `code:` in any case."""
        reference = read_reference(text, known_as="code")
        if reference is None:
            raise NotFound
        column = "code__iexact" if reference.column == "code" else "pk"
        found = self.counted().filter(**{column: reference.value}).first()
        if found is None:
            raise NotFound
        return found

    def counted(self) -> QuerySet[Coupon]:
        """Return the seller's coupons, with how often each was redeemed."""
        return self.rows(Coupon).annotate(times_redeemed=Count("redemptions"))


class CouponsView(CouponEndpoint):
    @listed(CouponOutput)
    def get(self, request: Request) -> Response:
        """List the coupons, newest first."""
        return self.page(self.counted(), _shown)

    @extend_schema(request=CouponInput, responses={201: CouponOutput})
    def post(self, request: Request) -> Response:
        """Record a coupon."""
        said = self.said(CouponInput)
        if said["plans"]:
            said["plans"] = self._plans(said["plans"])
        if said["amount"] is not None:
            said.setdefault("currency", self.seller.currency)
        coupon = commands.create_coupon(
            seller=self.seller, new=NewCoupon(**said), at=timezone.now()
        )
        return self.created(CouponOutput(coupon).data, route="coupon", id=coupon.id)

    def _plans(self, named: Sequence[Reference]) -> list[Plan]:
        fields = {f"plans.{index}": reference for index, reference in enumerate(named)}
        return list(self.resolve_all(Plan, fields).values())


class CouponView(CouponEndpoint):
    @extend_schema(responses=CouponOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a coupon, and how often it was redeemed."""
        return Response(CouponOutput(self.coupon(id)).data)


class EndCouponView(CouponEndpoint):
    @extend_schema(request=EndCouponInput, responses=CouponOutput)
    def post(self, request: Request, id: str) -> Response:
        """End a coupon on a day to come; who redeemed it keeps the discount."""
        coupon = self.coupon(id)
        valid_until = self.said(EndCouponInput)["valid_until"]
        commands.end_coupon(coupon_id=coupon.id, valid_until=valid_until, at=timezone.now())
        return Response(CouponOutput(self.coupon(str(coupon.id))).data)


def _shown(coupons: Any) -> Any:
    return CouponOutput(coupons, many=True).data


urlpatterns = [
    path("coupons", CouponsView.as_view(), name="coupons"),
    path("coupons/<reference:id>/end", EndCouponView.as_view(), name="coupon-end"),
    path("coupons/<reference:id>", CouponView.as_view(), name="coupon"),
]
