"""Writes of issuing: `bill` is the hot path of the whole engine."""

from invoices.issuing.commands.bill import bill
from invoices.issuing.commands.due import bill_due
from invoices.issuing.commands.orders import bill_facts
from invoices.issuing.commands.settle import write_off

__all__ = ["bill", "bill_due", "bill_facts", "write_off"]
