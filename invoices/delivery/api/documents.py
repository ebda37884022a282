"""Documents to be fetched: `/invoices/{id}/documents`, and links for those who have no key."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.description.schema import refusing
from billing.api.files import FileEndpoint
from billing.api.inputs.fields import WholeField
from billing.api.inputs.form import Input
from billing.api.problems import Refusal, tell, told_in
from billing.api.scoped import Endpoint
from invoices.delivery import commands
from invoices.delivery.files import file_response
from invoices.delivery.models import DownloadLink
from invoices.delivery.queries.links import path_of, url_of
from invoices.documents.models import MEDIA_TYPES, Document
from invoices.documents.queries import StorageAway, StoredBytesDiffer
from invoices.issuing.models import Invoice

IF_NONE_MATCH = OpenApiParameter(
    name="If-None-Match",
    location=OpenApiParameter.HEADER,
    description="ETags that the caller has, or `*`: without others there is nothing to send.",
)
MOST_DAYS = 365
DAY = 24 * 3600

tell(
    exceptions={
        StoredBytesDiffer: Refusal(500, "document_damaged"),
        StorageAway: Refusal(503, "try_again", detail="The storage of documents is away."),
    }
)


class DocumentFileOutput(serializers.ModelSerializer[Document]):
    class Meta:
        model = Document
        fields = [
            "id", "kind", "format", "media_type", "file_name", "size", "sha256",
            "template_version", "rule_version", "created_at",
        ]  # fmt: skip


class DocumentsOutput(serializers.Serializer[Any]):
    documents = DocumentFileOutput(many=True, help_text="None until they are made.")


class LinkInput(Input):
    expires_in = WholeField(
        min_value=60,
        max_value=MOST_DAYS * DAY,
        default=30 * DAY,
        help_text=f"In seconds; at most {MOST_DAYS} days.",
    )


class LinkOutput(serializers.ModelSerializer[DownloadLink]):
    invoice = serializers.UUIDField(source="invoice_id")
    url = serializers.SerializerMethodField(help_text="Who has it needs no key.")

    class Meta:
        model = DownloadLink
        fields = [
            "id", "invoice", "url", "created_at", "expires_at", "revoked_at", "downloads",
            "latest_download_at",
        ]  # fmt: skip

    def get_url(self, link: DownloadLink) -> str:
        """Return the address of the link's page, as it stands in e-mails."""
        if settings.PUBLIC_URL:
            return url_of(link)
        request: Request = self.context["request"]
        return request.build_absolute_uri(path_of(link))


class LinksOutput(serializers.Serializer[Any]):
    links = LinkOutput(many=True)


class DocumentsView(Endpoint):
    @extend_schema(responses=DocumentsOutput)
    def get(self, request: Request, id: str) -> Response:
        """List the documents of an invoice."""
        invoice = self.find(self.rows(Invoice), id, known_as="")
        rows = self.rows(Document).filter(invoice=invoice).order_by("kind", "format")
        return Response(DocumentsOutput({"documents": rows}).data)


class DocumentView(FileEndpoint):
    @refusing(*told_in(__name__))
    @extend_schema(
        parameters=[IF_NONE_MATCH],
        responses={
            **{(200, kind): OpenApiTypes.BINARY for kind in sorted(set(MEDIA_TYPES.values()))},
            304: OpenApiResponse(description="The caller has these bytes already."),
        },
    )
    def get(self, request: Request, id: str, document: str) -> HttpResponseBase:
        """Fetch a document; its ETag is the SHA-256 of its bytes."""
        invoice = self.find(self.rows(Invoice), id, known_as="")
        row = self.find(self.rows(Document).filter(invoice=invoice), document, known_as="")
        return file_response(row, request.headers.get("If-None-Match", ""))


class DownloadLinksView(Endpoint):
    @extend_schema(responses=LinksOutput)
    def get(self, request: Request, id: str) -> Response:
        """List the links to an invoice's documents, with how often each was used."""
        invoice = self.find(self.rows(Invoice), id, known_as="")
        rows = self.rows(DownloadLink).filter(invoice=invoice).order_by("-pk")
        return Response(LinksOutput({"links": rows}, context={"request": request}).data)

    @extend_schema(request=LinkInput, responses={201: LinkOutput})
    def post(self, request: Request, id: str) -> Response:
        """Make a link to an invoice's documents, for someone who has no key."""
        invoice = self.find(self.rows(Invoice), id, known_as="")
        at = timezone.now()
        lasts = timedelta(seconds=self.said(LinkInput)["expires_in"])
        link = commands.make_link(invoice=invoice, expires_at=at + lasts, at=at)
        shown = LinkOutput(link, context={"request": request}).data
        return self.created(shown, route="download-link", id=link.pk)


class DownloadLinkView(Endpoint):
    @extend_schema(responses=LinkOutput)
    def get(self, request: Request, id: str) -> Response:
        """Show a link."""
        return Response(LinkOutput(self.thing(id), context={"request": request}).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, id: str) -> Response:
        """Revoke a link."""
        link = self.thing(id)
        commands.revoke_link(link_id=link.pk, at=timezone.now())
        return Response(status=204)

    def thing(self, id: str) -> DownloadLink:
        """Return the link that the address names."""
        return self.find(self.rows(DownloadLink), id, known_as="")


urlpatterns = [
    path("invoices/<reference:id>/documents", DocumentsView.as_view(), name="documents"),
    path(
        "invoices/<reference:id>/documents/<reference:document>",
        DocumentView.as_view(),
        name="document",
    ),
    path(
        "invoices/<reference:id>/download-links",
        DownloadLinksView.as_view(),
        name="download-links",
    ),
    path("download-links/<reference:id>", DownloadLinkView.as_view(), name="download-link"),
]
