"""Real servers on loopback, in threads: an app that takes webhooks, and a mail server."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Taken:
    path: str
    headers: dict[str, str]
    body: bytes


LOOK_EVERY_SECONDS = 0.02  # Whether to stop.


class App:
    """An app of the seller: remembers what it is told, and answers as it is told to."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.status = 200
        self.answer = b"ok"
        self.headers: dict[str, str] = {}
        self.drips = b""  # Sent again and again, instead of the rest of the answer.
        self.begins = b""  # What goes before that.
        self.before_answer: Callable[[], None] = lambda: None
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                app.taken.append(Taken(self.path, dict(self.headers), body))
                app.before_answer()
                if app.drips:
                    self.drip()
                    return
                self.send_response(app.status)
                self.send_header("Content-Length", str(len(app.answer)))
                for name, value in app.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # Who asked reads a part.
                    self.wfile.write(app.answer)

            def drip(self) -> None:
                self.close_connection = True
                with contextlib.suppress(OSError):  # Who asked has had enough.
                    self.wfile.write(app.begins)
                    for _ in range(200):
                        self.wfile.write(app.drips)
                        time.sleep(0.02)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK_EVERY_SECONDS,), daemon=True
        )
        self._thread.start()

    def speak_tls(self, key: Path, certificate: Path) -> int:
        """Take TLS alone from now on; return the port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        return self.port

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Mailbox:
    """A mail server that keeps what it gets, unless it is told to refuse."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refusal: str = ""  # For example "550 No such user".
    farewell: str = "221 Bye"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802  The server's name for it.
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return self.farewell

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        mail = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        return "250 Kept"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
