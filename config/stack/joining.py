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

from config.stack.environment import given
from config.stack.guard import Guard
from config.stack.places import AlreadyRunning, Places, Record
from config.stack.services import Services
from config.stack.supervisor import Supervisor

JOIN_WITHIN = 120.0  # Seconds that a stack which is starting or stopping may take.


def run_command(command: list[str], *, root: Path, processes: bool, fresh: bool) -> int:
    """
    Run `command` and return its exit code. What was started for it is stopped after it.

    :raises AlreadyRunning: if a stack runs that can't be used: `fresh` was asked for, or
        `processes` that it does not have.
    """
    deadline = time.monotonic() + JOIN_WITHIN
    while True:
        try:
            return _run_in_own(command, root=root, processes=processes, fresh=fresh)
        except AlreadyRunning:
            if fresh or time.monotonic() > deadline:
                raise
        with _use(Places.at(root)) as record:
            if record:
                return _run_in_other(command, record, places=Places.at(root), processes=processes)
        time.sleep(0.2)  # It is starting or stopping.


def _run_in_own(command: list[str], *, root: Path, processes: bool, fresh: bool) -> int:
    services = Services(root, fresh=fresh)
    stack = Supervisor(services) if processes else services
    with contextlib.ExitStack() as exits:
        users = os.open(services.places.root / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        exits.callback(os.close, users)
        exits.enter_context(stack)
        code = _run(command, stack.environ, guard=services.keeper.guard)
        _wait_for_users(users, services.places)
    return code


def _run_in_other(command: list[str], record: Record, *, places: Places, processes: bool) -> int:
    if processes and not record["processes"]:
        raise AlreadyRunning(f"{places.describe()}\nIt has services alone, no processes.")
    for name in ("DATABASE_URL", "BROKER_URL", "REDIS_URL"):
        if (other := given(name)) and other != record["environ"].get(name):
            raise AlreadyRunning(
                f"{places.describe()}\nIt has another {name} than the environment gives: unset it, "
                "or run the command without the stack."
            )
    return _run(command, record["environ"])


def _run(command: list[str], environ: Mapping[str, str], *, guard: Guard | None = None) -> int:
    # Ctrl-C reaches the command by itself, since it belongs to the terminal's group as we do.
    before = signal.signal(signal.SIGINT, _leave_it_to_the_command)
    try:
        with subprocess.Popen(command, env=_environment(environ)) as process:
            return _wait(process, guard)
    except (FileNotFoundError, PermissionError) as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    finally:
        signal.signal(signal.SIGINT, before)


def _environment(added: Mapping[str, str]) -> dict[str, str]:
    # `python` is that of the project, also where its virtual environment isn't activated.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, **added, "PATH": path}


def _wait(process: subprocess.Popen[bytes], guard: Guard | None) -> int:
    if guard:
        guard.watch(process.pid, signal.SIGTERM)
    try:
        code = process.wait()
    except BaseException:
        process.terminate()
        raise
    finally:
        if guard:
            guard.release(process.pid)
    return code if code >= 0 else 128 - code


def _leave_it_to_the_command(_number: int, _frame: FrameType | None) -> None:
    pass


@contextlib.contextmanager
def _use(places: Places) -> Iterator[Record | None]:
    """Hold on to the running stack: one that was started for a command waits for us."""
    users = os.open(places.root / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield places.record()
    finally:
        os.close(users)


def _wait_for_users(users: int, places: Places) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Other commands still use the stack in {places.root}: waiting.", file=sys.stderr)
        fcntl.flock(users, fcntl.LOCK_EX)
