"""`manage.py unlock_staff NAME`: lets a user sign in again who was locked, or lost the phone."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser

from billing.management.recorded import RecordedCommand
from billing.staff.signin.factors import remove_second_factor
from billing.staff.signin.views import unlock


class Command(RecordedCommand):
    """Forget the wrong passwords of a name; with `--second-factor` its app and recovery codes."""

    help = __doc__
    concerns_seller = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whom, and why."""
        parser.add_argument("name", help="the user's name")
        parser.add_argument(
            "--second-factor", action="store_true", help="have another app set up as well"
        )
        parser.add_argument("--why", default="", help="recorded with it")

    def handle(self, **options: Any) -> None:
        """Unlock, and say what was forgotten."""
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"No user is called {options['name']}.")
        unlock(username=options["name"])
        if options["second_factor"]:
            remove_second_factor(user)
        anew = " and sets up a second factor anew" if options["second_factor"] else ""
        self.stdout.write(f"{user} may try to sign in{anew}.")
