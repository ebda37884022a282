"""The embedded mail server: what is sent in development lands in a folder."""

import os
import socket
import sys
from pathlib import Path

from config.stack.places import CHECKOUT
from config.stack.ports import HOST
from config.stack.program import Command
from config.stack.service import Service

SERVER = CHECKOUT / "config" / "stack" / "mail_server.py"


class Mail(Service):
    """Keeps each e-mail as a file; none leaves this machine."""

    name = "mail"

    @property
    def inbox(self) -> Path:
        """The folder of the e-mails."""
        return self.keeper.root / "mail" / "new"

    def prepare(self) -> None:
        """The server makes its folder itself."""

    def command(self) -> Command:
        """Return how to start it."""
        return Command(
            name=self.name,
            argv=[sys.executable, "-I", str(SERVER)],
            environ={
                "PATH": os.environ.get("PATH", os.defpath),
                "MAIL_HOST": HOST,
                "MAIL_PORT": str(self.port),
                "MAIL_FOLDER": str(self.keeper.root / "mail"),
            },
        )

    def is_ready(self) -> bool:
        """Return whether it greets."""
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def environ(self) -> dict[str, str]:
        """Return the server's address, and that test sellers may write to anyone by it."""
        return {
            "EMAIL_URL": f"smtp://{HOST}:{self.port}",
            "EMAIL_REACHES_NOBODY": "1",
            "EMAIL_FROM": "billing@anlass.invalid",
            "EMAIL_INBOX": str(self.inbox),
        }
