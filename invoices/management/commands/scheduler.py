"""`manage.py scheduler`: does what days that have come ask for."""

import logging

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from billing.api.idempotency import FORGOTTEN_AT_ONCE, forget_old_requests
from billing.contracts.commands import step_test_clock
from billing.contracts.queries import DueKind
from billing.events.leases import LeaseLost, LeaseOf
from billing.events.loop import Every, Loop
from billing.monitoring.heartbeat import beat
from billing.sellers.models import Seller
from billing.sellers.queries import sellers_on_real_time, sellers_with_moving_clock
from billing.usage.commands import make_partitions_ahead
from billing.vat.commands import append_due_checks
from invoices.balances.commands import expire_lots
from invoices.balances.queries import sellers_of_expiring_lots
from invoices.delivery.commands import PRUNED_AT_ONCE, order_due_tries, prune_webhooks
from invoices.issuing.commands import probe_causes
from invoices.overview.commands import COUNTED_AT_ONCE, count_figures
from invoices.runs.commands import append_runs, finish_runs

logger = logging.getLogger(__name__)

NAME = "scheduler"
FINISH_EVERY_SECONDS = 1.0
TRIES_EVERY_SECONDS = 2.0
CLOCKS_EVERY_SECONDS = 0.1
STAND_BY_SECONDS = 1.0
REQUESTS_EVERY_SECONDS = 60.0
FIGURES_EVERY_SECONDS = 5.0
FORGET_AT_MOST = 20  # Times 5,000 answers in a turn: more than come in a minute.
PARTITIONS_EVERY_SECONDS = 24 * 3600.0
PRUNE_EVERY_SECONDS = 3600.0
PROBES_EVERY_SECONDS = 5.0


class Command(BaseCommand):
    """
    Append what is due, book out what expired, order due tries, move test clocks.

    What may have healed of failures is tried again.
    What was issued is counted by day, for the start page of the admin.

    Answers that are no longer given under their Idempotency-Key are deleted.

    Of several schedulers one does it, the others stand by.
    """

    help = __doc__

    def handle(self, **_: object) -> None:
        """Look what is due until told to stop."""
        lease = LeaseOf(NAME, lasting=settings.SCHEDULER_LEASE)
        turn = _Turn(lease)
        Loop(NAME).run(turn.take)
        lease.release()


class _Turn:
    """What is done again and again, as long as the lease is held."""

    def __init__(self, lease: LeaseOf) -> None:
        self._lease = lease
        self._holds = False
        self._look = Every(settings.SCHEDULER_LOOK_SECONDS)
        self._finish = Every(FINISH_EVERY_SECONDS)
        self._partitions = Every(PARTITIONS_EVERY_SECONDS)
        self._tries = Every(TRIES_EVERY_SECONDS)
        self._requests = Every(REQUESTS_EVERY_SECONDS)
        self._figures = Every(FIGURES_EVERY_SECONDS)
        self._prune = Every(PRUNE_EVERY_SECONDS)
        self._probes = Every(PROBES_EVERY_SECONDS)
        self._has_more_to_prune = False
        self._has_more_to_count = False

    def take(self) -> float:
        """Take a turn, and return how long to wait for the next."""
        if not self._may():
            return STAND_BY_SECONDS
        try:
            return self._act()
        except LeaseLost as lost:
            logger.warning("%s The rest is left to the other.", lost)
            return STAND_BY_SECONDS

    def _may(self) -> bool:
        holds = self._lease.hold()
        if holds != self._holds:
            logger.info("%s", "At work" if holds else "Standing by: another scheduler is at work")
        self._holds = holds
        return holds

    def _act(self) -> float:
        if self._partitions.is_over():
            make_partitions_ahead(today=timezone.now().date())
        if self._look.is_over():
            self._look_what_is_due()
            append_due_checks(at=timezone.now())
        if self._finish.is_over():
            finish_runs(at=timezone.now())
        if self._tries.is_over() and (ordered := order_due_tries(at=timezone.now())):
            logger.info("%d deliveries are tried again", ordered)
        if self._requests.is_over():
            self._forget_requests()
        if self._probes.is_over() and (probed := probe_causes(at=timezone.now())):
            logger.info("%d causes of failures are looked at: have they healed?", probed)
        self._count_some()
        self._prune_some()
        moving = [self._step(seller) for seller in sellers_with_moving_clock()]
        return CLOCKS_EVERY_SECONDS if any(moving) else CLOCKS_EVERY_SECONDS * 5

    def _keep(self) -> None:
        """Keep the lease amid long work, and tell that it goes on."""
        beat(NAME)
        self._lease.keep()

    def _forget_requests(self) -> None:
        for _ in range(FORGET_AT_MOST):
            if forget_old_requests(at=timezone.now()) < FORGOTTEN_AT_ONCE:
                return
            self._keep()

    def _count_some(self) -> None:
        """Count what was issued since; so much a turn, at once again while there is more."""
        if self._has_more_to_count or self._figures.is_over():
            counted = count_figures(at=timezone.now(), keep=self._keep)
            self._has_more_to_count = counted >= COUNTED_AT_ONCE

    def _prune_some(self) -> None:
        """Let go of what is old, so much a turn that the lease is kept on in between."""
        if self._has_more_to_prune or self._prune.is_over():
            pruned = prune_webhooks(at=timezone.now())
            self._has_more_to_prune = pruned == PRUNED_AT_ONCE
            if pruned:
                logger.info("What %d old webhooks said is let go", pruned)

    def _step(self, seller: Seller) -> bool:
        self._keep()  # Not within the step's transaction: others wait for the lease's row.
        return step_test_clock(seller=seller, at=timezone.now(), append=append_runs)

    def _look_what_is_due(self) -> None:
        """Append what is due by the sellers' days, and book out what has expired."""
        for seller in sellers_on_real_time():
            for kind in DueKind:
                append_runs(seller, kind, at=timezone.now(), keep=self._keep)
        for seller in sellers_of_expiring_lots():
            self._keep()
            if expired := expire_lots(seller=seller, at=timezone.now()):
                logger.info("Seller %s: %d lots of balances have expired", seller.pk, expired)
