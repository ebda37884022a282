"""`manage.py scheduler`: does what days that have come ask for."""

import logging

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from billing.contracts.commands import append_days_ended, append_due, step_test_clock
from billing.events.loop import Every, Loop
from billing.sellers.queries import sellers_on_real_time, sellers_with_moving_clock
from billing.usage.commands import make_partitions_ahead
from billing.vat.commands import append_due_checks
from invoices.balances.commands import expire_lots
from invoices.balances.queries import sellers_of_expiring_lots
from invoices.delivery.commands import order_due_tries

logger = logging.getLogger(__name__)

TRIES_EVERY_SECONDS = 2.0
CLOCKS_EVERY_SECONDS = 0.1
PARTITIONS_EVERY_SECONDS = 24 * 3600.0


class Command(BaseCommand):
    """Append what is due, book out what expired, order due tries, move test clocks."""

    help = __doc__

    def handle(self, **_: object) -> None:
        """Look what is due until told to stop."""
        time_to_look = Every(settings.SCHEDULER_LOOK_SECONDS)
        time_for_partitions = Every(PARTITIONS_EVERY_SECONDS)
        time_for_tries = Every(TRIES_EVERY_SECONDS)

        def turn() -> float:
            if time_for_partitions.is_over():
                make_partitions_ahead(today=timezone.now().date())
            if time_to_look.is_over():
                _look()
                append_due_checks(at=timezone.now())
            if time_for_tries.is_over() and (ordered := order_due_tries(at=timezone.now())):
                logger.info("%d deliveries are tried again", ordered)
            moving = [
                step_test_clock(seller=seller, at=timezone.now())
                for seller in sellers_with_moving_clock()
            ]
            return CLOCKS_EVERY_SECONDS if any(moving) else CLOCKS_EVERY_SECONDS * 5

        Loop("scheduler").run(turn)


def _look() -> None:
    """Append what is due by the sellers' days, and book out what has expired."""
    for seller in sellers_on_real_time():
        if appended := append_due(seller, at=timezone.now()):
            logger.info("%s: %d contracts are due", seller, appended)
        if appended := append_days_ended(seller, at=timezone.now()):
            logger.info("%s: the day has ended for %d customers", seller, appended)
    for seller in sellers_of_expiring_lots():
        if expired := expire_lots(seller=seller, at=timezone.now()):
            logger.info("%s: %d lots of balances have expired", seller, expired)
