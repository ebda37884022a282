"""What a form changes, in words: old → new, and never a secret."""

import re
from collections.abc import Collection
from typing import Any

from django import forms
from django.core.files.base import File
from django.db.models import Model, QuerySet

NOTHING = "nothing"
LONGEST = 200  # Characters of a value.
# Fields whose values are nobody's to read: that they changed is told, not how.
SECRET = re.compile(r"password|secret|token|credential|private", re.IGNORECASE)


def changes_of(form: forms.BaseForm) -> list[str]:
    """Return a line for each field that a form changes."""
    return [_change(form, name) for name in form.changed_data]


def lines_of(formset: Any) -> list[str]:
    """Return a line for each row that a table within a form adds, changes or deletes."""
    kind = formset.model._meta.verbose_name
    told = [f"{kind} added: {_text(row)}" for row in getattr(formset, "new_objects", ())]
    for row, _ in getattr(formset, "changed_objects", ()):
        changed = next((form for form in formset.forms if form.instance is row), None)
        details = "; ".join(changes_of(changed)) if changed else ""
        told.append(f"{kind} changed: {_text(row)}: {details}")
    return told + [
        f"{kind} deleted: {_text(row)}" for row in getattr(formset, "deleted_objects", ())
    ]


def _change(form: forms.BaseForm, name: str) -> str:
    field = form.fields.get(name)
    label = str(field.label or name.replace("_", " ")) if field else name
    if SECRET.search(name) or field is None or _hides(field):
        return f"{label}: changed"
    old, new = form.get_initial_for_field(field, name), form.cleaned_data.get(name)
    if _is_many(new):
        return f"{label}: {_difference(_named(field, old), _named(field, new))}"
    return f"{label}: {_text(_row_of(field, old))} → {_text(new)}"


def _hides(field: forms.Field) -> bool:
    return isinstance(field.widget, forms.PasswordInput)


def _is_many(value: Any) -> bool:
    return isinstance(value, (QuerySet, list, tuple, set))


def _named(field: forms.Field, values: Any) -> list[str]:
    """Return what is chosen of many, by name."""
    if isinstance(values, str):
        values = values.split()
    if not isinstance(values, Collection) and not isinstance(values, QuerySet):
        values = [] if values is None else [values]
    return sorted(_text(_row_of(field, value)) for value in values)


def _difference(old: Collection[str], new: Collection[str]) -> str:
    come = [each for each in new if each not in old]
    gone = [each for each in old if each not in new]
    parts = {"added": come, "removed": gone}
    told = [f"{word} {', '.join(some)}" for word, some in parts.items() if some]
    return "; ".join(told) or "in another order"


def _row_of(field: forms.Field, value: Any) -> Any:
    """Return the row that a choice's value names; other values as they are."""
    choices = getattr(field, "queryset", None)
    if choices is None or not value or isinstance(value, Model):
        return value
    key = getattr(field, "to_field_name", None) or "pk"
    return choices.filter(**{key: value}).first() or value


def _text(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value.name if isinstance(value, File) else value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
