"""The whole stack: services and the engine's processes, kept alive."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from config.stack import environment, processes
from config.stack.places import Address
from config.stack.ports import HOST
from config.stack.processes import Process
from config.stack.program import Keeper
from config.stack.services import Services
from config.stack.sqs import Sqs
from config.stack.watch import Part, Watch

READY_WITHIN = 90.0
STEP_WITHIN = 600.0
WARM_STOP_WITHIN = 40.0  # Longer than a worker's soft shutdown.


class Supervisor:
    """Services and processes of one folder, run and restarted by this process until `stop`."""

    def __init__(self, services: Services, *, demo: bool = False) -> None:
        """
        Nothing runs yet.

        With `demo` there will be a seller, a login and an API key to look around with, but only in
        an embedded database.
        """
        self.services = services
        self._demo = demo
        self._logins: dict[str, str] = {}
        self._processes: list[Process] = []
        self._watch: Watch | None = None

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
    def environ(self) -> dict[str, str]:
        """What a command needs beyond the environment to reach the services and the pages."""
        return {
            **self._process_environ,
            "WEB_URL": f"http://{HOST}:{self._web}",
            "FLOWER_URL": f"http://{HOST}:{self._flower}",
            "FLOWER_LOGIN": processes.FLOWER_LOGIN,
            "METRICS_TARGETS": ",".join(
                f"{name}={HOST}:{port}" for name, port in self._metrics.items()
            ),
        }

    @property
    def addresses(self) -> list[Address]:
        """The pages a person may open."""
        mail = self.services.mail
        return processes.addresses(
            web=self._web,
            flower=self._flower,
            logins=self._logins,
            inbox=str(mail.inbox) if mail else "",
        )

    @property
    def _process_environ(self) -> dict[str, str]:
        public = environment.given("PUBLIC_URL") or f"http://{HOST}:{self._web}"
        return {**self.services.environ, "PUBLIC_URL": public}

    def start(self) -> None:
        """
        Start everything and return when all of it is ready.

        :raises AlreadyRunning: if another process runs the stack of this folder.
        :raises DidNotStart: if a part does not get ready; nothing is left running.
        """
        self.services.bring_up()
        try:
            self._start_processes()
            self.services.publish(environ=self.environ, addresses=self.addresses, processes=True)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the processes, then the services. Workers finish what they are doing."""
        self.services.places.forget()
        if self._watch:
            self._watch.stop()
        workers = [part for part in self._processes if part.name in processes.WORKERS]
        for process in self._processes:
            if process in workers:  # All at once: each takes seconds to end its long poll.
                for worker in workers:
                    worker.program.ask_to_stop()
            process.program.stop(within=WARM_STOP_WITHIN)
        self.services.stop()

    def _start_processes(self) -> None:
        keeper, ports = self.services.keeper, self.services.ports
        self._prepare()
        self._web, self._flower = ports.take("web"), ports.take("flower")
        self._metrics = {name: ports.take(f"metrics-{name}") for name in processes.MEASURED}
        self._processes = processes.processes(
            self._process_environ,
            keeper,
            web=self._web,
            flower=self._flower,
            metrics=self._metrics,
        )
        for process in self._processes:
            process.start()
        for process in self._processes:
            process.program.wait_until(process.is_ready, within=READY_WITHIN)
        self._watch = Watch([*self._service_parts(), *self._processes], keeper.output)

    def _prepare(self) -> None:
        services, steps = self.services, dict(processes.STEPS)
        if self._demo and services.postgres:
            self._logins = processes.demo_logins(services.places)
            steps |= processes.DEMO_STEP
        environ = {**services.environ, **self._logins}
        for name, arguments in steps.items():
            processes.step(name, arguments, environ, services.keeper).run(within=STEP_WITHIN)

    def _service_parts(self) -> Sequence[Part]:
        services, environ = self.services, self.services.environ
        broker = [_Broker(services.sqs, environ, services.keeper)] if services.sqs else []
        return [*broker, *(part for part in services.embedded if part is not services.sqs)]


class _Broker:
    """The embedded broker as a part to watch: killed, it has forgotten its queues."""

    name = Sqs.name

    def __init__(self, sqs: Sqs, environ: Mapping[str, str], keeper: Keeper) -> None:
        self._sqs = sqs
        self._environ = environ
        self._keeper = keeper

    @property
    def pid(self) -> int | None:
        return self._sqs.pid

    def start(self) -> None:
        self._sqs.start()
        arguments = processes.STEPS["queues"]
        processes.step("queues", arguments, self._environ, self._keeper).run(within=STEP_WITHIN)
