"""
Connections that end at a deadline, however slowly their other side speaks.

The timeout of a socket begins anew with each byte: who drips an answer would hold a worker.
"""

import socket
from contextlib import suppress
from threading import Timer
from typing import Any, Self

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Cut:
    """Cuts the connection that it watches after some seconds, unless it is left before."""

    def __init__(self, seconds: float) -> None:
        """Take the seconds, counted from when it is entered."""
        self.is_done = False
        self._watched: socket.socket | None = None
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """Begin to count."""
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the connection live."""
        self._timer.cancel()

    def watch(self, connected: socket.socket) -> None:
        """Cut this connection when it is time, be it now."""
        self._watched = connected
        if self.is_done:
            self._cut()

    def _cut(self) -> None:
        self.is_done = True
        if self._watched is not None:
            with suppress(OSError):  # It has ended.
                # Below TLS: who reads at this moment finds an end, rather than what is encrypted.
                socket.socket.shutdown(self._watched, socket.SHUT_RDWR)


class _Plain(HTTPConnection):
    def __init__(self, *given: Any, cut: Cut, **named: Any) -> None:
        super().__init__(*given, **named)
        self._to_cut = cut

    def connect(self) -> None:
        super().connect()
        self._to_cut.watch(self.sock)


class _Tls(_Plain, HTTPSConnection):
    pass


class PlainPool(HTTPConnectionPool):
    """Connections by HTTP; `cut` ends them."""

    ConnectionCls = _Plain


class TlsPool(HTTPSConnectionPool):
    """Connections by HTTPS; `cut` ends them."""

    ConnectionCls = _Tls
