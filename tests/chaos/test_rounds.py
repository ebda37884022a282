"""Whatever breaks, what the facts demand is invoiced once: rounds of random disturbances."""

import time

import pytest

from billing.events.queues import depths
from tests.chaos.disturbances import ACTS
from tests.chaos.plan import KINDS, ROUNDS_OF_A_DECK, plan
from tests.chaos.rounds import RoundFailed, Summary, play
from tests.chaos.site import Site

FAST = range(ROUNDS_OF_A_DECK)  # A whole deck: each kind once.
SLOW_ROUNDS = 200
DRAINED_WITHIN = 60.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `seed` the seeds that were asked for, or a deck of fast rounds and many slow ones."""
    if "seed" not in metafunc.fixturenames:
        return
    first, count = (metafunc.config.getoption(name) for name in ("chaos_seed", "chaos_rounds"))
    if first is not None or count is not None:
        seeds = range(first or 0, (first or 0) + (count or 1))
        metafunc.parametrize("seed", seeds)
        return
    slow = range(FAST.stop, FAST.stop + SLOW_ROUNDS)
    marked = [pytest.param(seed, marks=pytest.mark.slow) for seed in slow]
    metafunc.parametrize("seed", [*FAST, *marked])


class TestPlans:
    def test_a_deck_holds_each_kind_once(self) -> None:
        plans = [plan(seed) for seed in range(10, 10 + ROUNDS_OF_A_DECK)]

        drawn = [each.kind for made in plans for each in made.disturbances]

        assert sorted(drawn) == sorted(KINDS) == sorted(ACTS)

    def test_a_seed_gives_the_same_plan_again(self) -> None:
        assert plan(7) == plan(7) != plan(8)


class TestWhateverBreaks:
    def test_what_the_facts_demand_is_invoiced_once(
        self, site: Site, summary: Summary, seed: int
    ) -> None:
        planned, begun = plan(seed), time.monotonic()
        try:
            houses = play(planned, site)
        except KeyboardInterrupt:
            raise
        except BaseException as failure:
            told = f"{failure}\n{planned}\nreplay: pytest tests/chaos --chaos-seed {seed}\n"
            told += site.engine.tails()
            site.renew()
            raise RoundFailed(told) from failure
        summary.add(planned, houses, seconds=time.monotonic() - begun)

    def test_afterwards_the_queues_are_empty(self, site: Site) -> None:
        site.engine.wait_until(
            lambda: not any(map(sum, depths().values())),
            within=DRAINED_WITHIN,
            what="the queues are empty",
        )
