"""Files that staff take by the API: each is recorded, as those of the admin are."""

from http import HTTPStatus

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from billing.sellers.models import Membership
from billing.staff.commands import Deed, record
from billing.staff.origins import actor_of


def note_file(request: Request, answer: HttpResponseBase) -> None:
    """Record that staff took a file, if the answer to their session is one; pages aren't."""
    # Who is refused has no `auth`: to ask for it would refuse again.
    if answer.status_code != HTTPStatus.OK or not isinstance(request.auth, Membership):
        return
    is_json = answer.get("Content-Type", "").startswith("application/json")
    if isinstance(answer, Response) or is_json or request.method != "GET":
        return
    what = f"By the API: {request.get_full_path()}"
    deed = Deed(action="download", seller_id=request.auth.seller_id, what=what)
    record([deed], by=actor_of(request._request, user=request.auth.user), at=timezone.now())
