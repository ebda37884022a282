"""Texts that are shown and printed: what must not stand in them."""

import re

# C0 and C1, separators of lines and paragraphs, and what turns the direction of reading: a name
# could else look like another one.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
_BREAKS = "\t\n\r"


def first_control(text: str, *, has_lines: bool = False) -> str | None:
    """Return the code (U+202E) of a text's first control character; None if it has none."""
    for found in _CONTROL.finditer(text):
        if not has_lines or found[0] not in _BREAKS:
            return f"U+{ord(found[0]):04X}"
    return None
