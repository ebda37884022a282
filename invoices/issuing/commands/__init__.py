"""Writes of issuing: `bill` is the hot path of the whole engine."""

from invoices.issuing.commands.bill import bill
from invoices.issuing.commands.deciding import (
    Decision,
    Deed,
    decide,
    decide_on_cause,
    settle_failures,
)
from invoices.issuing.commands.due import bill_due
from invoices.issuing.commands.orders import bill_facts
from invoices.issuing.commands.probing import probe_causes
from invoices.issuing.commands.settle import write_off

__all__ = [
    "Decision",
    "Deed",
    "bill",
    "bill_due",
    "bill_facts",
    "decide",
    "decide_on_cause",
    "probe_causes",
    "settle_failures",
    "write_off",
]
