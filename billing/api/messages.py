"""What is told of a value that isn't taken: each says what was expected."""

from typing import Any

Messages = dict[str, Any]

ANY: Messages = {
    "required": "This is missing: give it.",
    "null": "null is not taken here: give a value.",
}
TEXT: Messages = {
    **ANY,
    "invalid": "Give a text, as a JSON string.",
    "blank": "This is empty: give a text.",
    "max_length": "Give at most {max_length} characters.",
    "min_length": "Give at least {min_length} characters.",
}
EMAIL: Messages = {**TEXT, "invalid": "Give an e-mail address, for example bills@example.com."}
ID: Messages = {**ANY, "invalid": "Give an id (UUID)."}
NUMBER: Messages = {
    **ANY,
    "max_value": "Give {max_value} or less.",
    "min_value": "Give {min_value} or more.",
}
WHOLE: Messages = {
    **NUMBER,
    "invalid": "Give a whole number, for example 12.",
    "max_string_length": "Give a whole number, for example 12.",
}
EXACT: Messages = {
    **NUMBER,
    "invalid": 'Give a decimal number as a string, for example "12.50".',
    "max_digits": "Give at most {max_digits} digits.",
    "max_decimal_places": "Give at most {max_decimal_places} digits after the decimal point.",
    "max_whole_digits": "Give at most {max_whole_digits} digits before the decimal point.",
}
FLAG: Messages = {**ANY, "invalid": "Give true or false."}
CHOICE: Messages = {**ANY, "invalid_choice": "{input} is not one of the choices: give {choices}."}
LIST: Messages = {
    **ANY,
    "not_a_list": "Give a list.",
    "empty": "The list is empty: give at least one.",
    "min_length": "Give at least {min_length} in the list.",
    "max_length": "Give at most {max_length} in the list.",
}
OBJECT: Messages = {
    **ANY,
    "invalid": "Give a JSON object: names with values.",
    "not_a_dict": "Give a JSON object: names with values.",
    "empty": "This is empty: give at least one name with its value.",
}


def printable(text: str) -> str:
    """Return a caller's text so that it can be given back in JSON: short, without surrogates."""
    return text[:100].encode("utf-8", "backslashreplace").decode("utf-8")
