"""A proxy between engine and broker: messages are doubled, delayed, reordered, dropped, cut off."""

import hashlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

HOST = "127.0.0.1"
PATIENCE = 30.0  # Seconds; longer than any long poll.
CHANCE = 0.5  # That a fault hits a request, while it is on.
CUT_CHANCE = 0.15
LONGEST_DELAY = 3  # Seconds.

Body = dict[str, Any]


class BrokerProxy:
    """
    Speaks SQS's JSON protocol on both sides, and does to messages what a network may do.

    What it does stands in `faults`; without any it passes everything on. It is not running yet.
    """

    def __init__(self, *, port: int, chance: Random) -> None:
        """Take the broker's port, and what decides which requests are hit."""
        self.faults: set[str] = set()
        self.hits: Counter[str] = Counter()
        self._broker = port
        self._chance = chance
        self._server = ThreadingHTTPServer((HOST, 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def broker(self) -> HTTPConnection:
        """Return a new connection to the broker."""
        return HTTPConnection(HOST, self._broker, timeout=PATIENCE)

    def strikes(self, fault: str, *, chance: float = CHANCE) -> bool:
        """Return whether a fault that is on hits what passes now."""
        is_hit = fault in self.faults and self._chance.random() < chance
        self.hits[fault] += is_hit
        return is_hit

    def some_delay(self) -> int:
        return self._chance.randint(0, LONGEST_DELAY)

    def shuffle(self, messages: list[Body]) -> None:
        self._chance.shuffle(messages)


def _handler(proxy: BrokerProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        def setup(self) -> None:
            super().setup()
            self.proxy, self.broker = proxy, proxy.broker()

    return Handler


class _Handler(BaseHTTPRequestHandler):
    """One connection of the engine, with a connection of its own to the broker."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    proxy: BrokerProxy
    broker: HTTPConnection

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with suppress(HTTPException, OSError):  # The one or the other is gone.
            self._meddle(body)
            return
        self.broker.close()
        self._hang_up()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def finish(self) -> None:
        self.broker.close()
        with suppress(OSError):
            super().finish()

    def _meddle(self, body: bytes) -> None:
        _, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        if self.proxy.strikes("connections_cut", chance=CUT_CHANCE):
            if self.proxy.some_delay():  # Before the broker heard of it, or after.
                self._ask(body)
            self._hang_up()
            return
        meddle = _MEDDLERS.get(operation)
        if meddle is None or not self.proxy.faults:
            self._pass_on(body)
            return
        self._answer(*meddle(self, json.loads(body)))

    def _pass_on(self, body: bytes) -> None:
        self._answer(*self._ask(body))

    def ask(self, body: Body) -> tuple[int, bytes]:
        return self._ask(json.dumps(body).encode())

    def _ask(self, body: bytes) -> tuple[int, bytes]:
        headers = {k: v for k, v in self.headers.items() if k.lower() != "content-length"}
        self.broker.request(self.command, self.path, body, headers)
        answer = self.broker.getresponse()
        return answer.status, answer.read()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _send(call: _Handler, body: Body) -> tuple[int, bytes]:
    if call.proxy.strikes("messages_dropped"):
        return 200, json.dumps(_accepted(body)).encode()
    _delay(call, body)
    if call.proxy.strikes("messages_doubled"):
        call.ask(body)
    return call.ask(body)


def _send_batch(call: _Handler, body: Body) -> tuple[int, bytes]:
    entries = body["Entries"]
    dropped = [each for each in entries if call.proxy.strikes("messages_dropped")]
    for each in entries:
        _delay(call, each)
    body["Entries"] = [each for each in entries if each not in dropped]
    status, answer = 200, b'{"Successful": [], "Failed": []}'
    if body["Entries"]:
        if call.proxy.strikes("messages_doubled"):
            call.ask(body)
        status, answer = call.ask(body)
    if status != 200 or not dropped:
        return status, answer
    told = json.loads(answer)
    told.setdefault("Successful", []).extend(
        {"Id": each["Id"], **_accepted(each)} for each in dropped
    )
    return status, json.dumps(told).encode()


def _receive(call: _Handler, body: Body) -> tuple[int, bytes]:
    status, answer = call.ask(body)
    if status != 200 or not call.proxy.strikes("messages_reordered"):
        return status, answer
    told = json.loads(answer)
    call.proxy.shuffle(told.get("Messages") or [])
    return status, json.dumps(told).encode()


def _delete(call: _Handler, body: Body) -> tuple[int, bytes]:
    """Lose an acknowledgement, so that the message comes again."""
    if not call.proxy.strikes("acknowledgements_lost"):
        return call.ask(body)
    done = [{"Id": each["Id"]} for each in body.get("Entries", [])]
    return 200, json.dumps({"Successful": done, "Failed": []} if done else {}).encode()


_MEDDLERS: dict[str, Callable[[_Handler, Body], tuple[int, bytes]]] = {
    "SendMessage": _send,
    "SendMessageBatch": _send_batch,
    "ReceiveMessage": _receive,
    "DeleteMessage": _delete,
    "DeleteMessageBatch": _delete,
}


def _delay(call: _Handler, message: Body) -> None:
    """Have the broker hold a message back; some more than others where they are reordered."""
    if call.proxy.strikes("messages_delayed"):
        message["DelaySeconds"] = LONGEST_DELAY
    elif call.proxy.strikes("messages_reordered"):
        message["DelaySeconds"] = call.proxy.some_delay()


def _accepted(message: Body) -> Body:
    """Return what the broker says of a message that it has taken."""
    text = message["MessageBody"].encode()
    digest = hashlib.md5(text, usedforsecurity=False).hexdigest()
    return {"MessageId": "00000000-0000-4000-8000-000000000000", "MD5OfMessageBody": digest}
