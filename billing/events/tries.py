"""Who tries to handle an event, and what stands in the way."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from billing.mending import NOTHING, Mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try of a worker: which task, where, from when to when."""

    task: str
    worker: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who handles events by which task, at what instant, and since when by its own stopwatch."""

    task: str
    name: str
    at: datetime
    started: float = field(default_factory=time.monotonic)

    def tried(self) -> Try:
        """Return the try so far, as one that ends now."""
        elapsed = timedelta(seconds=time.monotonic() - self.started)
        return Try(task=self.task, worker=self.name, started_at=self.at, ended_at=self.at + elapsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """
    Why an event could not be handled, in plain words, and what it may cost.

    What must be mended (`mend`) names its cause, within its `place`: an exception's class, or a
    function of a defect; empty, the type of the event.
    """

    code: str
    reason: str
    remedy: str
    error_class: str
    money_at_stake_minor: int | None = None
    currency: str = ""
    place: str = ""
    mend: Mend = NOTHING
