"""A text or parsed JSON as a tree whose every node knows where it stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from billing.simulation.scenario import BadScenario

DEEPEST = 20
MOST_NODES = 300_000  # Repeated by aliases, a short text can become endless.
LONGEST_NUMBER = 50

_TAG = "tag:yaml.org,2002:"
_TRUE, _FALSE = {"true", "True", "TRUE"}, {"false", "False", "FALSE"}


@dataclass(frozen=True, slots=True)
class Told:
    """
    A value as it was told, and where: a line of a file or a path in JSON.

    Numbers and dates are the text they were written as, so that no digit gets lost.
    """

    where: str
    value: "str | bool | list[Told] | dict[str, Told] | None"


def told_in_yaml(text: str, file: str) -> Told:
    """
    Return what a YAML 1.2 text says; `file` names it in refusals.

    :raises BadScenario: if it isn't YAML, gives a key twice, or repeats itself without end.
    """
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        return _YamlReader(file).told(node) if node else Told(f"{file}:1", None)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}" if mark else file
        raise BadScenario(f"this is not YAML: {error.problem}.", where=where) from error
    except (YAMLError, ValueError) as error:
        if isinstance(error, BadScenario):
            raise
        reason = " ".join(str(error).split("\n")[0].split())
        raise BadScenario(f"this is not YAML: {reason}.", where=file) from error
    except RecursionError as error:
        raise BadScenario("the text is nested too deeply.", where=file) from error


def told_in_json(value: object, path: str = "", depth: int = 0) -> Told:
    """
    Return what parsed JSON says; its numbers are whole or `Decimal`, never binary.

    :raises BadScenario: if a number is binary or endless, or it is nested too deeply.
    """
    if depth > DEEPEST:
        raise BadScenario("the body is nested too deeply.", where=path)
    if isinstance(value, Mapping):
        named = {str(name): each for name, each in value.items()}
        below = {name: _below(path, name) for name in named}
        return Told(
            path, {name: told_in_json(named[name], below[name], depth + 1) for name in named}
        )
    if isinstance(value, list | tuple):
        parts = enumerate(value)
        return Told(path, [told_in_json(each, f"{path}[{i}]", depth + 1) for i, each in parts])
    if value is None or isinstance(value, str | bool):
        return Told(path, value)
    if isinstance(value, int | Decimal):
        return Told(path, _written_out(Decimal(value), path))
    raise BadScenario(
        f"a {type(value).__name__} can't be told exactly: give a decimal string.", where=path
    )


def _below(path: str, name: str) -> str:
    shown = name[:100].encode("utf-8", "backslashreplace").decode("utf-8")
    return f"{path}.{shown}" if path else shown


def _written_out(number: Decimal, path: str) -> str:
    _, digits, exponent = number.as_tuple()
    is_short = isinstance(exponent, int) and len(digits) + abs(exponent) <= LONGEST_NUMBER
    if not is_short:
        raise BadScenario("this number is too long: nothing is charged by it.", where=path)
    return format(number, "f")


class _YamlReader:
    """Turns composed YAML into what is told; it counts, since aliases repeat."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.nodes = 0

    def told(self, node: Node, where: str = "", depth: int = 0) -> Told:
        where = where or self._line(node)
        self.nodes += 1
        if depth > DEEPEST or self.nodes > MOST_NODES:
            raise BadScenario("the text is nested too deeply or repeats itself.", where=where)
        if isinstance(node, ScalarNode):
            return Told(where, self._scalar(node, where))
        if isinstance(node, SequenceNode):
            return Told(where, [self.told(each, depth=depth + 1) for each in node.value])
        assert isinstance(node, MappingNode)
        found: dict[str, Told] = {}
        for name, at, each in self._entries(node):
            if name in found:
                raise BadScenario(f"the key {name!r} is given twice: keep one.", where=at)
            found[name] = self.told(each, at, depth + 1)
        return Told(where, found)

    def _entries(self, node: MappingNode) -> Iterator[tuple[str, str, Node]]:
        for key, each in node.value:
            at = self._line(key)
            if not isinstance(key, ScalarNode):
                raise BadScenario("a key must be a word, not a list or a mapping.", where=at)
            yield key.value, at, each

    def _scalar(self, node: ScalarNode, where: str) -> str | bool | None:
        kind = str(node.tag).removeprefix(_TAG)
        text: str = node.value
        if kind == "bool" and text in _TRUE | _FALSE:
            return text in _TRUE
        if kind == "null":
            return None
        if kind not in {"str", "int", "float", "bool", "timestamp", "merge", "value"}:
            raise BadScenario(f"the tag {node.tag} is not known: leave it out.", where=where)
        return text

    def _line(self, node: Any) -> str:
        return f"{self.file}:{node.start_mark.line + 1}"
