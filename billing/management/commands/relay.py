"""`manage.py relay`: sends what waits in the log."""

import logging

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from billing.events.loop import Every, Loop
from billing.events.queues import create_queues
from billing.events.relay import SWEEP_AT_MOST, bury_dead_letters, sweep, sweep_bulk, sweep_lost

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.2  # Who waits for a day of a test clock waits so long at each.
LOST_EVERY_SECONDS = 5.0
DEAD_LETTERS_EVERY_SECONDS = 10.0


class Command(BaseCommand):
    """Send what waits in the log and was not sent; any number of relays may run."""

    help = __doc__

    def handle(self, **_: object) -> None:
        """Sweep until told to stop."""
        time_for_dead_letters = Every(DEAD_LETTERS_EVERY_SECONDS)
        time_for_lost = Every(LOST_EVERY_SECONDS)

        def turn() -> float:
            try:
                sent = sweep(at=timezone.now())
                sent_of_bulk = sweep_bulk(at=timezone.now())
                if time_for_lost.is_over() and (lost := sweep_lost(at=timezone.now())):
                    logger.warning("Sent %d events of the bulk again", lost)
                if time_for_dead_letters.is_over():
                    bury_dead_letters(at=timezone.now())
            except Exception:
                if settings.BROKER_CREATES_QUEUES:
                    create_queues()  # The embedded broker forgets them when it is killed.
                raise
            return 0.0 if sent >= SWEEP_AT_MOST or sent_of_bulk else LOOK_EVERY_SECONDS

        Loop("relay").run(turn)
