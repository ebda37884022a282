"""
Runs the embedded broker, in the virtual environment that holds it.

It looks for messages every 100 ms while a receiver waits, where SQS answers a long poll at once.
Whoever waits is woken by what comes, so that waiting for a message is as short as it is in
production.
"""

import asyncio
import contextlib
import runpy
import types
from collections.abc import Callable
from typing import Any

from ministack.services import sqs

WAKING = {
    "SendMessage",
    "SendMessageBatch",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
}

_asleep: set[asyncio.Future[None]] = set()


async def _sleep(seconds: float) -> None:
    woken = asyncio.get_running_loop().create_future()
    _asleep.add(woken)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(woken, seconds)
    _asleep.discard(woken)


def _waking(handler: Callable[..., Any]) -> Callable[..., Any]:
    def handle(*arguments: Any) -> Any:
        answer = handler(*arguments)
        while _asleep:
            woken = _asleep.pop()
            if not woken.done():
                woken.set_result(None)
        return answer

    return handle


if __name__ == "__main__":
    sqs.asyncio = types.SimpleNamespace(**{**vars(asyncio), "sleep": _sleep})
    for action in WAKING:
        sqs._HANDLERS[action] = _waking(sqs._HANDLERS[action])
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
