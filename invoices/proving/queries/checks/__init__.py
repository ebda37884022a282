"""The checks of the books: each names what must hold and finds where it doesn't."""

from invoices.proving.queries.checks import (
    archives,
    balances,
    charges,
    corrections,
    documents,
    events,
    facts,
    files,
    numbers,
    parties,
    subscriptions,
    taxes,
    usage,
)

CHECKS = (
    *events.CHECKS,
    *archives.CHECKS,
    *facts.CHECKS,
    *parties.CHECKS,
    *numbers.CHECKS,
    *documents.CHECKS,
    *files.CHECKS,
    *charges.CHECKS,
    *taxes.CHECKS,
    *corrections.CHECKS,
    *subscriptions.CHECKS,
    *balances.CHECKS,
    *usage.CHECKS,
)
