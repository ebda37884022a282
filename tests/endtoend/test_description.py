"""The running API before requests that schemathesis makes of its description."""

import pytest
from django.utils import timezone

from billing.sellers.commands import create_api_key
from config.demo.seller import make_seller
from config.stack.client import Client
from tests.chaos.engine import Engine
from tests.schemathesis.running import operations, passes
from tests.schemathesis.world import furnish

SEED = 20260301
EACH = 20


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_that_is_sent_is_answered_in_an_undescribed_way(engine: Engine) -> None:
    at = timezone.now()
    seller = make_seller(name="Demo GmbH", at=at)
    _, key = create_api_key(seller=seller, name="Fuzz", at=at)
    engine.start("relay", "worker-1", "worker-3")
    url = engine.serve()
    names = furnish(Client(url=url, key=key))

    told = {"url": url, "key": key, "names": names, "seed": SEED}
    failed = [tag for tag in operations() if not passes(tag, each=EACH, **told)]

    assert failed == []
