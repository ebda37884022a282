"""Ends what a killed stack may have left. Only whoever holds the stack's lock may do it."""

import contextlib
import os
import signal
from pathlib import Path

import psutil

from config.stack.program import MARK

PATIENCE = 5.0  # Seconds until SIGKILL.


def sweep(root: Path) -> int:
    """End every process of the stack in `root`, its guard too, and return how many there were."""
    marked = [process for process in _others() if _mark(process) == str(root)]
    for process in marked:
        _signal(process, signal.SIGTERM if _is_service(process, root) else signal.SIGKILL)
    return end_database(root / "postgres" / "data") + _see_off(marked)


def end_database(data: Path) -> int:
    """
    End the server of a data folder, or what is left of it; return how many processes it was.

    The server is asked to stop; sessions that have lost it are killed.
    """
    servers = _database_servers(data)
    leader = _leader(data)
    if not any(process.pid == leader for process in servers):
        leader = None
    for process in servers:
        if leader is None:
            _signal(process, signal.SIGKILL)
        elif process.pid == leader:
            _signal(process, signal.SIGINT)
    return _see_off(servers)


def _see_off(processes: list[psutil.Process]) -> int:
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=PATIENCE)
    return len(processes)


def _others() -> list[psutil.Process]:
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in own]


def _mark(process: psutil.Process) -> str | None:
    with contextlib.suppress(psutil.Error, OSError):
        mark: str | None = process.environ().get(MARK)
        return mark
    return None


def _is_service(process: psutil.Process, root: Path) -> bool:
    # Services work in a folder of the stack and want a moment to save what they have.
    with contextlib.suppress(psutil.Error, OSError):
        return Path(process.cwd()).is_relative_to(root)
    return False


def _database_servers(data: Path) -> list[psutil.Process]:
    # PostgreSQL writes its title over its environment, but it works in its data folder.
    return [process for process in _others() if _works_in(process, data.resolve())]


def _leader(data: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    return None


def _works_in(process: psutil.Process, folder: Path) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return process.name() == "postgres" and Path(process.cwd()) == folder
    return False


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(psutil.Error):
        process.send_signal(number)
