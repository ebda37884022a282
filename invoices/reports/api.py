"""Exports: `/exports/datev`."""

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from billing.api.description.schema import refusing
from billing.api.files import FileEndpoint
from billing.api.inputs.fields import DayField, OneOfField
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell, told_in
from invoices.reports.commands import assign_debtors
from invoices.reports.extf import TooManyRows
from invoices.reports.models import CHARTS, Bookkeeping
from invoices.reports.queries.accounts import AccountMissing
from invoices.reports.queries.datev import LONGEST, AmountNotExact, datev_files, zipped


class BookkeepingMissing(Exception):
    """The seller has no numbers of a tax adviser yet."""


tell(
    exceptions={
        AccountMissing: Refusal(409, "account_missing"),
        AmountNotExact: Refusal(409, "amount_not_exact"),
        TooManyRows: Refusal(409, "too_many_rows"),
        BookkeepingMissing: Refusal(409, "bookkeeping_missing"),
    }
)


class DatevQuery(Input):
    issued_from = DayField(help_text="First day of issue.")
    issued_to = DayField(help_text="Last day of issue; at most 92 days in all.")
    chart = OneOfField(
        choices=[chart for chart, _ in CHARTS], required=False, help_text="Default: the seller's."
    )

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """Refuse days that are no period, or too long a one."""
        first, last = attrs["issued_from"], attrs["issued_to"]
        if not first <= last <= first + LONGEST:  # type: ignore[operator]
            why = f"Give a day from issued_from up to {LONGEST.days} days later."
            raise serializers.ValidationError({"issued_to": [why]}, code="out_of_range")
        return attrs


class DatevView(FileEndpoint):
    notes = True  # Customers' accounts.

    @refusing(*told_in(__name__))
    @extend_schema(
        parameters=[DatevQuery],
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request) -> HttpResponse:
        """
        Show the postings of a period in DATEV format: a ZIP file with a file per month.

        Customers that have no account yet are numbered on the way.
        """
        said = self.asked(DatevQuery)
        books = Bookkeeping.objects.select_related("seller").filter(seller=self.seller).first()
        if books is None:
            raise BookkeepingMissing(
                "The numbers of the tax adviser are missing: enter them in the admin (Books → "
                "Bookkeeping)."
            )
        at = timezone.now()
        assign_debtors(books=books, at=at)
        files = datev_files(
            books,
            first_day=said["issued_from"],
            last_day=said["issued_to"],
            chart=said.get("chart"),
            at=at,
        )
        answer = HttpResponse(zipped(files), content_type="application/zip")
        name = f"datev-{said['issued_from']}-{said['issued_to']}.zip"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


urlpatterns = [path("exports/datev", DatevView.as_view(), name="export-datev")]
