"""The files of invoices: listed, and given out."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.sellers.admin import FactAdmin, FactInline, button, transaction_link
from invoices.documents.models import Document
from invoices.documents.queries import StorageAway, StoredBytesDiffer, stored_bytes
from invoices.issuing.admin import InvoiceAdmin
from invoices.issuing.models import Invoice


class DocumentFigures:
    """How a document looks in a list and on its invoice."""

    @admin.display(description=_("file"))
    def file(self, document: Document) -> SafeString:
        url = reverse("admin:invoices_document_open", args=[document.pk])
        return format_html('<a href="{}">{}</a>', url, document.file_name)

    @admin.display(description=_("size"), ordering="size")
    def shown_size(self, document: Document) -> str:
        return filesizeformat(document.size)

    @admin.display(description=_("transaction"))
    def transaction(self, document: Document) -> str:
        return transaction_link(document.transaction_id)


class DocumentInline(DocumentFigures, FactInline):
    model = Document
    fields = ("file", "format", "shown_size", "sha256", "created_at")
    ordering = ("kind", "format")
    verbose_name_plural = _("documents")


@admin.display(description="PDF", empty_value=_("not made yet"))  # type: ignore[call-overload, untyped-decorator]
def pdf(_page: Any, invoice: Invoice) -> SafeString | None:
    """Show the PDF within the page; where a browser can't, the link stands below it."""
    stored = Document.objects.filter(invoice=invoice.pk, kind=Document.Kind.PDF).first()
    if stored is None:
        return None
    url = reverse("admin:invoices_document_open", args=[stored.pk])
    return format_html(
        '<iframe class="anlass-pdf" src="{0}" title="{1}" loading="lazy"></iframe>'
        '<p><a class="anlass-link" href="{0}">{1}</a></p>',
        url,
        stored.file_name,
    )


InvoiceAdmin.also_show(DocumentInline)
InvoiceAdmin.also_tell(_("As sent"), needs="invoices.view_document", pdf=pdf)


@admin.register(Document)
class DocumentAdmin(DocumentFigures, FactAdmin):
    list_display = ("file_name", "invoice", "format", "shown_size", "created_at")
    list_filter = ("kind", "format")
    list_select_related = ("invoice",)
    search_fields = ("file_name", "invoice__number")
    search_ids = ("pk", "invoice", "transaction_id")
    readonly_fields = ("file", "shown_size", "transaction")
    fields = (
        "invoice", "file", "kind", "format", "shown_size", "sha256", "template_version",
        "rule_version", "why_plain", "storage_name", "transaction", "created_at",
    )  # fmt: skip
    actions_detail = ("open",)

    @button(_("Open"), path="open", permission="view", icon="open_in_new", is_primary=True)
    def open(self, request: HttpRequest, object_id: str) -> Any:
        document = self.get_object(request, object_id)
        if document is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        try:
            content = stored_bytes(document)
        except (StorageAway, StoredBytesDiffer) as trouble:
            self.message_user(request, str(trouble), level=messages.ERROR)
            return redirect("admin:invoices_document_change", document.pk)
        self.record(request, [document], action="download")
        response = HttpResponse(content, content_type=document.media_type)
        response["Content-Disposition"] = content_disposition_header(
            document.kind != Document.Kind.PDF, document.file_name
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["X-Frame-Options"] = "SAMEORIGIN"  # The invoice's page shows it.
        return response
