"""A child process of the stack: in a session of its own, logged, and known to the guard."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.stack.guard import Guard
from config.stack.output import Listener, Output, follow

MARK = "ANLASS_STACK"  # Every process of a stack carries the stack's folder under this name.


class DidNotStart(Exception):
    """A program of the stack failed or did not get ready; the message ends with its last lines."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The unprivileged user whom a program runs as when we are root."""

    user: int
    group: int


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """What every child needs: the stack it belongs to, who ends it after us, where it writes."""

    root: Path
    guard: Guard
    output: Output


@dataclass(frozen=True, kw_only=True)
class Command:
    """How to run a program, and how to end it."""

    name: str
    argv: Sequence[str]
    environ: Mapping[str, str]
    cwd: Path | str = "/"
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    orphan_signal: int = signal.SIGKILL  # What the guard sends first, after us.
    is_muted_at_stop: bool = False


class Program:
    """One child process, started and ended any number of times."""

    def __init__(self, command: Command, keeper: Keeper, listener: Listener | None = None) -> None:
        """`listener` hears every line that the program writes."""
        self.command = command
        self._keeper = keeper
        self._listener = listener
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopping = False
        self._is_over = False

    @property
    def name(self) -> str:
        """The name in the log."""
        return self.command.name

    @property
    def pid(self) -> int | None:
        """The process id; None while it does not run."""
        if self._process is None:
            return None
        if self._process.poll() is not None:
            self.kill()  # The children it has left.
            return None
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended: minus the signal if by one; None if it runs or never ran."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the process. What its former one left behind is ended first."""
        self.kill()
        self._is_stopping = self._is_over = False
        command, account = self.command, self.command.account
        self._process = subprocess.Popen(
            command.argv,
            env={**command.environ, MARK: str(self._keeper.root)},
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
        )
        self._keeper.guard.watch(self._process.pid, command.orphan_signal)
        self._reader = follow(self.name, self._process, self._hear)

    def run(self, *, within: float) -> None:
        """
        Run to the end.

        :raises DidNotStart: if it fails or takes longer than `within` seconds.
        """
        self.start()
        self._wait(within)
        code = self.exit_code
        self.kill()
        if code != 0:
            raise self.failure("failed" if code is not None else f"took longer than {within:g} s")

    def wait_until(self, is_ready: Callable[[], bool], *, within: float) -> None:
        """
        Return when `is_ready` says so.

        :raises DidNotStart: if the program ends before, or is not ready after `within` seconds.
        """
        deadline = time.monotonic() + within
        while not is_ready():
            if self.pid is None:
                raise self.failure(f"ended with code {self.exit_code}")
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready after {within:g} s")
            time.sleep(0.05)

    def ask_to_stop(self) -> None:
        """Send the signal that lets the program end by itself."""
        self._is_stopping = True
        if self._process and self._process.poll() is None:
            self._process.send_signal(self.command.stop_signal)

    def stop(self, *, within: float = 10) -> None:
        """End the program: politely, and after `within` seconds with SIGKILL."""
        self.ask_to_stop()
        self._wait(within)
        self.kill()

    def kill(self) -> None:
        """End the program and all that it started with SIGKILL."""
        if self._process is None or self._is_over:
            return
        self._is_over = True  # Once only: later the group's id may be somebody else's.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._keeper.guard.release(self._process.pid)

    def failure(self, what: str) -> DidNotStart:
        """Return the exception that says what happened and shows the latest lines."""
        self._reader.join(timeout=1 if self.pid is None else 0)  # For the last lines of all.
        return DidNotStart(f"{self.name} {what}.\n{self._keeper.output.latest(self.name)}")

    def _hear(self, line: str) -> None:
        if self._listener:
            self._listener(line)
        if not (self._is_stopping and self.command.is_muted_at_stop):
            self._keeper.output.line(self.name, line)

    def _wait(self, within: float) -> None:
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(within)
