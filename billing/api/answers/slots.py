"""
How many lists a web process gives as files at a time, and how long one may take: it holds a thread.

An app has one at a time, and all together leave threads for other requests. Each process counts
for itself, so that nothing has to be given back for a process that died: with several of them an
app can have one in each.
"""

import threading
from uuid import UUID

from django.conf import settings

from billing.api.problems import Refusal, tell


class TooManyExports(Exception):
    """As many lists as there is room for are being taken as files, or one by the same key."""

    retry_after = 10


class ExportTookTooLong(Exception):
    """A list wasn't through as a file in the time that there is for one."""


tell(
    exceptions={
        ExportTookTooLong: Refusal(
            503,
            "export_took_too_long",
            detail="The file isn't whole: it took too long. Ask for less at a time, by filters.",
            remedy="It is the last line of a file that isn't whole: ask for less at a time.",
        ),
        TooManyExports: Refusal(
            429,
            "too_many_exports",
            detail="Another list is being taken as a file: nothing was done; try again later.",
            remedy="Take one list after the other: ask again after `Retry-After` seconds.",
        ),
    }
)

_counting = threading.RLock()  # Slots are also given back by the garbage collector.
_taken: set[UUID | int] = set()


class Slot:
    """A caller's room for one export, until it is given back."""

    def __init__(self, caller_id: UUID | int) -> None:
        """It was taken before."""
        self._caller_id = caller_id
        self._is_taken = True

    def give_back(self) -> None:
        """Make room for another one. Safe to do twice."""
        with _counting:
            if self._is_taken:
                self._is_taken = False
                _taken.discard(self._caller_id)


def take_slot(caller_id: UUID | int) -> Slot:
    """
    Take a caller's room for an export: an API key's, or that of a membership of staff.

    :raises TooManyExports: if it has one already, or others have all.
    """
    with _counting:
        if caller_id in _taken or len(_taken) >= settings.API_EXPORTS_AT_ONCE:
            raise TooManyExports
        _taken.add(caller_id)
    return Slot(caller_id)
