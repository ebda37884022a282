"""The running API before requests that schemathesis makes of its description."""

import pytest

from tests.chaos.engine import Engine
from tests.schemathesis.running import Run, operations
from tests.schemathesis.telling import table

SEED = 20260301
EXAMPLES = 60


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_that_is_sent_is_answered_in_an_undescribed_way(engine: Engine) -> None:
    engine.start("relay", "worker-1", "worker-3")
    run = Run(url=engine.serve(), seed=SEED, examples=EXAMPLES, beside=2)

    outcomes = list(run.outcomes(list(operations())))

    told = table(outcomes, seed=SEED)
    assert all(each.is_passed for each in outcomes), told
