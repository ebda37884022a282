"""Pages of the books: accounts, what a seller wants otherwise, and the numbers of DATEV."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSingleDateWidget

from billing.sellers.admin import (
    FactAdmin,
    FormPage,
    PageForm,
    SellerScopedAdmin,
    SharedRowsAdmin,
    button,
    link,
    render_page,
)
from billing.sellers.admin.base import Lines
from billing.sellers.admin.forms import OwnedForm
from invoices.reports.commands import assign_debtors
from invoices.reports.extf import TooManyRows
from invoices.reports.models import Account, AccountOverride, Bookkeeping, DebtorAccount
from invoices.reports.queries.accounts import AccountMissing
from invoices.reports.queries.datev import LONGEST, AmountNotExact, datev_files, zipped


class BookkeepingForm(OwnedForm):
    plain_words = {
        "bookkeeping_debtors_have_a_digit_more": _(
            "Customers' accounts have one digit more than "
            "G/L accounts, and begin with 1 to 6: with 4 digits 10000 to 69999."
        ),
    }


class DatevForm(PageForm):
    issued_from = forms.DateField(
        label=_("First day of issue"), widget=UnfoldAdminSingleDateWidget()
    )
    issued_to = forms.DateField(
        label=_("Last day of issue"),
        widget=UnfoldAdminSingleDateWidget(),
        help_text=format_lazy(
            _("At most {days} days later; longer periods: manage.py export_datev."),
            days=LONGEST.days,
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse days that are no period, or too long a one."""
        said = super().clean()
        if not self.errors and not (
            said["issued_from"] <= said["issued_to"] <= said["issued_from"] + LONGEST
        ):
            said_why = gettext("Give a day up to {days} days after the first.")
            self.add_error("issued_to", said_why.format(days=LONGEST.days))
        return said


DATEV = FormPage(
    title=_("Postings in DATEV format"),
    submit=_("Download"),
    form_class=DatevForm,
    act=lambda *_: "",
    explanation=_(
        "A ZIP file with a file of postings per month, and one of customers. Customers "
        "that have no account yet are numbered on the way. The auditor's archive (GoBD) is written "
        "on the server: manage.py export_audit --from … --to … --output archive.zip."
    ),
)


def _datev(books: Bookkeeping, said: Mapping[str, date], *, at: datetime) -> HttpResponse:
    assign_debtors(books=books, at=at)
    first, end = said["issued_from"], said["issued_to"]
    files = datev_files(books, first_day=first, last_day=end, chart=None, at=at)
    answer = HttpResponse(zipped(files), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="datev-{first}-{end}.zip"'
    return answer


@admin.register(Bookkeeping)
class BookkeepingAdmin(SellerScopedAdmin):
    form = BookkeepingForm
    actions_detail = ("datev",)
    list_display = ("consultant_number", "client_number", "chart", "debtors")
    list_select_related = ("seller",)
    fieldsets = (
        (None, {"fields": ("seller", "consultant_number", "client_number", "chart")}),
        (_("Fiscal year"), {"fields": ("fiscal_year_month", "account_digits", "is_final")}),
        (_("Customers' accounts"), {"fields": ("debtors", "collective_debtor", "first_debtor")}),
    )

    def has_datev_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("invoices.add_debtoraccount")  # It numbers customers.

    @button(_("DATEV files …"), path="datev", permission="datev", icon="download", is_primary=True)
    def datev(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a period, and answer its files."""
        books = self.get_object(request, object_id)
        if books is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return missing
        form = DatevForm(request.POST if request.method == "POST" else None, row=books)
        if form.is_valid():
            try:
                return self._files(request, books, form.cleaned_data)
            except (AccountMissing, AmountNotExact, TooManyRows) as refusal:
                form.add_error(None, str(refusal))
        return render_page(self, request, page=DATEV, form=form, row=books)

    def _files(
        self, request: HttpRequest, books: Bookkeeping, said: Mapping[str, date]
    ) -> HttpResponse:
        with transaction.atomic():
            answer = _datev(books, said, at=timezone.now())
            what = f"DATEV files from {said['issued_from']} to {said['issued_to']}"
            self.record(request, [books], action="download", what=what)
        return answer

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        row: Bookkeeping = form.instance
        row.save(force_insert=True)
        return row


@admin.register(AccountOverride)
class AccountOverrideAdmin(SellerScopedAdmin):
    list_display = (
        "account", "purpose", "tax_category", "percent", "scope", "country", "product",
        "valid_from", "valid_until",
    )  # fmt: skip
    list_filter = ("purpose", "tax_category")
    search_fields = ("account", "reason")
    list_select_related = ("product",)
    fieldsets = (
        (None, {"fields": ("seller", "purpose", "account", "tax_key", "reason")}),
        (
            _("Used for"),
            {"fields": ("tax_category", "percent", "scope", "supply", "country", "product")},
        ),
        (_("When"), {"fields": ("valid_from", "valid_until")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let one that exists be ended, and no more: postings rest on it."""
        fixed = super().get_readonly_fields(request, obj)
        if obj is None:
            return fixed
        names = [field.name for field in AccountOverride._meta.concrete_fields if field.editable]
        return (*fixed, *(name for name in names if obj.valid_until or name != "valid_until"))


@admin.register(DebtorAccount)
class DebtorAccountAdmin(FactAdmin):
    list_display = ("number", "shown_customer", "created_at")
    search_fields = ("number", "customer__name")
    search_ids = ("pk", "customer")
    list_select_related = ("customer",)
    ordering = ("number",)

    @admin.display(description=_("customer"))
    def shown_customer(self, debtor: DebtorAccount) -> str:
        return link(debtor.customer)


@admin.register(Account)
class AccountAdmin(SharedRowsAdmin):
    """Charts are their publisher's."""

    list_display = (
        "account", "name", "chart", "purpose", "tax_category", "percent", "scope", "valid_from",
        "valid_until",
    )  # fmt: skip
    list_filter = ("chart", "purpose")
    search_fields = ("account", "name")
    ordering = ("chart", "purpose", "account")
