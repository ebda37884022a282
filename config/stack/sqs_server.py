"""
Runs the embedded broker, in the virtual environment that holds it.

It looks for messages every 100 ms while a receiver waits, where SQS answers a long poll at once. A
shorter step makes waiting for a message as short as it is in production.
"""

import asyncio
import runpy
import types

from ministack.services import sqs

STEP_SECONDS = 0.02


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(min(seconds, STEP_SECONDS))


if __name__ == "__main__":
    sqs.asyncio = types.SimpleNamespace(**{**vars(asyncio), "sleep": _sleep})
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
