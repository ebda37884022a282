"""A round: a world, told to the running engine while its plan disturbs it; then it is judged."""

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from django.db import connection
from django.utils import timezone

from tests.chaos.disturbances import ACTS, AWAY
from tests.chaos.judging import is_settled, problems, retry_storage, standing
from tests.chaos.plan import Plan
from tests.chaos.site import Site
from tests.chaos.telling import Teller
from tests.chaos.world import House, clocked_house, living_house

SETTLED_WITHIN = 45.0
LOOK_EVERY_SECONDS = 0.05
# A worker ends, to be started again, when its queue is gone: the killed broker has forgotten it.
ENDS_PROCESSES = {"broker_killed"}


class RoundFailed(AssertionError):
    """What is wrong after a round, with all that is needed to look into it and to replay it."""


@dataclass(slots=True)
class Summary:
    """What all rounds of a session came to."""

    seeds: list[int] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    invoices: int = 0
    seconds: float = 0.0

    def add(self, played: Plan, houses: list[House], *, seconds: float) -> None:
        """Count a round that went well."""
        self.seeds.append(played.seed)
        self.kinds.update(each.kind for each in played.disturbances)
        self.invoices += sum(house.invoices.total() for house in houses)
        self.seconds += seconds

    def lines(self) -> list[str]:
        """Return it for the terminal."""
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.kinds.items()))
        hits = ", ".join(f"{name} {count}" for name, count in sorted(self.hits.items()))
        return [
            f"{len(self.seeds)} rounds, seeds {min(self.seeds)} to {max(self.seeds)}:"
            f" {self.kinds.total()} disturbances, {self.invoices} invoices, each once,"
            f" in {self.seconds:.0f} s",
            f"disturbances: {kinds}",
            f"requests to the broker that were hit: {hits}",
            f"processes that ended by themselves: {dict(self.ended) or 'none'}",
        ]


def play(plan: Plan, site: Site) -> list[House]:
    """
    Play a round, and return its houses.

    :raises RoundFailed: if the engine has not done, in time, what the facts demand.
    """
    chance, kinds = Random(plan.seed), {each.kind for each in plan.disturbances}
    houses = [
        clocked_house(chance),
        living_house(chance, now=timezone.now(), with_documents="disk_full" in kinds),
    ]
    ended = site.ended.copy()
    tellers = [Teller(house, port=site.port) for house in houses]
    for teller in tellers:
        teller.start()
    try:
        _disturb(plan, site, chance)
    finally:
        site.mend()
    _await(houses, tellers, site)
    wrong = [problem for house in houses for problem in problems(house)]
    if site.ended != ended and not kinds & ENDS_PROCESSES:
        wrong.append(f"processes ended by themselves: {site.ended - ended}")
    if wrong:
        raise RoundFailed("\n".join([*wrong, *map(standing, houses)]))
    return houses


def _disturb(plan: Plan, site: Site, chance: Random) -> None:
    """Begin and end each disturbance at its moment."""
    acts = [(each, ACTS[each.kind](site, chance)) for each in plan.disturbances]
    moments = [(each.after, act.__enter__) for each, act in acts]
    moments += [
        (each.after + each.lasts, lambda act=act: act.__exit__(None, None, None))
        for each, act in acts
    ]
    begun = time.monotonic()
    for moment, act in sorted(moments, key=lambda pair: pair[0]):
        time.sleep(max(0.0, begun + moment - time.monotonic()))
        act()


def _await(houses: list[House], tellers: list[Teller], site: Site) -> None:
    """Wait until all is told and settled."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while any(teller.is_alive() for teller in tellers) or not _all_settled(houses):
        site.revive()
        refused = [teller.refused for teller in tellers if teller.refused]
        if refused or time.monotonic() > deadline:
            connection.close()
            why = refused or [f"not settled within {SETTLED_WITHIN:.0f} s"]
            raise RoundFailed("\n".join([*why, *map(standing, houses)]))
        time.sleep(LOOK_EVERY_SECONDS)


def _all_settled(houses: list[House]) -> bool:
    try:
        for house in houses:
            retry_storage(house)
        return all(is_settled(house) for house in houses)
    except AWAY:
        connection.close()
        return False
