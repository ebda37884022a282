"""Writes of reports: the accounts of customers."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from billing.customers.models import Customer
from invoices.reports.models import Bookkeeping, DebtorAccount


@transaction.atomic
def assign_debtors(*, books: Bookkeeping, at: datetime) -> int:
    """
    Give each customer with a document, but without account, the next number; return how many.

    Nothing where all customers have one account together. Safe to run twice, and at once.
    """
    books = Bookkeeping.objects.select_for_update().get(pk=books.pk)
    if books.debtors == Bookkeeping.Debtors.COLLECTIVE:
        return 0
    own = DebtorAccount.objects.filter(seller=books.seller_id)
    latest = own.aggregate(latest=Max("number"))["latest"]
    first = max(latest + 1, books.first_debtor) if latest else books.first_debtor
    customers = Customer.objects.filter(
        seller=books.seller_id, invoices__isnull=False, debtor_account__isnull=True
    )
    ids = customers.order_by("pk").distinct().values_list("pk", flat=True)
    made = [
        DebtorAccount(
            seller_id=books.seller_id, customer_id=customer_id, number=number, created_at=at
        )
        for number, customer_id in enumerate(ids, start=first)
    ]
    DebtorAccount.objects.bulk_create(made, batch_size=1000)
    return len(made)
