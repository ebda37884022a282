"""The services of one stack: database, broker, control plane, mail, as far as embedded."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from config.stack import environment, leftovers
from config.stack.guard import Guard
from config.stack.mail import Mail
from config.stack.output import Output
from config.stack.places import DEFAULT_ROOT, Address, Places
from config.stack.ports import Ports
from config.stack.postgres import Postgres
from config.stack.program import MARK, Keeper
from config.stack.redis import Redis
from config.stack.service import Service
from config.stack.sqs import Sqs

FAMILIAR_PORTS = {"web": 8000, "flower": 5555}


class Services:
    """
    The services of the stack in one folder, run by this process until `stop`.

    `DATABASE_URL`, `BROKER_URL`, `REDIS_URL` and `EMAIL_URL` given in the environment replace their
    service, which is then None. However this process ends, its services end too.
    """

    def __init__(
        self,
        root: Path,
        *,
        terminal: TextIO | None = None,
        fresh: bool = False,
    ) -> None:
        """Nothing runs yet. `fresh` clears the folder at the start."""
        self.places = Places.at(root)
        self.postgres: Postgres | None = None
        self.sqs: Sqs | None = None
        self.redis: Redis | None = None
        self.mail: Mail | None = None
        self._terminal = terminal
        self._fresh = fresh
        self._exits = ExitStack()  # What is to be done at the end, last things first.

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def embedded(self) -> list[Service]:
        """The services that run here."""
        return [part for part in (self.postgres, self.sqs, self.redis, self.mail) if part]

    @property
    def environ(self) -> dict[str, str]:
        """What the engine's processes need beyond the environment that was given."""
        return environment.compose(self.places, [part.environ() for part in self.embedded])

    def start(self) -> None:
        """
        Start what is not given in the environment; data of former runs are there again.

        :raises AlreadyRunning: if another process runs the stack of this folder.
        :raises DidNotStart: if a service does not get ready; nothing is left running.
        """
        self.bring_up()
        self.publish(environ=self.environ, addresses=[], processes=False)

    def bring_up(self) -> None:
        """Start as `start` does, but tell nobody yet: there is more to come."""
        self._exits.callback(os.close, self.places.lock())
        try:
            self._take_over()
            self._choose()
            with ThreadPoolExecutor(max_workers=4) as pool:
                list(pool.map(_start, self.embedded))
        except BaseException:
            self.stop()
            raise

    def publish(
        self, *, environ: dict[str, str], addresses: list[Address], processes: bool
    ) -> None:
        """Let other commands join: tell them the environment and the addresses."""
        self.places.publish(
            {
                "pid": os.getpid(),
                "environ": environ,
                "addresses": addresses,
                "processes": processes,
            }
        )

    def stop(self) -> None:
        """Stop everything and give the folder back. Does nothing if nothing runs."""
        self._exits.close()

    def _take_over(self) -> None:
        swept = leftovers.sweep(self.places.root)
        if self._fresh:
            self.places.clear()
        root = self.places.root
        self.keeper = Keeper(
            root=root,
            guard=Guard({MARK: str(root)}),
            output=Output(self.places.folder("log") / "anlass.log", terminal=self._terminal),
        )
        preferred = FAMILIAR_PORTS if root == DEFAULT_ROOT else {}
        self.ports = Ports(root / "ports.json", preferred=preferred)
        self._exits.callback(self.keeper.output.close)
        self._exits.callback(self.keeper.guard.close)
        if swept:
            self.keeper.output.line("stack", f"Ended {swept} processes of a killed stack.")

    def _choose(self) -> None:
        keeper, take = self.keeper, self.ports.take
        if not environment.given("DATABASE_URL"):
            self.postgres = Postgres(keeper, port=take("postgres"))
        if not environment.given("BROKER_URL"):
            self.sqs = Sqs(keeper, port=take("sqs"))
        if not environment.given("REDIS_URL"):
            self.redis = Redis(keeper, port=take("redis"))
        if not environment.given("EMAIL_URL"):
            self.mail = Mail(keeper, port=take("mail"))
        for service in self.embedded:
            self._exits.callback(service.stop)
        self._exits.callback(self.places.forget)


def _start(service: Service) -> None:
    service.start()
