"""The memory of each process of the stack, in MiB of resident set size."""

import os
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Memory:
    """What one process holds, in MiB."""

    name: str
    pid: int
    rss_mib: float


def measure() -> list[Memory]:
    """Return the worker processes of this machine's user, pool children included."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "memory_info"]):
        command = " ".join(process.info["cmdline"] or [])
        if "config.celery" in command and " worker " in command and _is_ours(process):
            mib = process.info["memory_info"].rss / 2**20
            name = command.partition("--hostname ")[2].split(" ")[0]
            found.append(Memory(name, process.info["pid"], mib))
    return found


def _is_ours(process: psutil.Process) -> bool:
    try:
        return bool(process.environ().get("DATABASE_URL") == os.environ["DATABASE_URL"])
    except psutil.Error:
        return False
