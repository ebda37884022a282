"""What is done once a transaction is committed, and never if it is rolled back."""

from collections.abc import Callable

from django.db import transaction


def after_commit(action: Callable[[], object]) -> None:
    """
    Do something once what was written stands: at once where no transaction is open.

    Only what may be lost: a crash in between loses it, and what it raises is logged. Whatever must
    happen is an event.
    """
    transaction.on_commit(action, robust=True)
