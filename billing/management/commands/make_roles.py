"""`manage.py make_roles`: the groups of the staff, with their permissions."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from billing.management.recorded import RecordedCommand
from billing.staff.roles import NoSuchPermission, make_roles


class Command(RecordedCommand):
    """Make the groups of STAFF_ROLES, or set them right; run it after `migrate`."""

    help = __doc__
    concerns_seller = False

    def handle(self, **_: Any) -> None:
        """Make them, and say what changed."""
        try:
            changed = make_roles(settings.STAFF_ROLES)
        except NoSuchPermission as unknown:
            raise CommandError(f"{unknown} Run `manage.py migrate` before.") from unknown
        for name, (gained, lost) in changed.items():
            told = [f"+{each}" for each in sorted(gained)] + [f"-{each}" for each in sorted(lost)]
            self.stdout.write(f"{name}: {' '.join(told) or 'as it was'}")
