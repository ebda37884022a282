"""Ports on loopback: chosen once, remembered, and kept as long as nobody else takes them."""

import json
import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
# Below the ports that Linux and macOS hand to outgoing connections.
RANGE = range(20_000, 32_000)


class Ports:
    """The ports of one stack, remembered in a file."""

    def __init__(self, file: Path, *, preferred: dict[str, int] | None = None) -> None:
        """Read the remembered ports; `preferred` ones are tried first when a name is new."""
        self._file = file
        self._preferred = preferred or {}
        self._chosen: dict[str, int] = {}
        if file.exists():
            self._chosen = json.loads(file.read_text(encoding="ascii"))

    def take(self, name: str) -> int:
        """Return the port of `name`: the remembered one if it is free, else a new one."""
        candidates = [self._chosen.get(name), self._preferred.get(name)]
        port = next((port for port in candidates if port and self._is_ours(port, name)), None)
        if port is None:
            port = self._any_free()
        self._chosen[name] = port
        self._file.write_text(json.dumps(self._chosen, indent=2), encoding="ascii")
        return port

    def _is_ours(self, port: int, name: str) -> bool:
        others = {taken for other, taken in self._chosen.items() if other != name}
        return port not in others and is_free(port)

    def _any_free(self) -> int:
        taken = set(self._chosen.values())
        for port in random.sample(RANGE, len(RANGE)):
            if port not in taken and is_free(port):
                return port
        raise OSError("No port on 127.0.0.1 is free.")


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As servers do it: connections of a past server that still linger don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
