"""
The catalogue of the admin's texts: what is said in English, in files and labels, and its German.

Written and compiled by Babel, which is here anyway: no tools of gettext are needed.
"""

import re
from ast import literal_eval
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
_LITERAL = r"""(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
# What Django makes of a template's tags: calls, with X for all else.
_CALL = re.compile(rf"\b(?:_|n?gettext)\(\s*u?({_LITERAL})(?:\s*,\s*u?({_LITERAL}))?")
_PLACES = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")
Id = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Texts:
    """What is to be translated, and in which files it stands."""

    places: dict[Id, list[str]]

    def add(self, text: Id, place: str) -> None:
        """Note a text, once per place; one with a plural stands for itself alone too."""
        one = text if isinstance(text, str) else text[0]
        if one.strip() and place not in self.places.setdefault(text, []):
            self.places[text].append(place)


def texts_of_code(folders: Iterable[Path], *, root: Path) -> Texts:
    """Return the texts of Python files and templates in some folders."""
    found = Texts({})
    for folder in folders:
        for name, _, text, *_ in extract_from_dir(
            folder, [("**/migrations/**", "ignore"), ("**.py", "python")], keywords=KEYWORDS
        ):
            found.add(_id_of(text), str((folder / name).relative_to(root)))
        for path in sorted(folder.rglob("*.html")):
            for text in texts_of_template(path):
                found.add(text, str(path.relative_to(root)))
    return found


def texts_of_python(path: Path) -> Iterator[Id]:
    """Yield the texts of a Python file."""
    with path.open("rb") as file:
        for _, _, text, _ in extract_python(file, KEYWORDS, [], {}):
            yield _id_of(text)


def texts_of_template(path: Path) -> Iterator[Id]:
    """Yield the texts of a template."""
    for call in _CALL.finditer(templatize(path.read_text())):
        one, many = (literal_eval(part) if part else "" for part in call.groups())
        yield (one, many) if many else one


def texts_of_compiled(path: Path) -> Iterator[str]:
    """Yield the texts of a compiled catalogue; of those with a plural the singular."""
    with path.open("rb") as file:
        for message in read_mo(file):
            yield _each(message.id)[0]


def read(path: Path) -> Catalog:
    """Return the catalogue of a file; an empty one if there is none yet."""
    if not path.exists():
        return Catalog(locale="de")
    with path.open("rb") as file:
        return read_po(file, locale="de")


def renewed(old: Catalog, found: Texts) -> Catalog:
    """Return a catalogue of just the texts that were found, with the German that is known."""
    new = Catalog(
        locale="de", project="Anlass", version="v1", charset="utf-8", fuzzy=False,
        creation_date=old.creation_date, revision_date=old.creation_date,
        msgid_bugs_address="none", last_translator="none", language_team="none",
        header_comment="# The admin's texts in German: write them here, then run make texts.",
    )  # fmt: skip
    for text, places in found.places.items():
        known = old.get(text[0] if isinstance(text, tuple) else text)
        german = known.string if known and isinstance(known.string, type(text)) else ""
        new.add(text, german, locations=[(place, 0) for place in places])
    return new


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as its file holds it, for people."""
    file = BytesIO()
    write_po(file, catalogue, width=100, sort_by_file=True, include_lineno=False)
    return file.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """Return a catalogue as programs read it."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def faults(catalogue: Catalog) -> Iterator[str]:
    """Yield what a catalogue lacks: German, or a place that the English text fills in."""
    for message in catalogue:
        if not message.id:
            continue
        if message.fuzzy or not all(_each(message.string)):
            yield f"{message.id!r} has no German"
        elif not _fills_alike(message):
            yield f"{message.id!r} and its German fill in other places"


def _fills_alike(message: Message) -> bool:
    wanted = [sorted(_PLACES.findall(text)) for text in _each(message.id)]
    # The singular may say “one” in words.
    return all(sorted(_PLACES.findall(text)) in wanted for text in _each(message.string))


def _each(text: str | Iterable[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def _id_of(text: object) -> Id:
    if isinstance(text, (tuple, list)):
        return (str(text[0]), str(text[1]))
    return str(text)
