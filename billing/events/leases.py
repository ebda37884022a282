"""
One of several processes does what only one needs to do; others stand by.

A lease is a row, taken and kept by single statements: it needs no session of its own, so that it
holds behind a pooler of transactions. Only the database's clock counts. Whoever is frozen or cut
off for longer loses it, and learns it from the row's token when it next asks.
"""

import os
import socket
import time
from datetime import timedelta

from django.db import connection

from billing.ids import new_id


class LeaseLost(Exception):
    """Another process holds the lease by now."""


class LeaseOf:
    """A process's part in a lease: holds it, or stands by."""

    def __init__(self, name: str, *, lasting: timedelta) -> None:
        """Stand by for the lease `name`, which lasts so long from each time it is kept on."""
        self._name = name
        self._lasting = lasting.total_seconds()
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{new_id()}"
        self._token: int | None = None
        self._keep_at = 0.0

    def hold(self) -> bool:
        """
        Take the lease if it is free, keep it if it is held; return whether this process holds it.

        Kept when a third of its time is over, so that asking costs nothing in between.
        """
        if self._token is not None and time.monotonic() < self._keep_at:
            return True
        asked_at = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(
                _HOLD, {"name": self._name, "holder": self.holder, "lasting": self._lasting}
            )
            row = cursor.fetchone()
        token = row[0] if row else None
        self._token, self._keep_at = token, asked_at + self._lasting / 3
        return token is not None

    def keep(self) -> None:
        """
        Keep the lease amid long work.

        :raises LeaseLost: if another process has taken it over.
        """
        held = self._token
        if not self.hold() or self._token != held:
            raise LeaseLost(f"{self._name} was taken over from {self.holder}.")

    def release(self) -> None:
        """Give the lease up, so that another needn't wait until it is over."""
        with connection.cursor() as cursor:
            cursor.execute(_RELEASE, {"name": self._name, "holder": self.holder})
        self._token = None


_HOLD = """
    INSERT INTO billing_lease AS held (name, holder, token, until)
    VALUES (%(name)s, %(holder)s, 1, clock_timestamp() + %(lasting)s * interval '1 second')
    ON CONFLICT (name) DO UPDATE SET
        holder = EXCLUDED.holder, until = EXCLUDED.until,
        token = held.token + (held.holder <> EXCLUDED.holder)::int
    WHERE held.holder = EXCLUDED.holder OR held.until < clock_timestamp()
    RETURNING token
"""
_RELEASE = """
    UPDATE billing_lease SET until = clock_timestamp() - interval '1 second'
    WHERE name = %(name)s AND holder = %(holder)s
"""
