"""Writes about VAT: overrides, and what registers say of VAT ids."""

from billing.vat.commands.checks import (
    CHECK_VAT_ID,
    append_due_checks,
    ask_again,
    can_be_asked,
    check_vat_id,
)
from billing.vat.commands.overrides import (
    ContradictoryOverride,
    NewOverride,
    OverrideEndedAlready,
    OverrideEndsTooEarly,
    end_override,
    record_override,
)
from billing.vat.commands.registrations import register_abroad

__all__ = [
    "CHECK_VAT_ID",
    "ContradictoryOverride",
    "NewOverride",
    "OverrideEndedAlready",
    "OverrideEndsTooEarly",
    "append_due_checks",
    "ask_again",
    "can_be_asked",
    "check_vat_id",
    "end_override",
    "record_override",
    "register_abroad",
]
