"""
The language in which staff read the admin: their browser's, or the one that they chose.

Whatever isn't a page of theirs stays in English: the API, the log, workers, what is stored.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models import Field, Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

PAGES = "/admin/"
# Facts say what was done in this one: what they tell must not depend on a clerk's browser.
OF_FACTS = "en"


class StaffLanguage(LocaleMiddleware):
    """Reads in which language somebody of the staff wants a page; all else is in English."""

    def process_request(self, request: HttpRequest) -> None:
        """Choose the language of the answer."""
        if request.path_info.startswith(PAGES):
            super().process_request(request)
        else:  # Always: a thread may have answered in another one before.
            translation.activate(settings.LANGUAGE_CODE)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Tell caches and browsers in which language a page is."""
        if not request.path_info.startswith(PAGES):
            return response
        return super().process_response(request, response)


def is_german() -> bool:
    """Return whether who reads the page reads German."""
    return (translation.get_language() or "").startswith("de")


def in_english(text: object) -> str:
    """Return a text as facts tell it, whatever the language of who reads the page."""
    with translation.override(OF_FACTS):
        return str(text)


def translate_labels(app: AppConfig) -> None:
    """
    Have the labels of an app's models translated when they are shown.

    Most come of the fields' names, so they are marked here at once. Migrations don't notice: they
    hold labels as they were written, and compare the others in English.
    """
    for model in app.get_models():
        options = model._meta
        options.verbose_name = gettext_lazy(str(options.verbose_name))
        options.verbose_name_plural = gettext_lazy(str(options.verbose_name_plural))
        for field in _own_fields(model):
            field.verbose_name = gettext_lazy(str(field.verbose_name))
            if field.help_text:
                field.help_text = gettext_lazy(str(field.help_text))
            if isinstance(field.choices, list):
                field.choices = [(value, _label(text)) for value, text in field.choices]


def label_of(name: str) -> Any:
    """Return the label of what has no other: the words of its name, translated when shown."""
    return capfirst(gettext_lazy(name.replace("_", " ")))


def labels_of(models: Iterable[type[Model]]) -> Iterator[str]:
    """Yield the labels of models that `translate_labels` marks, in English."""
    with translation.override(None):
        for model in models:
            yield str(model._meta.verbose_name)
            yield str(model._meta.verbose_name_plural)
            for field in _own_fields(model):
                yield str(field.verbose_name)
                yield str(field.help_text)
                yield from (str(text) for _, text in field.choices or () if str(text))


def _own_fields(model: type[Model]) -> Iterator[Field[Any, Any]]:
    yield from model._meta.local_fields
    yield from model._meta.local_many_to_many


def _label(text: Any) -> Any:
    return gettext_lazy(str(text)) if str(text) else text
