"""Stacks on trial: in folders of their own, their processes counted."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.stack.environment import URLS
from config.stack.places import CHECKOUT, Places
from config.stack.program import MARK

TOLD = (
    *URLS, "SECRET_KEY", "BROKER_TLS", "WEB_URL", "FLOWER_URL", "PUBLIC_URL",
    "EMAIL_REACHES_NOBODY", "EMAIL_FROM", "EMAIL_INBOX",
    "LOG_FORMAT", "SERVICE_ENVIRONMENT",
)  # fmt: skip


def bare_environ() -> dict[str, str]:
    """The environment of a terminal in which no service is named."""
    return {name: value for name, value in os.environ.items() if name not in TOLD}


@dataclass
class Trial:
    """A folder for a stack, and the commands that were started there."""

    root: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the stack and return at once."""
        process = subprocess.Popen(
            self._argv(arguments),
            cwd=CHECKOUT,
            env=bare_environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.started.append(process)
        return process

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the stack to its end."""
        return subprocess.run(
            self._argv(arguments),
            cwd=CHECKOUT,
            env=bare_environ(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def await_record(self, *, within: float = 60) -> None:
        """Return when the stack of this folder says that it is ready."""
        wait_until(lambda: Places.at(self.root).record() is not None, within=within)

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to the stack of this folder."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def close(self) -> None:
        """End what was started, and remove the folder."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
        wait_until(lambda: not self.processes(), within=15)
        Places.at(self.root).clear()

    def _argv(self, arguments: tuple[str, ...]) -> list[str]:
        action, *rest = arguments
        return [sys.executable, "-m", "config.stack", action, "--root", str(self.root), *rest]

    def _owns(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(self.root):
                return process.status() != psutil.STATUS_ZOMBIE
        with contextlib.suppress(psutil.Error, OSError):
            data = (self.root / "postgres" / "data").resolve()
            return Path(process.cwd()) == data
        return False


def wait_until(is_so: Callable[[], bool], *, within: float) -> float:
    """Return after how many seconds `is_so` said so; fail after `within`."""
    start = time.monotonic()
    while not is_so():
        assert time.monotonic() - start < within, f"not within {within:g} s"
        time.sleep(0.05)
    return time.monotonic() - start
