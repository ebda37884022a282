"""How a seller's documents look: each change is a new version, previewed before it is saved."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from billing.sellers.admin import FactAdmin, Lines, OwnedForm, button, definitions, sellers_of
from billing.sellers.models import Seller
from invoices.documents.commands import add_template
from invoices.documents.models import DocumentTemplate
from invoices.documents.pdf.glyphs import Face
from invoices.documents.pdf.logo import LogoDoesNotWork, Place
from invoices.documents.pdf.template import Column, Template, TemplateDoesNotWork
from invoices.documents.queries.previewed import check_template, previewed
from invoices.documents.queries.templates import as_template, latest_template

PREVIEW = "_preview"
LANGUAGES = {"de": _("German"), "en": _("English")}
HOUSE = Template()
_LONGEST = 2000


def _lines_of(text: str) -> list[list[str]]:
    """Return the columns of a footer: an empty line begins the next."""
    blocks = text.replace("\r\n", "\n").split("\n\n")
    return [block.strip("\n").split("\n") for block in blocks if block.strip()]


def _content(upload: UploadedFile[Any]) -> bytes:
    upload.seek(0)  # A preview that was refused has read it already.
    return bytes(upload.read())


def _text_of(footer: list[list[str]]) -> str:
    return "\n\n".join("\n".join(lines) for lines in footer)


def _words(label: StrOrPromise, help_text: StrOrPromise) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=_LONGEST,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=help_text,
    )


class TemplateForm(OwnedForm):
    face = forms.ChoiceField(
        choices=[(face.value, face.value) for face in Face], widget=UnfoldAdminSelectWidget
    )
    accent_colour = forms.CharField(widget=UnfoldAdminColorInputWidget)
    text_colour = forms.CharField(widget=UnfoldAdminColorInputWidget)
    muted_colour = forms.CharField(widget=UnfoldAdminColorInputWidget)
    begun_with = forms.ModelChoiceField(
        DocumentTemplate.objects.none(), required=False, widget=forms.HiddenInput
    )
    picture = forms.FileField(
        label=_("logo"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("SVG, PNG or JPEG of at most 1 MB. Empty: the one of the version begun with."),
    )
    without_logo = forms.BooleanField(required=False, label=_("no logo"))
    logo_height_mm = forms.FloatField(
        min_value=5, max_value=25, widget=UnfoldAdminDecimalFieldWidget
    )
    logo_place = forms.ChoiceField(
        choices=[(place.value, _(place.value)) for place in Place], widget=UnfoldAdminSelectWidget
    )
    intro_de = _words(_("before the lines, German"), _("Plain text."))
    closing_de = _words(_("after the lines, German"), _("Plain text."))
    intro_en = _words(_("before the lines, English"), _("Plain text."))
    closing_en = _words(_("after the lines, English"), _("Plain text."))
    foot = forms.CharField(
        label=_("footer"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 6}),
        help_text=_(
            "At most four columns of seven lines; an empty line begins the next column. "
            "Empty: address, contact, registration and account of the seller."
        ),
    )
    shown_columns = forms.MultipleChoiceField(
        label=_("columns"),
        choices=[(column.value, _(column.value.replace("_", " "))) for column in Column],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with the version that the page was opened from, or with what holds now."""
        super().__init__(*args, **kwargs)
        own = DocumentTemplate.objects.filter(seller__in=sellers_of(self.request))
        self.fields["begun_with"].queryset = own  # type: ignore[attr-defined]
        basis = self._basis(own)
        for name, value in _initial(basis).items():
            self.fields[name].initial = value
        self.initial["begun_with"] = basis.pk if basis else None
        if basis:
            self.initial["seller"] = basis.seller_id

    def _basis(self, own: QuerySet[DocumentTemplate]) -> DocumentTemplate | None:
        if (named := _uuid(self.initial.get("begun_with"))) is not None:
            return own.filter(pk=named).first()
        seller = self.initial.get("seller")
        return latest_template(Seller(pk=seller)) if seller else None

    def clean(self) -> dict[str, Any]:
        """Refuse what can't be printed."""
        values = super().clean()
        if not self.errors and values.get("seller"):
            self._check_basis(values)
        if not self.errors and values.get("seller"):
            values["details"] = self._details(values)
            row = DocumentTemplate(seller=values["seller"], version=1, **values["details"])
            try:
                check_template(row)
            except LogoDoesNotWork as refusal:
                self.add_error("picture", str(refusal))
            except TemplateDoesNotWork as refusal:
                self.add_error(None, str(refusal))
        return values

    def _check_basis(self, values: Mapping[str, Any]) -> None:
        """Refuse to drop a seller's texts and logo that the form didn't show."""
        latest, basis = latest_template(values["seller"]), values.get("begun_with")
        if latest and (basis is None or basis.seller_id != latest.seller_id):
            self.add_error(
                "seller",
                gettext(
                    "It has a template already. Open the page of its version {version} and "
                    "choose “Edit as new version”, so that its texts and its logo stay."
                ).format(version=latest.version),
            )

    def _details(self, values: Mapping[str, Any]) -> dict[str, Any]:
        basis = values.get("begun_with")
        kept = basis.logo if basis and basis.seller_id == values["seller"].pk else None
        logo = _content(values["picture"]) if values.get("picture") else kept
        own = ("face", "accent_colour", "text_colour", "muted_colour", "logo_height_mm",
               "logo_place", "shows_explanations", "shows_code")  # fmt: skip
        return {
            **{name: values[name] for name in own},
            "logo": None if values["without_logo"] else logo,
            "texts": {
                code: {part: values[f"{part}_{code}"] for part in ("intro", "closing")}
                for code in LANGUAGES
            },
            "footer": _lines_of(values["foot"]),
            "columns": values["shown_columns"],
        }

    def _post_clean(self) -> None:
        # The command makes the row: what it lacks here is no mistake.
        if not self.errors and not self.cleaned_data.get("seller"):
            raise ValidationError(gettext("seller"))


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None


def _initial(latest: DocumentTemplate | None) -> dict[str, Any]:
    if latest is None:
        return {
            "face": HOUSE.face.value,
            "accent_colour": HOUSE.colours.accent,
            "text_colour": HOUSE.colours.text,
            "muted_colour": HOUSE.colours.muted,
            "logo_height_mm": 18,
            "logo_place": Place.RIGHT.value,
            "shown_columns": sorted(HOUSE.columns),
        }
    words = {
        f"{part}_{code}": latest.texts.get(code, {}).get(part, "")
        for code in LANGUAGES
        for part in ("intro", "closing")
    }
    own = ("face", "accent_colour", "text_colour", "muted_colour", "logo_height_mm", "logo_place",
           "shows_explanations", "shows_code")  # fmt: skip
    return {
        **{name: getattr(latest, name) for name in own},
        **words,
        "foot": _text_of(latest.footer),
        "shown_columns": latest.columns,
    }


@admin.register(DocumentTemplate)
class DocumentTemplateAdmin(FactAdmin):
    form = TemplateForm
    refusals: ClassVar[tuple[type[Exception], ...]] = (
        IntegrityError, TemplateDoesNotWork, LogoDoesNotWork,
    )  # fmt: skip
    list_display = ("__str__", "face", "created_at")
    actions_detail = ("edit_as_new", "preview")
    change_form_after_template = "invoices/admin/template_preview.html"
    add_fieldsets = (
        (None, {"fields": ("seller", "begun_with")}),
        (
            _("Letterhead"),
            {"fields": ("picture", "without_logo", ("logo_height_mm", "logo_place"))},
        ),
        (_("Look"), {"fields": ("face", "accent_colour", "text_colour", "muted_colour")}),
        (_("Lines"), {"fields": ("shown_columns", ("shows_explanations", "shows_code"))}),
        (
            _("Texts"),
            {"fields": (("intro_de", "intro_en"), ("closing_de", "closing_en"), "foot")},
        ),
    )
    fields = (
        "seller", "version", "shown_logo", "logo_height_mm", "logo_place", "face", "accent_colour",
        "text_colour", "muted_colour", "printed_columns", "shows_explanations", "shows_code",
        "shown_texts", "shown_footer", "created_at",
    )  # fmt: skip
    readonly_fields = ("shown_logo", "printed_columns", "shown_texts", "shown_footer")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("invoices.add_documenttemplate")

    def has_begin_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return super().get_readonly_fields(request, obj) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["fields"] = ("seller", "shows_explanations", "shows_code")
        return super().get_form(request, obj, **kwargs)

    def make(self, request: HttpRequest, form: OwnedForm, *, lines: Lines, at: datetime) -> Model:
        said = form.cleaned_data
        return add_template(seller=said["seller"], details=said["details"], at=at)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Answer the page; its preview is a PDF, and saves nothing."""
        if object_id is None and PREVIEW in request.POST and self.has_add_permission(request):
            form: Any = self.get_form(request)(request.POST, request.FILES)
            if form.is_valid():
                said = form.cleaned_data
                return _pdf(DocumentTemplate(seller=said["seller"], version=1, **said["details"]))
        return super().changeform_view(request, object_id, form_url, extra_context)

    @admin.display(description=_("logo"), empty_value="-")
    def shown_logo(self, row: DocumentTemplate) -> SafeString | None:
        logo = as_template(row, locale="en").logo
        if logo is None:
            return None
        drawn = base64.b64encode(logo.svg.encode()).decode()
        return format_html('<img alt="" height="60" src="data:image/svg+xml;base64,{}">', drawn)

    @admin.display(description=_("columns"))
    def printed_columns(self, row: DocumentTemplate) -> str:
        return ", ".join(gettext(column.replace("_", " ")) for column in row.columns)

    @admin.display(description=_("texts"), empty_value="-")
    def shown_texts(self, row: DocumentTemplate) -> SafeString | None:
        places = (("intro", gettext("before the lines")), ("closing", gettext("after the lines")))
        texts = {
            f"{place}, {name}": linebreaksbr(row.texts.get(code, {}).get(part, ""))
            for code, name in LANGUAGES.items()
            for part, place in places
        }
        return definitions(texts) if any(texts.values()) else None

    @admin.display(description=_("footer"), empty_value="-")
    def shown_footer(self, row: DocumentTemplate) -> SafeString | None:
        return linebreaksbr(_text_of(row.footer)) or None

    @button(_("Edit as new version"), path="edit-as-new", permission="begin", icon="edit")
    def edit_as_new(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if self.get_object(request, object_id) is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return missing
        address = reverse("admin:invoices_documenttemplate_add")
        return HttpResponseRedirect(f"{address}?{urlencode({'begun_with': object_id})}")

    @button(_("Preview"), path="preview", permission="view", icon="visibility", is_primary=True)
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return missing
        return _pdf(row)


def _pdf(template: DocumentTemplate) -> HttpResponse:
    response = HttpResponse(previewed(template), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="preview.pdf"'
    return response
