"""`manage.py usage_partitions`: makes the months' partitions of usage ahead."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from billing.management.recorded import RecordedCommand
from billing.usage.commands import make_partitions_ahead
from billing.usage.commands.partitions import MONTHS_AHEAD


class Command(RecordedCommand):
    """Make the partitions of this month and the next ones; the scheduler does it daily."""

    help = __doc__
    concerns_seller = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how far ahead."""
        parser.add_argument("--months", type=int, default=MONTHS_AHEAD, help="how many ahead")

    def handle(self, *, months: int, **_: Any) -> None:
        """Make them, and say how many were missing."""
        made = make_partitions_ahead(today=timezone.now().date(), months=months)
        self.stdout.write(f"{made} made.")
