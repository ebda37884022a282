"""Writes the catalogue of the admin's texts anew, and compiles it; or checks that it is whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import unfold
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from billing.events.models import FailureNote
from billing.scopes import PRESETS, RESOURCES
from billing.sellers.admin import PageForm
from billing.sellers.admin.forms import PlainForm
from billing.staff import catalogue
from billing.staff.catalogue import Texts
from billing.staff.languages import labels_of
from billing.staff.signin.views import CodeForm
from invoices.documents.pdf.logo import Place
from invoices.documents.pdf.template import Column
from invoices.issuing.models import HoldDecision
from invoices.proving.admin.chapters import WORDS

FOLDERS = ("billing", "invoices", "config/settings", "config/templates")
THEME = Path(unfold.__file__).parent


class Command(BaseCommand):
    help = "Write the catalogue of the admin's texts from the code, and compile it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only say whether all is there.")

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        path = settings.LOCALE_PATHS[0] / "de/LC_MESSAGES/django.po"
        old = catalogue.read(path)
        new = catalogue.renewed(old, all_texts())
        po, mo = catalogue.written(new), catalogue.compiled(new)
        faults = list(catalogue.faults(new))
        if not check:
            path.write_bytes(po)
            path.with_suffix(".mo").write_bytes(mo)
        elif path.read_bytes() != po or path.with_suffix(".mo").read_bytes() != mo:
            faults.append("The catalogue isn't that of the code: run make texts.")
        if faults:
            raise CommandError("\n".join(faults))


def all_texts() -> Texts:
    """Return all that staff read in the admin, but for what Django says in German by itself."""
    root = settings.BASE_DIR
    found = catalogue.texts_of_code([root / folder for folder in FOLDERS], root=root)
    for text in labels_of(_shown_models()):
        found.add(text, "labels of models")
    for text in _labels_of_forms():
        found.add(text, "labels of forms")
    for text in (*WORDS, *_names_of_choices()):
        found.add(text, "words of pages")
    for said in _texts_of_theme():
        found.add(said, "the theme")
    return found


def _names_of_choices() -> Iterator[str]:
    """Yield what forms offer that no table has as its choices."""
    yield from (column.value.replace("_", " ") for column in Column)
    yield from (place.value for place in Place)
    yield from PRESETS.values()
    yield from (each.says for each in RESOURCES)


def _shown_models() -> list[type[Model]]:
    """Return the models of this house that have a page in the admin, or a table on one."""
    shown: set[Any] = {FailureNote, HoldDecision}  # Whose choices pages tell of.
    for model, page in admin.site._registry.items():
        tables: tuple[Any, ...] = (*page.inlines, *getattr(page, "add_inlines", ()))
        shown |= {model, *(table.model for table in tables)}
    own = (model for model in shown if model._meta.app_label in {"billing", "invoices"})
    return sorted(own, key=lambda model: model._meta.label)


def _labels_of_forms() -> Iterator[str]:
    """Yield the labels that forms take of their fields' names."""
    for form in sorted(_below(PlainForm, PageForm, CodeForm), key=lambda each: each.__qualname__):
        fields: dict[str, forms.Field] = getattr(form, "declared_fields", {})
        yield from (name.replace("_", " ") for name, field in fields.items() if not field.label)


def _below(*classes: type[Any]) -> set[type[Any]]:
    return set(classes).union(*(_below(*each.__subclasses__()) for each in classes))


def _texts_of_theme() -> Iterator[catalogue.Id]:
    """Yield what the theme says that Django has no German for; of its parts that are in use."""
    own = Path(django.__file__).parent.rglob("locale/de/LC_MESSAGES/django.mo")
    known = {text for path in own for text in catalogue.texts_of_compiled(path)}
    for path in sorted((*THEME.rglob("*.py"), *THEME.rglob("*.html"))):
        if "contrib" in path.parts:
            continue
        read = catalogue.texts_of_template if path.suffix == ".html" else catalogue.texts_of_python
        for text in read(path):
            if (text if isinstance(text, str) else text[0]) not in known:
                yield text
