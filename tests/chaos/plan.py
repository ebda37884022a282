"""What a round does to the engine: dealt from a shuffled deck by its seed, to be replayed."""

from dataclasses import dataclass
from random import Random

KINDS = (
    "worker_killed",
    "pool_child_killed",
    "relay_killed",
    "scheduler_killed",
    "web_killed",
    "database_killed",
    "sessions_ended",
    "broker_killed",
    "broker_stopped",
    "messages_doubled",
    "messages_delayed",
    "messages_reordered",
    "messages_dropped",
    "acknowledgements_lost",
    "connections_cut",
    "clock_ahead",
    "clock_back",
    "disk_full",
    "worker_frozen",
    "two_schedulers",
)
HAND = 4  # Kinds in a round.
ROUNDS_OF_A_DECK = len(KINDS) // HAND
BRIEFLY = (0.2, 2.0)
# A frozen worker is taken for dead by the broker, 6 s after it took a message, and then wakes up.
# A second scheduler needs a moment to start.
LASTS = {"worker_frozen": (6.5, 8.0), "two_schedulers": (3.0, 4.0)}


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What is done, so many seconds after the round began, and for how long if it lasts."""

    kind: str
    after: float
    lasts: float

    def __str__(self) -> str:
        return f"{self.after:.2f} s: {self.kind} for {self.lasts:.2f} s"


@dataclass(frozen=True, slots=True)
class Plan:
    """The disturbances of a round, in order of time."""

    seed: int
    disturbances: tuple[Disturbance, ...]

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}", *(f"  {each}" for each in self.disturbances)])


def plan(seed: int) -> Plan:
    """
    Return the plan of a seed.

    Seeds that follow each other share a deck: five, from a multiple of five on, hold all kinds.
    """
    deck = list(KINDS)
    Random(seed // ROUNDS_OF_A_DECK).shuffle(deck)
    place = seed % ROUNDS_OF_A_DECK
    chance = Random(seed)
    drawn = [
        Disturbance(
            kind, after=chance.uniform(0, 1.2), lasts=chance.uniform(*LASTS.get(kind, BRIEFLY))
        )
        for kind in deck[place * HAND : (place + 1) * HAND]
    ]
    return Plan(seed, tuple(sorted(drawn, key=lambda each: each.after)))
