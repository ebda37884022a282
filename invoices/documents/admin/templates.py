"""How a seller's documents look: each change is a new version, previewed before it is saved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from billing.sellers.admin import FactAdmin, Lines, OwnedForm, button
from billing.sellers.models import Seller
from invoices.documents.commands import add_template
from invoices.documents.models import DocumentTemplate
from invoices.documents.pdf.glyphs import Face
from invoices.documents.pdf.logo import LogoDoesNotWork, Place
from invoices.documents.pdf.template import Column, Template, TemplateDoesNotWork
from invoices.documents.queries.previewed import check_template, previewed
from invoices.documents.queries.templates import latest_template

PREVIEW = "_preview"
LANGUAGES = {"de": "German", "en": "English"}
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


def _words(label: str, help_text: str) -> forms.CharField:
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
    picture = forms.FileField(
        label="logo",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text="SVG, PNG or JPEG of at most 1 MB. Empty: the one of the version before.",
    )
    without_logo = forms.BooleanField(required=False, label="no logo")
    logo_height_mm = forms.FloatField(
        min_value=5, max_value=25, widget=UnfoldAdminDecimalFieldWidget
    )
    logo_place = forms.ChoiceField(
        choices=[(place.value, place.value) for place in Place], widget=UnfoldAdminSelectWidget
    )
    intro_de = _words("before the lines, German", "Plain text.")
    closing_de = _words("after the lines, German", "Plain text.")
    intro_en = _words("before the lines, English", "Plain text.")
    closing_en = _words("after the lines, English", "Plain text.")
    foot = forms.CharField(
        label="footer",
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 6}),
        help_text="At most four columns of seven lines; an empty line begins the next column. "
        "Empty: address, contact, registration and account of the seller.",
    )
    shown_columns = forms.MultipleChoiceField(
        label="columns",
        choices=[(column.value, column.value.replace("_", " ")) for column in Column],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with what holds now."""
        super().__init__(*args, **kwargs)
        latest = self._latest()
        for name, value in _initial(latest).items():
            self.fields[name].initial = value

    def _latest(self) -> DocumentTemplate | None:
        seller = self.initial.get("seller")
        return latest_template(Seller(pk=seller)) if seller else None

    def clean(self) -> dict[str, Any]:
        """Refuse what can't be printed."""
        values = super().clean()
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

    def _details(self, values: Mapping[str, Any]) -> dict[str, Any]:
        latest = latest_template(values["seller"])
        logo = _content(values["picture"]) if values.get("picture") else latest and latest.logo
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
            raise ValidationError("seller")


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
    actions_detail = ("preview",)
    change_form_after_template = "invoices/admin/template_preview.html"
    add_fieldsets = (
        (None, {"fields": ("seller",)}),
        (
            "Letterhead",
            {"fields": ("picture", "without_logo", ("logo_height_mm", "logo_place"))},
        ),
        ("Look", {"fields": ("face", ("accent_colour", "text_colour", "muted_colour"))}),
        ("Lines", {"fields": ("shown_columns", ("shows_explanations", "shows_code"))}),
        (
            "Texts",
            {"fields": (("intro_de", "intro_en"), ("closing_de", "closing_en"), "foot")},
        ),
    )
    fields = (
        "seller", "version", "face", "accent_colour", "text_colour", "muted_colour",
        "logo_height_mm", "logo_place", "texts", "footer", "columns", "shows_explanations",
        "shows_code", "created_at",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("invoices.add_documenttemplate")

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

    @button("Preview", path="preview", permission="view", icon="visibility", is_primary=True)
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
