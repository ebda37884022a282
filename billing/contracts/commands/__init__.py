"""Writes of contracts: agreements, their subscriptions, changes, and what is due when."""

from billing.contracts.commands.agree import NewContract, NewTerm, change_references, make_contract
from billing.contracts.commands.change import change_subscription, checked_change
from billing.contracts.commands.due import (
    append_chunk,
    append_due,
    append_kind,
    due_by,
)
from billing.contracts.commands.index import index_contract
from billing.contracts.commands.redeem import (
    CouponRefused,
    checked_redemption,
    redeem_coupon,
)
from billing.contracts.commands.schedule import (
    Billed,
    append_days_ended,
    append_days_of,
    append_period_ended,
    bring_forward,
    earliest_days,
    make_due,
    note_all_billed,
    note_billed,
    open_day,
    pass_over,
    reopen,
)
from billing.contracts.commands.start import NewSubscription, start_subscription
from billing.contracts.commands.test_clock import step_test_clock

__all__ = [
    "Billed",
    "CouponRefused",
    "NewContract",
    "NewSubscription",
    "NewTerm",
    "append_chunk",
    "append_days_ended",
    "append_days_of",
    "append_due",
    "append_kind",
    "append_period_ended",
    "bring_forward",
    "change_references",
    "change_subscription",
    "checked_change",
    "checked_redemption",
    "due_by",
    "earliest_days",
    "index_contract",
    "make_contract",
    "make_due",
    "note_all_billed",
    "note_billed",
    "open_day",
    "pass_over",
    "redeem_coupon",
    "reopen",
    "start_subscription",
    "step_test_clock",
]
