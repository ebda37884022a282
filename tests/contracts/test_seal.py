"""An invoice's hash is made of all that it says: a new column is in it, or stands here."""

from django.db.models import Model

from invoices.issuing.models import Charge, Invoice
from invoices.issuing.queries.content import CHARGE_COLUMNS, INVOICE_COLUMNS

# The series is told by kind and number; the hash is what is made.
NOT_OF_INVOICE = {"series_id", "hash"}
# What its invoice says, and when and in which order it was made.
NOT_OF_CHARGE = {"invoice_id", "seller_id", "customer_id", "created_at", "ordinal"}


def test_the_hash_is_of_every_column_of_an_invoice() -> None:
    assert _columns(Invoice) == {*INVOICE_COLUMNS, *NOT_OF_INVOICE}


def test_the_hash_is_of_every_column_of_its_lines() -> None:
    assert _columns(Charge) == {*CHARGE_COLUMNS, *NOT_OF_CHARGE}


def _columns(model: type[Model]) -> set[str]:
    return {field.attname for field in model._meta.concrete_fields}
