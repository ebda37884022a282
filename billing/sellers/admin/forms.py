"""Forms of rows that belong to a seller: whose it is, and that all it names is that seller's."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.forms import PaginationInlineFormSet

from billing.money import UnknownCurrency, minor_digits
from billing.sellers.admin.scope import sellers_of
from billing.sellers.models import Seller
from billing.staff.languages import label_of
from billing.texts import first_control

# A refusal met while saving; the second pass over the form shows it.
REFUSAL = "anlass_refusal"
FOREIGN = _("This belongs to another seller: choose one of the same seller.")


def field_of(refusal: Exception, form: forms.BaseForm) -> str | None:
    """Return the field of a form that a refusal is about; None if it is about no single one."""
    path = str(getattr(refusal, "field", ""))
    named: Mapping[str, str] = getattr(form, "named", {})
    field = named.get(path) or named.get(path.partition(".")[0], path)
    return field if field in form.fields else None


def in_plain_words(refusal: Exception, words: Mapping[str, StrOrPromise]) -> str:
    """Return what a refusal says; of the database's, `words` for the rule that it names."""
    if not isinstance(refusal, IntegrityError):
        return str(refusal)
    diagnosis = getattr(refusal.__cause__, "diag", None)
    rule = getattr(diagnosis, "constraint_name", None) or gettext("a rule of the table")
    if rule in words:
        return str(words[rule])
    default = gettext("The database refused it: {rule}. Nothing was saved.")
    return default.format(rule=rule.replace("_", " "))


def label_fields(form: forms.BaseForm) -> None:
    """Label what a form asks for by the words of its name, where nothing else is said."""
    for name, field in form.fields.items():
        if field.label is None:
            field.label = label_of(name)


def refuse_controls(form: forms.BaseForm) -> None:
    """Add an error for each text of a form that holds a control character."""
    for name, field in form.fields.items():
        value = getattr(form, "cleaned_data", {}).get(name)
        has_lines = isinstance(field.widget, forms.Textarea)
        if isinstance(value, str) and (control := first_control(value, has_lines=has_lines)):
            said = gettext("This holds a control character ({control}): leave it out.")
            form.add_error(name, said.format(control=control))


class PlainForm(forms.ModelForm[Any]):
    """A form that says in plain words which rule of the table its values break."""

    plain_words: ClassVar[Mapping[str, StrOrPromise]] = {}  # Name of a constraint → what to tell.

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Give each field a label."""
        super().__init__(*args, **kwargs)
        label_fields(self)

    def clean(self) -> dict[str, Any]:
        """Refuse texts with control characters."""
        cleaned = super().clean()
        refuse_controls(self)
        return self.cleaned_data if cleaned is None else cleaned

    def _update_errors(self, errors: ValidationError) -> None:
        for error in getattr(errors, "error_dict", {}).get(NON_FIELD_ERRORS, []):
            for name in self._rules(error):
                error.message = self.plain_words.get(name, error.message)
        super()._update_errors(errors)  # type: ignore[misc]

    def _rules(self, error: ValidationError) -> list[str]:
        """Return the names of the constraints that an error is about."""
        unique = (error.params or {}).get("unique_check")
        return [
            rule.name
            for rule in self._meta.model._meta.constraints
            if f"“{rule.name}”" in str(error.message)
            or (unique is not None and tuple(getattr(rule, "fields", ())) == tuple(unique))
        ]

    def clean_currency(self) -> str:
        """Return the currency, if it is one that can be charged in."""
        currency = str(self.cleaned_data["currency"]).upper()
        try:
            minor_digits(currency)
        except UnknownCurrency as unknown:
            raise ValidationError(str(unknown)) from unknown
        return currency


class OwnedForm(PlainForm):
    """
    The form of a row that belongs to a seller.

    `owners` name the fields that say whose row it is: the first that is filled decides. The field
    `seller` offers the user's sellers, hides if there is one, and is fixed once the row exists.
    """

    request: ClassVar[HttpRequest]  # The admin page sets it.
    named: ClassVar[Mapping[str, str]] = {}  # A refusal's field → the form's, where it is another.
    owners: ClassVar[tuple[str, ...]] = ("seller",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the user's sellers, if the form asks for one."""
        super().__init__(*args, **kwargs)
        if "seller" in self.fields:
            self._settle_seller(self.fields["seller"])

    def _settle_seller(self, field: forms.Field) -> None:
        own = list(sellers_of(self.request)[:2])
        if len(own) == 1:
            field.widget = forms.HiddenInput()
        if self.instance._state.adding:
            self.initial["seller"] = own[0].pk if len(own) == 1 else None
        else:
            field.disabled = True  # Whatever is posted, the row's own holds.

    def clean(self) -> dict[str, Any]:
        """Check that all references are of the owner's seller."""
        cleaned = super().clean() or self.cleaned_data
        if refusal := vars(self.request).get(REFUSAL):
            said = in_plain_words(refusal, self.plain_words)
            self.add_error(field_of(refusal, self), said)
        if seller_id := self._seller_id(cleaned):
            self.instance.seller_id = seller_id
            refuse_foreign(self, seller_id)
        return cleaned

    def _seller_id(self, cleaned: dict[str, Any]) -> UUID | None:
        for owner in (cleaned.get(name) for name in self.owners):
            if owner is not None:
                return owner.pk if isinstance(owner, Seller) else owner.seller_id
        return getattr(self.instance, "seller_id", None)

    def _get_validation_exclusions(self) -> set[str]:
        # Constraints over the seller hold also where the form derives the seller from an owner.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions - {"seller"} if getattr(self.instance, "seller_id", None) else exclusions


class OwnedLineForm(PlainForm):
    """
    The form of a line within an owned row's page.

    What is wrong with the line as a whole is told at its text: stacked forms show it nowhere else.
    """

    def full_clean(self) -> None:
        """Check the line."""
        super().full_clean()
        if "text" in self.fields and (whole := self.errors.pop(NON_FIELD_ERRORS, None)):
            self.errors.setdefault("text", self.error_class()).extend(whole)


class OwnedFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """The lines within an owned row's page: all they name is the owner's seller's."""

    def clean(self) -> None:
        """Check that all references are of the owner's seller."""
        super().clean()
        if sum(form.has_changed() for form in self.forms) < self.min_num:
            raise ValidationError(gettext("State at least one line."))
        if seller_id := getattr(self.instance, "seller_id", None):
            for form in self.forms:
                refuse_foreign(form, seller_id)


def refuse_foreign(form: forms.BaseForm, seller_id: UUID) -> None:
    """Add an error for each field that names a row of another seller."""
    for name, value in list(getattr(form, "cleaned_data", {}).items()):
        if getattr(value, "seller_id", seller_id) != seller_id:
            form.add_error(name, FOREIGN)
