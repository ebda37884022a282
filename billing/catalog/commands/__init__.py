"""Writes of the catalog: products, meters, plans, prices, coupons."""

from billing.catalog.commands.coupons import (
    ContradictoryCoupon,
    CouponEndedAlready,
    CouponEndsTooEarly,
    NewCoupon,
    create_coupon,
    end_coupon,
)
from billing.catalog.commands.products import (
    NewMeter,
    NewPlan,
    NewPrice,
    NewProduct,
    PriceEndedAlready,
    PriceEndsTooEarly,
    change_product,
    create_meter,
    create_plan,
    create_price,
    create_product,
    end_price,
)

__all__ = [
    "ContradictoryCoupon",
    "CouponEndedAlready",
    "CouponEndsTooEarly",
    "NewCoupon",
    "NewMeter",
    "NewPlan",
    "NewPrice",
    "NewProduct",
    "PriceEndedAlready",
    "PriceEndsTooEarly",
    "change_product",
    "create_coupon",
    "create_meter",
    "create_plan",
    "create_price",
    "create_product",
    "end_coupon",
    "end_price",
]
