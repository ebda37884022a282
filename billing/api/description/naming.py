"""Names of operations, by one rule: good names of methods in a client made from the description."""

import re

# Of a POST to an address that ends so, the ending is the thing that is made, not what is done.
_NOUN = re.compile(r"(s|tion|token)$")
_LISTS = {"usage"}  # What a GET lists though it is no plural.
_PARTICLES = {"off", "out", "up", "back"}
_BY_METHOD = {"PUT": "set", "PATCH": "update", "DELETE": "delete"}
_READS = {"export"}  # What a GET can do beside showing and listing.
_PARAMETER = re.compile(r"\{.*\}")


def operation_id(path: str, method: str, *, stores: bool = True) -> str:
    """
    Return the name of an operation: a verb and what it is done to.

    `/customers` → list_customers, create_customer; `/customers/{id}` → get_customer,
    update_customer; `/customers/{id}/balance` → get_customer_balance; `/failures/{id}/retry` →
    retry_failure; `/webhook-endpoints/{id}/rotate-secret` → rotate_webhook_endpoint_secret. What is
    posted to a list that `stores` nothing is run.
    """
    parts = [part for part in path.removeprefix("/api/v1/").split("/") if part]
    words = [part.replace("-", "_") for part in parts if not _PARAMETER.fullmatch(part)]
    if method == "POST":
        return _posted(words, stores=stores)
    if method in _BY_METHOD:
        return _named(_BY_METHOD[method], words)
    return _read(words, names_one=bool(_PARAMETER.fullmatch(parts[-1])))


def _read(words: list[str], *, names_one: bool) -> str:
    if words[-1] in _READS:
        return "_".join([words[-1], *map(_one, words[:-2]), *words[-2:-1]])
    is_list = not names_one and (words[-1].endswith("s") or words[-1] in _LISTS)
    return _named("list" if is_list else "get", words, is_list=is_list)


def _posted(words: list[str], *, stores: bool) -> str:
    if _NOUN.search(words[-1]):
        return _named("create" if stores else "run", words)
    if len(words) == 1:
        return f"record_{words[0]}"
    verb, *rest = words[-1].split("_")
    if rest and rest[0] in _PARTICLES:
        verb, rest = words[-1], []
    return "_".join([verb, *map(_one, words[:-1]), *rest])


def _named(verb: str, words: list[str], *, is_list: bool = False) -> str:
    """Return the name: `exports/datev` is a DATEV export, `invoices/by-number` an invoice by it."""
    *before, name = words
    if before and not is_list and not name.endswith("s") and before[0] == "exports":
        return f"{verb}_{name}_{_one(before[0])}"
    return "_".join([verb, *map(_one, before), name if is_list else _one(name)])


def _one(words: str) -> str:
    """Return the singular of an English plural."""
    if words.endswith("ies"):
        return f"{words[:-3]}y"
    return words[:-1] if words.endswith("s") and not words.endswith("ss") else words
