"""What the embedded services have in common."""

from abc import ABC, abstractmethod

from config.stack.program import Command, Keeper, Program

START_WITHIN = 60.0


class Service(ABC):
    """A server of the stack, listening on a port of loopback."""

    name: str

    def __init__(self, keeper: Keeper, *, port: int) -> None:
        """Nothing runs yet: `start` does it."""
        self.keeper = keeper
        self.port = port
        self._program: Program | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the server; None while it does not run."""
        return self._program.pid if self._program else None

    def start(self) -> None:
        """
        Start the server and return when it answers. Its data of former runs are there again.

        :raises DidNotStart: with the latest lines of its log.
        """
        self.prepare()
        self._program = Program(self.command(), self.keeper)
        self._program.start()
        self._program.wait_until(self.is_ready, within=START_WITHIN)

    def stop(self) -> None:
        """Stop the server so that it saves what it has."""
        if self._program:
            self._program.stop(within=15)

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would."""
        if self._program:
            self._program.kill()

    @abstractmethod
    def prepare(self) -> None:
        """Make what the server needs before it can start."""

    @abstractmethod
    def command(self) -> Command:
        """Return how to start the server."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether the server answers."""

    @abstractmethod
    def environ(self) -> dict[str, str]:
        """Return the settings by which the engine finds the server."""
