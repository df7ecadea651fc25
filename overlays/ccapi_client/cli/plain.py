"""Text of models and services without what controls a terminal: it could write to the clipboard, or hide other text."""

from __future__ import annotations

import os
import re
import sys
import textwrap

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""C0, DEL and C1 without tabs and newlines; what turns the direction of text around."""
_IN_JSON = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON may hold as it is, and a terminal should not get."""


def plain(text: object) -> str:
    """A text that is safe to print, also in pieces: each character is judged by itself."""
    return _CONTROL.sub("", str(text)).encode(errors="replace").decode()  # half of a surrogate pair can't be printed


def plain_line(text: object) -> str:
    """The same as one line."""
    return " ".join(plain(text).split())


def error_text(text: str) -> str:
    """The text of an error, in lines of whole words as wide as the terminal; as it is where standard error is none."""
    if sys.stderr is None or not sys.stderr.isatty():  # None: it was closed by whoever started the command
        return text
    width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
    lines = (textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) for line in text.splitlines())
    return "\n".join("\n".join(line) for line in lines)


def plain_json(document: str) -> str:
    """The same JSON document, escaped where it has to be."""
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", document)
