"""A real HTTP proxy before the broker that drops or changes what passes."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


class Proxy:
    """
    Passes calls of SQS on, and notes them.

    `before` may change what is asked, or answer in the broker's stead: (status, body), or None to
    hang up. `after` may change the broker's answer.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.calls: list[tuple[str, Body]] = []
        self.before: Callable[[str, Body], tuple[int, Body] | Body | None] = lambda _, body: body
        self.after: Callable[[str, Body], Body] = lambda _, body: body
        self.url = ""

    def of(self, action: str) -> list[Body]:
        """What was asked by one action."""
        return [body for called, body in self.calls if called == action]

    @contextmanager
    def serving(self) -> Iterator["Proxy"]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, action: str, body: Body, headers: dict[str, str]) -> tuple[int, Body] | None:
        self.calls.append((action, body))
        asked = self.before(action, body)
        if asked is None or isinstance(asked, tuple):
            return asked
        request = urllib.request.Request(
            self.upstream, json.dumps(asked).encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return 200, self.after(action, json.loads(response.read() or b"{}"))
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            action = self.headers["X-Amz-Target"].rpartition(".")[2]
            kept = ("X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date")
            headers = {name: self.headers[name] for name in kept if name in self.headers}
            answered = proxy.answer(action, body, headers)
            if answered is None:
                self.close_connection = True
                return
            status, said = answered
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
