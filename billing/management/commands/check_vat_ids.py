"""`manage.py check_vat_ids`: has customers' VAT ids asked about at the register."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from billing.customers.models import Customer
from billing.management.recorded import RecordedCommand
from billing.sellers.queries import find_seller
from billing.vat.commands import ask_again, can_be_asked
from billing.vat.queries import latest_checks

AT_ONCE = 500


class Command(RecordedCommand):
    """Have the VAT ids asked about that never were; workers do it. `--all`: every one again."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose customers, and whether those with an answer are asked about too."""
        parser.add_argument("--seller", help="name or id; not needed if there is one")
        parser.add_argument("--all", action="store_true", help="also those with an answer")

    def handle(self, *, seller: str | None, all: bool, **_: Any) -> None:
        """Append an event for each, and say how many."""
        if not settings.VIES_URL:
            raise CommandError("No register is set: give VIES_URL in the environment.")
        customers = Customer.objects.filter(seller=find_seller(seller)).exclude(vat_id="")
        told, chunk = 0, []
        for customer in customers.select_related("seller").order_by("pk").iterator(AT_ONCE):
            chunk.append(customer)
            if len(chunk) == AT_ONCE:
                told, chunk = told + self._ask(chunk, again=all), []
        told += self._ask(chunk, again=all)
        self.stdout.write(f"{told} VAT ids are to be asked about.")

    def _ask(self, customers: list[Customer], *, again: bool) -> int:
        known = latest_checks([customer.pk for customer in customers])
        wanted = [
            customer
            for customer in customers
            if can_be_asked(customer)
            and (again or getattr(known.get(customer.pk), "vat_id", "") != customer.vat_id)
        ]
        for customer in wanted:
            ask_again(customer=customer, at=timezone.now())
        return len(wanted)
