"""
The guard: ends the stack's processes when the process that started them is gone.

It runs as a small process of its own, started by path with the standard library alone. Its
standard input is a pipe that only the starting process holds: the kernel closes it however that
process dies, `kill -9` included. That works alike on Linux and macOS.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

PATIENCE = 6.0  # Seconds that PostgreSQL and the other services get to end by themselves.


class Guard:
    """The starting process's side: it tells the guard which processes to end."""

    def __init__(self, environ: dict[str, str]) -> None:
        """Start the guard process; `environ` marks it as part of the stack."""
        self._environ = environ
        self._watched: dict[int, int] = {}
        self._lock = threading.Lock()
        self._process = self._start()

    @property
    def pid(self) -> int:
        """The guard's process id."""
        return self._process.pid

    def watch(self, pid: int, polite: int) -> None:
        """End the group of process `pid` after us: with signal `polite` first, then SIGKILL."""
        with self._lock:
            self._watched[pid] = polite
            self._tell(f"+ {pid} {polite}\n")

    def release(self, pid: int) -> None:
        """Forget a process that has ended."""
        with self._lock:
            self._watched.pop(pid, None)
            self._tell(f"- {pid}\n")

    def close(self) -> None:
        """Let the guard go; it ends whatever is still watched."""
        with self._lock:
            if self._process.stdin:
                self._process.stdin.close()
            self._process.wait(PATIENCE * 2)

    def _tell(self, line: str) -> None:
        try:
            self._write(line)
        except (BrokenPipeError, ValueError):
            self._process = self._start()  # Somebody ended the guard: a new one learns it all.
            self._write("".join(f"+ {pid} {polite}\n" for pid, polite in self._watched.items()))

    def _write(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line.encode("ascii"))
        self._process.stdin.flush()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            env=self._environ,
            cwd="/",
            start_new_session=True,
        )


def main() -> None:
    """Read who is to be watched until the starting process is gone, then end what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _end(_listen(sys.stdin.fileno()))


def _listen(pipe: int) -> dict[int, int]:
    # A process that forked from the starting one may hold the pipe too: so look at the parent.
    watched: dict[int, int] = {}
    parent, rest = os.getppid(), b""
    while os.getppid() == parent:
        if not select.select([pipe], [], [], 0.5)[0]:
            continue
        if not (chunk := os.read(pipe, 65_536)):
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            _learn(line.decode("ascii").split(), watched)
    return watched


def _learn(words: list[str], watched: dict[int, int]) -> None:
    if words[0] == "+":
        watched[int(words[1])] = int(words[2])
    else:
        watched.pop(int(words[1]), None)


def _end(watched: dict[int, int]) -> None:
    for pid, polite in watched.items():
        # SIGKILL goes to the whole group (a worker and its pool), a request to its leader.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            (os.killpg if polite == signal.SIGKILL else os.kill)(pid, polite)
    deadline = time.monotonic() + PATIENCE
    while any(map(_lives, watched)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in watched:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main()
