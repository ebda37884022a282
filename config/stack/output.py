"""
One readable log of all processes: a prefix for each, colours on a terminal, a rotated file.

What they say in JSON also goes as it is into a file beside it, `<name>.ecs.ndjson`: what a shipper
of logs would take.
"""

import json
import re
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TextIO

from billing.happenings.formats import readable

KEPT_LOGS = 5
COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")

Listener = Callable[[str], None]


class Output:
    """Writes every line of every process to the log file and, if there is one, to the terminal."""

    def __init__(self, file: Path, *, terminal: TextIO | None = None) -> None:
        """Start a new log file; the former ones stay as `<name>.1` (latest) and so on."""
        self.path, self.structured = file, file.with_suffix(".ecs.ndjson")
        for each in (self.path, self.structured):
            _rotate(each)
        self._file = self.path.open("a", encoding="utf-8", errors="replace")
        self._lines = self.structured.open("a", encoding="utf-8", errors="replace")
        self._terminal = terminal
        self._colours: dict[str, int] = {}
        self._latest: dict[str, deque[str]] = {}
        self._lock = threading.Lock()

    def line(self, name: str, text: str) -> None:
        """Write one line of the process `name`."""
        text = text.rstrip()
        if (said := _said(text)) is not None:
            self._keep(text)
            for each in readable(said).splitlines():
                self._write(name, each)
            return
        self._write(name, text)

    def _keep(self, line: str) -> None:
        with self._lock:
            if not self._lines.closed:
                self._lines.write(f"{line}\n")
                self._lines.flush()

    def _write(self, name: str, text: str) -> None:
        with self._lock:
            self._latest.setdefault(name, deque(maxlen=20)).append(ESCAPES.sub("", text))
            if not self._file.closed:
                self._file.write(f"{name:10} | {ESCAPES.sub('', text)}\n")
                self._file.flush()
            self._show(f"{self._prefix(name)} {text}")

    def latest(self, name: str) -> str:
        """Return the latest lines of the process `name`."""
        with self._lock:
            return "\n".join(self._latest.get(name, ()))

    def close(self) -> None:
        """Close the log file. Lines that still come go to the terminal alone."""
        with self._lock:
            self._file.close()
            self._lines.close()

    def _show(self, line: str) -> None:
        try:
            if self._terminal:
                print(line, file=self._terminal, flush=True)
        except OSError:
            self._terminal = None  # It was closed; the file goes on.

    def _prefix(self, name: str) -> str:
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        if self._terminal and self._terminal.isatty():
            return f"\x1b[{colour}m{name:10} |\x1b[0m"
        return f"{name:10} |"


def _said(line: str) -> dict[str, Any] | None:
    """Return what a line says in JSON; None if it is plain text."""
    if not line.startswith('{"@timestamp"'):
        return None
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return said if {"log.level", "message"} <= said.keys() else None


def _rotate(file: Path) -> None:
    for number in range(KEPT_LOGS - 1, 0, -1):
        older = file.with_name(f"{file.name}.{number}")
        if older.exists():
            older.replace(file.with_name(f"{file.name}.{number + 1}"))
    if file.exists():
        file.replace(file.with_name(f"{file.name}.1"))


def follow(name: str, process: subprocess.Popen[bytes], hear: Listener) -> threading.Thread:
    """Pass every line that comes out of a process to `hear`, in the thread that is returned."""
    thread = threading.Thread(
        target=_pass_on, args=(process.stdout, hear), name=f"log-{name}", daemon=True
    )
    thread.start()
    return thread


def _pass_on(stream: IO[bytes], hear: Listener) -> None:
    with stream:
        for line in stream:
            hear(line.decode("utf-8", errors="replace").rstrip())
