"""The base of every endpoint: it sees the rows of one seller, and writes once."""

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api.answers.export import CsvRenderer, NdjsonRenderer
from billing.api.answers.pages import PageQuery, page, said_in
from billing.api.answers.versions import (
    CHANGING,
    PRIVATE,
    UNKEPT,
    is_conditional,
    is_known,
    lock,
    refuse_other_state,
    tag_of,
    tag_of_bytes,
)
from billing.api.callers.authentication import SELLER_HEADER, Caller, StaffWriteNothing
from billing.api.callers.files import note_file
from billing.api.callers.limits import RateLimited, Share, limited_in_time, take
from billing.api.description.schema import EndpointSchema
from billing.api.idempotency import carry_out
from billing.api.inputs.form import Input
from billing.api.inputs.parsing import ExactJsonParser, LengthRequired
from billing.api.references import Reference, read_reference, referred
from billing.events.pressure import refuse_if_too_busy
from billing.sellers.models import ApiKey, Seller

Row = TypeVar("Row", bound=Model)
Method = Callable[..., Response]
READING = {"GET", "HEAD"}
# What an answer depends on beside its address: its form, and who asks for which seller.
VARY = ("Accept", "Authorization", SELLER_HEADER, "Cookie")


class Endpoint(APIView):
    """
    An address of the API.

    A subclass' `post` and `patch` run in one transaction, under the caller's Idempotency-Key,
    unless it is declared with `writes=False`: then it stores nothing, not even the answer. With
    `bills=True` they state facts that are billed, and are refused while too many of them wait.
    Requests are taken from the app's `bucket`, and their statements are limited in time.
    """

    parser_classes = [ExactJsonParser]
    schema = EndpointSchema()
    # Of addresses of what can change: the row that is held while a change of it is looked at.
    thing: Callable[..., Model]
    writes = True
    bills = False
    notes = False  # Whether its GET notes something all the same.
    answers_with_files = False
    bucket = "api"
    share: Share | None = None

    def __init_subclass__(
        cls, *, writes: bool = True, bills: bool = False, bucket: str = "api", **kwargs: Any
    ) -> None:
        """Wrap the methods here, once, so that no endpoint can forget it."""
        super().__init_subclass__(**kwargs)
        cls.writes, cls.bills, cls.bucket = writes, bills, bucket
        for name in {"get", "post", "put", "patch", "delete"} & cls.__dict__.keys():
            if writes and name != "get":
                setattr(cls, name, _written_once(cls.__dict__[name]))
            elif not cls.answers_with_files:  # No transaction waits for the storage of files.
                setattr(cls, name, _in_time(cls.__dict__[name]))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request, in English whatever the browser prefers."""
        with translation.override("en"):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """
        Look at what comes before the body.

        :raises LengthRequired: if it comes in chunks: WSGI doesn't pass it on, and
            it would be taken for an empty one. Source: RFC 9110, 8.6.
        """
        super().initial(request, *args, **kwargs)
        if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
            raise LengthRequired

    def check_permissions(self, request: Request) -> None:
        """
        Take the request out of the app's bucket, and look whether it is allowed to make it.

        :raises RateLimited: if the bucket is empty.
        :raises StaffWriteNothing: if staff look at what notes something.
        """
        if request.auth is not None:
            try:
                self.share = take(request.auth.pk, bucket=self.bucket)
            except RateLimited as limited:
                self.share = limited.share
                raise
        super().check_permissions(request)
        if self.notes and not isinstance(request.auth, ApiKey):
            raise StaffWriteNothing

    def get_renderers(self) -> list[BaseRenderer]:
        """Return in which forms an answer can come: some lists also as a whole file."""
        listing = getattr(getattr(self, "get", None), "listing", None)
        exports = self.request.method == "GET" and getattr(listing, "exports", False)
        files = [CsvRenderer(), NdjsonRenderer()] if exports else []
        return [*super().get_renderers(), *files]

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """
        Give the answer that shows a thing its ETag, or none if the caller has it already.

        Each answer tells what is left of the app's share.
        """
        final = super().finalize_response(request, response, *args, **kwargs)
        tag = self._tag(request, final)
        if tag and request.method in READING and is_known(request, tag):
            final = super().finalize_response(request, Response(status=304), *args, **kwargs)
        note_file(request, final)
        if tag:
            final["ETag"] = tag
            final.setdefault("Cache-Control", PRIVATE)
        for name, value in (self.share.headers if self.share else {}).items():
            final[name] = value
        if self._lists(request):
            final["Cache-Control"] = UNKEPT
        patch_vary_headers(final, VARY)
        return final

    def refuse_if_changed(self, request: Request, **names: Any) -> None:
        """
        Hold the thing that the address names, and do nothing if it is as the caller saw it.

        :raises ChangedMeanwhile: if it isn't.
        """
        if is_conditional(request):
            lock(self.thing(**names))
            refuse_other_state(request, self.get(request, **names).data)  # type: ignore[attr-defined]

    def _lists(self, request: Request) -> bool:
        is_list = bool(getattr(getattr(self, "get", None), "is_list", False))
        return is_list and request.method in READING

    def _tag(self, request: Request, response: HttpResponseBase) -> str | None:
        shows = request.method in READING and not self._lists(request)
        shows = shows or (request.method in CHANGING and hasattr(self, "get"))
        if not shows or response.status_code != HTTPStatus.OK:
            return None
        if isinstance(response, Response):
            return tag_of(response.data)
        is_json = response.get("Content-Type", "") == "application/json"
        return tag_of_bytes(response.content) if is_json else None  # type: ignore[attr-defined]

    @property
    def seller(self) -> Seller:
        """The seller for whom the caller acts."""
        return cast(Caller, self.request.user).seller

    def rows(self, model: type[Row]) -> QuerySet[Row]:
        """Return the seller's rows of a table: the only way for an endpoint to any row."""
        return model._default_manager.filter(seller=self.seller)

    def find(self, rows: QuerySet[Row], text: str, *, known_as: str = "ext") -> Row:
        """
        Return the row that the address names.

        :raises NotFound: if there is none among `rows`, be it malformed, unknown or another's.
        """
        reference = read_reference(text, known_as=known_as)
        found = referred(rows, [reference]) if reference else []
        if not found:
            raise NotFound
        return found[0]

    def resolve(self, model: type[Row], reference: Reference, *, field: str) -> Row:
        """
        Return the seller's row that a field of the body names.

        :raises ValidationError: if the seller has none such.
        """
        return self.resolve_all(model, {field: reference})[field]

    def resolve_all(self, model: type[Row], references: dict[str, Reference]) -> dict[str, Row]:
        """
        Return the seller's rows that fields of the body name, in one query.

        :raises ValidationError: naming each field whose row the seller doesn't have.
        """
        found: dict[Reference, Row] = {}
        for row in referred(self.rows(model), set(references.values())):
            row.seller = self.seller  # type: ignore[attr-defined]  # Known: spares a query.
            found |= {each: row for each in set(references.values()) if each.names(row)}
        missing = [field for field, reference in references.items() if reference not in found]
        if missing:
            raise serializers.ValidationError(
                {field: [f"There is no such {model._meta.verbose_name}."] for field in missing},
                code="does_not_exist",
            )
        return {field: found[reference] for field, reference in references.items()}

    def said(self, form: type[Input], *, partial: bool = False) -> dict[str, Any]:
        """
        Return what the body says.

        :raises ValidationError: if anything in it is wrong.
        """
        body = form(data=self.request.data, partial=partial, context={"seller": self.seller})
        body.is_valid(raise_exception=True)
        return cast(dict[str, Any], body.validated_data)

    def asked(self, form: type[Input] = PageQuery) -> dict[str, Any]:
        """
        Return what the query asks for.

        :raises ValidationError: if anything in it is wrong.
        """
        query = form(data=said_in(self.request))
        query.is_valid(raise_exception=True)
        return cast(dict[str, Any], query.validated_data)

    def page(
        self,
        rows: QuerySet[Row],
        show: Callable[[Sequence[Row]], Any],
        *,
        asked: dict[str, Any] | None = None,
        by: str = "id",
    ) -> Response:
        """Return the page of `rows` that is asked for."""
        asked = self.asked() if asked is None else asked
        return page(self.request, rows, asked=asked, show=show, by=by)

    def created(self, shown: Any, *, route: str, **names: object) -> Response:
        """Return the answer to a creation, with the address of what was made."""
        address = self.request.build_absolute_uri(reverse(route, kwargs=names))
        return Response(shown, status=201, headers={"Location": address})


def _in_time(method: Method) -> Method:
    @wraps(method)
    def in_time(self: Endpoint, request: Request, **names: Any) -> Response:
        with limited_in_time():
            return method(self, request, **names)

    return in_time


def _written_once(method: Method) -> Callable[..., HttpResponseBase]:
    @wraps(method)
    def written_once(self: Endpoint, request: Request, **names: Any) -> HttpResponseBase:
        at = timezone.now()
        _ = request.data  # Read here: no transaction waits for the network.

        def action() -> Response:
            if self.bills:  # Here, so that the answer to an earlier request is given again.
                refuse_if_too_busy(self.seller.pk, at=at)
            self.refuse_if_changed(request, **names)
            return method(self, request, **names)

        return carry_out(request, seller=self.seller, action=action, at=at)

    return written_once
