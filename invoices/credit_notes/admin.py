"""Correcting an invoice in the admin: its page offers to cancel it, and to correct parts of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from billing.money import from_minor, plain_decimal
from billing.sellers.admin import (
    FactInline,
    FormPage,
    PageForm,
    button,
    money,
    plain,
    table,
    transaction_link,
)
from billing.sellers.admin.numbers import DecimalField
from billing.wording.titles import document_title
from invoices.credit_notes.commands import checked_correction, order_correction
from invoices.credit_notes.models import Correction
from invoices.credit_notes.queries.draft import CreditDraft
from invoices.credit_notes.queries.told import outcomes
from invoices.credit_notes.queries.wanted import CorrectionRefused, Discount, Part, Wanted
from invoices.issuing.admin import InvoiceAdmin
from invoices.issuing.models import Invoice
from invoices.issuing.queries.left import is_left, left_of_lines

# In what a part is said, and what stands in its input as long as that is empty.
HOW = {"quantity": _("Units"), "amount": _("Amount"), "percent": _("Percent")}


class CorrectionInline(FactInline):
    model = Correction
    fields = ("ordered_on", "kind", "reason", "bill_again", "settle", "ordered_by", "story")
    ordering = ("-pk",)
    show_change_link = False
    verbose_name_plural = _("corrections ordered")

    @admin.display(description=_("transaction"))
    def story(self, correction: Correction) -> str:
        return transaction_link(
            outcomes([correction])[correction.pk].transaction_id, gettext("story")
        )


class ReasonedForm(PageForm):
    reason = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=_("Printed on the credit note."),
    )
    settle = forms.ChoiceField(
        label=_("Money goes to"),
        choices=[(settle.value, _(settle.label)) for settle in Correction.Settle],
        initial=Correction.Settle.INVOICE,
        widget=UnfoldAdminSelectWidget,
    )


class CancelForm(ReasonedForm):
    bill_again = forms.BooleanField(
        label=_("Bill again"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_(
            "What is owed by the facts as they are now comes on a new invoice, with the "
            "customer's data of today. Else what is taken back is never charged again."
        ),
    )
    field_order = ("reason", "bill_again", "settle")


class PartWidget(forms.MultiWidget):
    """Inputs side by side: of units, of an amount, of a percentage."""

    def __init__(self, names: Sequence[str]) -> None:
        """Offer those that are named."""
        self.names = names
        super().__init__(
            [
                UnfoldAdminTextInputWidget({"inputmode": "decimal", "placeholder": HOW[name]})
                for name in names
            ]
        )

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else [None] * len(self.names)

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        return format_html('<div class="anlass-inputs">{}</div>', super().render(*args, **kwargs))


class PartField(forms.MultiValueField):
    """How much is taken back: at most one of units, amount and percentage."""

    def __init__(self, *, names: Sequence[str] = tuple(HOW), **kwargs: Any) -> None:
        """Nothing needs to be said."""
        self.names = names
        positive = MinValueValidator(Decimal("1e-12"), _("It must be more than 0."))
        numbers = [
            DecimalField(max_digits=24, decimal_places=12, required=False, validators=[positive])
            for _name in names
        ]
        numbers[-1].validators.append(MaxValueValidator(100))
        super().__init__(
            numbers, widget=PartWidget(names), required=False, require_all_fields=False, **kwargs
        )

    def compress(self, data_list: Sequence[Decimal | None]) -> dict[str, Decimal]:
        said = zip(self.names, data_list, strict=False)
        given = {name: value for name, value in said if value is not None}
        if len(given) > 1:
            names = ", ".join(str(HOW[name]) for name in self.names)
            if get_language() == "en":  # German nouns stay as they are.
                names = names.lower()
            raise forms.ValidationError(gettext("Give one of these: {names}.").format(names=names))
        return given


class CorrectForm(ReasonedForm):
    def __init__(self, *args: Any, row: Invoice, **kwargs: Any) -> None:
        """Ask about each line of the invoice of which something is left, and for a discount."""
        super().__init__(*args, row=row, **kwargs)
        lines = list(row.lines.order_by("position"))
        left = left_of_lines(lines) if row.kind == "invoice" else {}
        for line in lines:
            if left.get(line.pk, 0) > 0:
                rest = from_minor(left[line.pk], line.currency)
                terms = gettext("with tax") if line.tax_included else gettext("net")
                self.fields[f"line_{line.position}"] = PartField(
                    label=gettext("Line {position}: {text}").format(
                        position=line.position, text=line.text
                    ),
                    help_text=gettext(
                        "{rest} {currency} {terms} is left; it was for {quantity} units. "
                        "Give units, an amount or a percentage of what is left."
                    ).format(
                        rest=rest,
                        currency=line.currency,
                        terms=terms,
                        quantity=plain_decimal(line.quantity),
                    ),
                )
        self.fields["discount"] = PartField(
            names=("amount", "percent"),
            label=gettext("Or a discount on all lines"),
            help_text=gettext(
                "An amount in the terms of the lines, or a percentage of all that is left."
            ),
        )

    def clean(self) -> dict[str, Any]:
        """Refuse neither lines nor a discount, and both."""
        values = super().clean()
        positions = [
            int(name.removeprefix("line_"))
            for name, value in values.items()
            if name.startswith("line_") and value
        ]
        named = {
            f"lines.{index}.{what}": f"line_{position}"
            for index, position in enumerate(positions)
            for what in (*HOW, "line")
        }
        named.update({f"discount.{what}": "discount" for what in HOW})
        self.named = named  # type: ignore[misc]  # Each form has lines of its own.
        discount = values.get("discount") or {}
        if not self.errors and bool(positions) == bool(discount):
            self.add_error(
                None, gettext("Say how much of which lines, or give a discount: one of them.")
            )
        return values


def _cancelled(values: Mapping[str, Any]) -> Wanted:
    return Wanted(
        reason=values["reason"],
        bill_again=values["bill_again"],
        settle=Correction.Settle(values["settle"]),
    )


def _corrected(values: Mapping[str, Any]) -> Wanted:
    parts = [
        Part(position=int(name.removeprefix("line_")), **value)
        for name, value in values.items()
        if name.startswith("line_") and value
    ]
    discount = values.get("discount")
    return Wanted(
        reason=values["reason"],
        settle=Correction.Settle(values["settle"]),
        parts=parts,
        discount=Discount(**discount) if discount else None,
    )


def _page_of(by: str, form_class: type[PageForm], wanted: Any) -> FormPage:
    def preview(invoice: Invoice, values: dict[str, Any], at: datetime) -> SafeString:
        asked = wanted(values)
        draft = checked_correction(invoice=invoice, wanted=asked, by=by, at=at)
        return _previewed(invoice, asked, draft)

    def act(invoice: Invoice, values: dict[str, Any], at: datetime) -> StrOrPromise:
        correction = order_correction(invoice_id=invoice.pk, wanted=wanted(values), by=by, at=at)
        kind = lazy(correction.get_kind_display, str)()
        said = _("Ordered: {kind} of {number}. It is issued at once.")
        return format_lazy(said, kind=kind, number=invoice.number)

    return FormPage(
        title="",
        submit=gettext("Preview"),
        form_class=form_class,
        act=act,
        preview=preview,
        confirm=gettext("Issue the credit note"),
        refusals=(CorrectionRefused,),
    )


def _previewed(invoice: Invoice, wanted: Wanted, draft: CreditDraft) -> SafeString:
    currency, totals = invoice.currency, draft.totals
    locale = invoice.customer_as_printed["locale"]
    paid_out_minor = -totals.gross_minor - draft.settled_minor - draft.to_balance_minor
    rows: list[tuple[object, ...]] = [
        (
            f"{charge.corrects.position if charge.corrects else ''}. {charge.text}",
            plain(charge.quantity),
            money(charge.amount_minor, currency),
        )
        for charge in draft.charges
    ]
    for name, amount_minor in (
        (gettext("Net"), totals.net_minor),
        *(
            (f"{gettext('Tax')} {tax.category} {plain_decimal(tax.percent)} %", tax.tax_minor)
            for tax in totals.taxes
        ),
        (gettext("Gross"), totals.gross_minor),
        (gettext("Settles of the invoice"), draft.settled_minor),
        (gettext("To the balance"), draft.to_balance_minor),
        (gettext("To be paid out"), paid_out_minor),
    ):
        rows.append((format_html("<strong>{}</strong>", name), "", money(amount_minor, currency)))
    title = document_title("credit_note", correction_kind=wanted.kind, locale=locale)
    return format_html(
        "<strong>{}</strong>{}",
        title,
        table((gettext("Line"), gettext("Units"), gettext("Net")), rows),
    )


@button(_("Cancel …"), path="cancel", permission="correct", icon="block")
def cancel(self: InvoiceAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask for a reason, show the credit note, and order it."""
    page = _page_of(request.user.get_username(), CancelForm, _cancelled)
    told = gettext(
        "All that is left of the invoice is taken back by a credit note (Stornorechnung)."
    )
    return self.form_view(
        request, object_id, replace(page, title=gettext("Cancel the invoice"), explanation=told)
    )


@button(_("Correct …"), path="correct", permission="correct", icon="edit_note")
def correct(self: InvoiceAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask how much of which lines, show the credit note, and order it."""
    page = _page_of(request.user.get_username(), CorrectForm, _corrected)
    told = gettext(
        "Parts of lines, or a discount, are given back by a credit note (Rechnungskorrektur), and "
        "are not charged again."
    )
    return self.form_view(
        request, object_id, replace(page, title=gettext("Correct the invoice"), explanation=told)
    )


InvoiceAdmin.also_show(CorrectionInline)
InvoiceAdmin.also_offer(
    cancel, correct, needs="correct", right="invoices.add_correction", where=is_left
)
