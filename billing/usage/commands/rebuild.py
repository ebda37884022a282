"""Rebuilding what records add up to."""

from collections.abc import Iterable

from django.db import connection, transaction

from billing.sellers.models import Seller
from billing.usage.models import UsageBucket
from billing.usage.queries.rolled_up import BUCKETS, DISTINCT


@transaction.atomic
def rebuild(*, sellers: Iterable[Seller]) -> int:
    """
    Roll up the records of some sellers anew; return how many buckets they have.

    Usage that comes meanwhile waits for it; who reads sees the old buckets until it is done.
    """
    values = {"sellers": [seller.id for seller in sellers]}
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE billing_usagebucket, billing_usagedistinct IN EXCLUSIVE MODE")
        cursor.execute("DELETE FROM billing_usagebucket WHERE seller_id = ANY(%(sellers)s)", values)
        cursor.execute(
            "DELETE FROM billing_usagedistinct WHERE seller_id = ANY(%(sellers)s)", values
        )
        cursor.execute(_BUCKETS, values)
        cursor.execute(_DISTINCT, values)
    return UsageBucket.objects.filter(seller_id__in=values["sellers"]).count()


_BUCKETS = f"""
    INSERT INTO billing_usagebucket (
        id, seller_id, subscription_id, meter_id, day, recorded_on, properties, count, total,
        amount, highest, latest_at, latest_key, latest, weighted)
    SELECT gen_random_uuid(), * FROM ({BUCKETS}) AS bucket
"""  # noqa: S608  No text of a caller.
_DISTINCT = f"""
    INSERT INTO billing_usagedistinct (
        seller_id, subscription_id, meter_id, day, recorded_on, properties_id, value)
    {DISTINCT}
"""
