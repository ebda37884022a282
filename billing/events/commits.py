"""What is done once a transaction is committed, and never if it is rolled back."""

from collections.abc import Callable
from contextvars import copy_context
from functools import partial

from django.db import transaction


def after_commit(action: Callable[[], object]) -> None:
    """
    Do something once what was written stands: at once where no transaction is open.

    It finds what is bound now: the request's fields, or the event's. Only what may be lost: a crash
    in between loses it, and what it raises is logged. Whatever must happen is an event.
    """
    transaction.on_commit(partial(copy_context().run, action), robust=True)
