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
from config.stack.output import Listener, Output

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


class Program:
    """One child process, started and ended any number of times."""

    def __init__(self, command: Command, keeper: Keeper, listener: Listener | None = None) -> None:
        """`listener` hears every line that the program writes."""
        self.command = command
        self._keeper = keeper
        self._listener = listener
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """The name in the log."""
        return self.command.name

    @property
    def pid(self) -> int | None:
        """The process id; None while it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """How it ended: minus the signal if by one; None if it runs or never ran."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the process. What its former one left behind is ended first."""
        self.kill()
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
        self._keeper.output.follow(self.name, self._process, self._listener)

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
            time.sleep(0.02)

    def ask_to_stop(self) -> None:
        """Send the signal that lets the program end by itself."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(self.command.stop_signal)

    def stop(self, *, within: float = 10) -> None:
        """End the program: politely, and after `within` seconds with SIGKILL."""
        self.ask_to_stop()
        self._wait(within)
        self.kill()

    def kill(self) -> None:
        """End the program and all that it started with SIGKILL."""
        if self._process is None:
            return
        # Even if the program has ended: children may be left, and then its group's id is theirs.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._keeper.guard.release(self._process.pid)

    def failure(self, what: str) -> DidNotStart:
        """Return the exception that says what happened and shows the latest lines."""
        return DidNotStart(f"{self.name} {what}.\n{self._keeper.output.latest(self.name)}")

    def _wait(self, within: float) -> None:
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(within)
