"""Reads of contracts: timelines as the pure engine's values, terms, and what is due."""

from billing.contracts.queries.bound import contract_term, contract_terms
from billing.contracts.queries.changes import as_change, written_terms
from billing.contracts.queries.due import (
    EVENT_TYPES,
    DueKind,
    Reading,
    contracts_due,
    days_due,
    is_anything_due,
    next_due_day,
)
from billing.contracts.queries.timelines import (
    Agreements,
    Known,
    known_on,
    known_so_far,
    known_to_change,
    next_turn,
    timeline_to_check,
    timeline_with,
    timelines,
    unpriced_timeline,
)

__all__ = [
    "EVENT_TYPES",
    "Agreements",
    "DueKind",
    "Known",
    "Reading",
    "as_change",
    "contract_term",
    "contract_terms",
    "contracts_due",
    "days_due",
    "is_anything_due",
    "known_on",
    "known_so_far",
    "known_to_change",
    "next_due_day",
    "next_turn",
    "timeline_to_check",
    "timeline_with",
    "timelines",
    "unpriced_timeline",
    "written_terms",
]
