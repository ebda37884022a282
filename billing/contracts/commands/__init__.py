"""Writes of contracts: agreements, their subscriptions, changes, and what is due when."""

from billing.contracts.commands.agree import NewContract, NewTerm, make_contract
from billing.contracts.commands.change import change_subscription, start_subscription
from billing.contracts.commands.schedule import (
    append_days_ended,
    append_due,
    append_period_ended,
    bring_forward,
    make_due,
    note_billed,
    open_day,
    pass_over,
)
from billing.contracts.commands.test_clock import step_test_clock

__all__ = [
    "NewContract",
    "NewTerm",
    "append_days_ended",
    "append_due",
    "append_period_ended",
    "bring_forward",
    "change_subscription",
    "make_contract",
    "make_due",
    "note_billed",
    "open_day",
    "pass_over",
    "start_subscription",
    "step_test_clock",
]
