"""Writes of contracts: agreements, their subscriptions, changes, and what is due when."""

from billing.contracts.commands.agree import NewContract, NewTerm, make_contract
from billing.contracts.commands.change import (
    change_subscription,
    checked_change,
    start_subscription,
)
from billing.contracts.commands.schedule import (
    append_due,
    append_period_ended,
    bring_forward,
    note_billed,
    pass_over,
)
from billing.contracts.commands.test_clock import step_test_clock

__all__ = [
    "NewContract",
    "NewTerm",
    "append_due",
    "append_period_ended",
    "bring_forward",
    "change_subscription",
    "checked_change",
    "make_contract",
    "note_billed",
    "pass_over",
    "start_subscription",
    "step_test_clock",
]
