"""Runs a command with the stack around it: a stack that runs already, else one of its own."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

from config.stack.places import AlreadyRunning, Places, Record
from config.stack.program import DidNotStart
from config.stack.services import Services
from config.stack.supervisor import Supervisor

JOIN_WITHIN = 120.0  # Seconds that a stack which is starting may take.


def run_command(command: list[str], *, root: Path, processes: bool, fresh: bool) -> int:
    """
    Run `command` and return its exit code. What was started for it is stopped after it.

    :raises AlreadyRunning: if a stack runs that can't be used: `fresh` was asked for, or
        `processes` that it does not have.
    """
    services = Services(root, fresh=fresh)
    stack = Supervisor(services) if processes else services
    with contextlib.ExitStack() as exits:
        try:
            exits.enter_context(stack)
        except AlreadyRunning:
            if fresh:
                raise
            return _join(command, services.places, processes=processes)
        code = _run(command, stack.environ)
        _wait_for_users(services.places)
    return code


def _join(command: list[str], places: Places, *, processes: bool) -> int:
    record = _await_record(places)
    if processes and not record["processes"]:
        raise AlreadyRunning(f"{places.describe()}\nIt has services alone, no processes.")
    with _use(places):
        return _run(command, record["environ"])


def _await_record(places: Places) -> Record:
    deadline = time.monotonic() + JOIN_WITHIN
    while (record := places.record()) is None:
        if time.monotonic() > deadline:
            raise DidNotStart(f"The stack in {places.root} does not get ready.")
        time.sleep(0.2)
    return record


def _run(command: list[str], environ: Mapping[str, str]) -> int:
    # Ctrl-C reaches the command by itself, since it belongs to the terminal's group as we do.
    before = signal.signal(signal.SIGINT, _leave_it_to_the_command)
    try:
        process = subprocess.Popen(command, env={**os.environ, **environ})
    except FileNotFoundError:
        print(f"{command[0]}: command not found", file=sys.stderr)
        return 127
    try:
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


def _leave_it_to_the_command(_number: int, _frame: FrameType | None) -> None:
    pass


@contextlib.contextmanager
def _use(places: Places) -> Iterator[None]:
    descriptor = os.open(places.root / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _wait_for_users(places: Places) -> None:
    # Others may have joined the stack that was started for this command.
    descriptor = os.open(places.root / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Other commands still use the stack in {places.root}: waiting.", file=sys.stderr)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)
