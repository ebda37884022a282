"""Reads about what staff did."""

from django.db.models import Model, QuerySet

from billing.staff.models import StaffAction


def actions_on(row: Model) -> QuerySet[StaffAction]:
    """Return what staff did with a row, the latest first."""
    return StaffAction.objects.filter(kind=row._meta.label_lower, object_id=str(row.pk)).order_by(
        "-id"
    )
