"""The base of commands that change something, or hand something out: each run is recorded."""

from typing import Any, ClassVar

from django.core.management.base import BaseCommand
from django.utils import timezone

from billing.sellers.models import Seller
from billing.sellers.queries import SellerUnclear, find_seller
from billing.staff.commands import Deed, record
from billing.staff.origins import actor_of_command

# Django's own options, which say nothing of what is done.
UNTOLD = {
    "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks",
    "stdout", "stderr", "stdin", "no_input", "interactive", "database",
}  # fmt: skip


class RecordedCommand(BaseCommand):
    """
    A command whose every run is recorded before it acts: who ran it, with which options.

    Before, since many commit as they go: so none acts without its row, however it ends.
    """

    concerns_seller: ClassVar[bool] = True  # The one that `--seller` names, or the only one.

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Record, and run."""
        if self.acts(options):
            self._record(options)
        return super().execute(*args, **options)

    def acts(self, options: dict[str, Any]) -> bool:
        """Return whether it does something with these options."""
        return not options.get("dry_run")

    def _record(self, options: dict[str, Any]) -> None:
        seller = self._seller(options)
        deed = Deed(
            action=type(self).__module__.rpartition(".")[2],
            seller_id=seller.pk if seller else None,
            what=" ".join(_told(options)),
            why=str(options.get("why") or ""),
        )
        record([deed], by=actor_of_command(), at=timezone.now())

    def _seller(self, options: dict[str, Any]) -> Seller | None:
        if not self.concerns_seller:
            return None
        try:
            return find_seller(options.get("seller"))
        except SellerUnclear:
            return None  # The command says so.


def _told(options: dict[str, Any]) -> list[str]:
    """Return the options that were given, as on the command line."""
    given = {name: value for name, value in options.items() if name not in UNTOLD and value}
    return [
        f"--{name.replace('_', '-')}" + ("" if value is True else f" {_text(value)}")
        for name, value in given.items()
    ]


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
