"""Groups of permissions that the staff's work is parted into."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from django.contrib.auth.models import Group, Permission
from django.db import transaction


class NoSuchPermission(Exception):
    """A role names what no permission is called."""


@transaction.atomic
def make_roles(roles: Mapping[str, Sequence[str]]) -> dict[str, tuple[set[str], set[str]]]:
    """
    Make a group of each role, with its permissions and no others. Return what each gained and lost.

    :raises NoSuchPermission: if a name fits none: tables aren't migrated, or it is misspelt.
    """
    known = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in Permission.objects.select_related("content_type")
    }
    return {name: _set(name, chosen(names, known), known) for name, names in roles.items()}


def chosen(names: Iterable[str], known: Iterable[str]) -> set[str]:
    """
    Return the permissions that names mean, in order: `*` is any, `-` takes away.

    :raises NoSuchPermission: if a name fits none.
    """
    found: set[str] = set()
    every = set(known)
    for name in names:
        fits = {each for each in every if fnmatchcase(each, name.removeprefix("-"))}
        if not fits:
            raise NoSuchPermission(f"No permission is called {name.removeprefix('-')}.")
        found = found - fits if name.startswith("-") else found | fits
    return found


def _set(name: str, wanted: set[str], known: Mapping[str, Permission]) -> tuple[set[str], set[str]]:
    group, _ = Group.objects.get_or_create(name=name)
    had = {
        f"{app}.{codename}"
        for app, codename in group.permissions.values_list("content_type__app_label", "codename")
    }
    group.permissions.set([known[each] for each in sorted(wanted)])
    return wanted - had, had - wanted
