"""That events name the member of staff at whose request their facts are stated."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from billing.events.actors import acting_as


def with_acting_user(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """
    Return middleware: what is stated in the admin is stated by its user.

    Apps' requests have no user; whether they bear a session is not even asked.
    """

    def answer_as_user(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(reverse("admin:index")):
            return answer(request)
        with acting_as(request.user.pk):
            return answer(request)

    return answer_as_user
