"""Texts whose characters came in halves: JSON can write half of a surrogate pair, UTF-8 and a terminal can't."""

from __future__ import annotations

from typing import Any

LEADING = frozenset(map(chr, range(0xD800, 0xDC00)))
"""The first halves of surrogate pairs."""


def whole(text: str) -> str:
    """A text with its halves of surrogate pairs joined; U+FFFD where the other half is missing."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def may_have_halves(text: str | bytes) -> bool:
    """Whether the texts in a JSON document may need to be repaired; False at once for most documents."""
    if isinstance(text, bytes):
        return not text.isascii() or b"\\ud" in text or b"\\uD" in text
    return "\\u" in text and ("\\ud" in text or "\\uD" in text)


def repaired(document: Any) -> Any:
    """A JSON document whose texts are all whole; one that is nested too deeply to be looked at as it is."""
    try:
        return _mended(document)
    except RecursionError:
        return document


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return {whole(name): _mended(item) for name, item in value.items()} if isinstance(value, dict) else value


def is_unicode(text: str) -> bool:
    """Whether a text can be sent as UTF-8; half of a surrogate pair can't."""
    return text.isascii() or text.encode(errors="ignore").decode() == text
