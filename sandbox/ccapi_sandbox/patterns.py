"""A text that a regular expression matches, made from the expression and never matched against it.

To match is what takes forever with an expression that someone else wrote.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from importlib import import_module
from typing import Any

# The parser of Python's own expressions, which has no other name. It has no types.
code: Any = import_module("re._constants")
_parser: Any = import_module("re._parser")

MOST = 1000
"""The longest text, in characters."""
_SHORT: dict[Any, str] = {
    code.CATEGORY_DIGIT: r"\d",
    code.CATEGORY_NOT_DIGIT: r"\D",
    code.CATEGORY_WORD: r"\w",
    code.CATEGORY_NOT_WORD: r"\W",
    code.CATEGORY_SPACE: r"\s",
    code.CATEGORY_NOT_SPACE: r"\S",
}
_CANDIDATES = "a0A-_ .~"
"""The characters to try where an expression excludes some."""


def text_for(pattern: str) -> str:
    """A text that the expression finds a match in; a short one, with the first of its alternatives.

    Raises:
        ValueError: It is not an expression of Python, it looks around, or its shortest text is too long.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what another version of Python may read differently
            parsed = _parser.parse(pattern)
        return _text(parsed, {})
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from None


def _text(nodes: Iterable[tuple[Any, Any]], groups: dict[int, str]) -> str:
    found = ""
    for operation, argument in nodes:
        found += _piece(operation, argument, groups)
        if len(found) > MOST:
            raise ValueError(f"its text has more than {MOST} characters")
    return found


def _piece(operation: Any, argument: Any, groups: dict[int, str]) -> str:
    if operation is code.LITERAL:
        return chr(argument)
    if operation is code.NOT_LITERAL:
        return next(each for each in _CANDIDATES if ord(each) != argument)
    if operation is code.ANY:
        return "a"
    if operation is code.IN:
        return _one_of(argument)
    if operation is code.BRANCH:
        return _text(argument[1][0], groups)
    if operation is code.SUBPATTERN:
        group, _, _, inner = argument
        groups[group] = _text(inner, groups)
        return groups[group]
    if operation is code.GROUPREF:
        return groups[argument]
    if operation in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        least, most, inner = argument
        if least == 0 or most == 0:
            return ""
        piece = _text(inner, groups)
        if least * len(piece) > MOST:
            raise ValueError(f"its text has more than {MOST} characters")
        return piece * int(least if piece else 1)
    if operation is code.AT and argument in (code.AT_BEGINNING, code.AT_BEGINNING_STRING, code.AT_END):
        return ""
    raise ValueError(f"it has {str(operation).lower()}, which no text is made for")


def _one_of(members: list[tuple[Any, Any]]) -> str:
    """A character of a class such as `[a-z]`."""
    if members[0][0] is not code.NEGATE:
        operation, argument = members[0]
        if operation is code.CATEGORY:
            return next(each for each in _CANDIDATES if _includes(each, operation, argument))
        return chr(argument if operation is code.LITERAL else argument[0])
    for candidate in _CANDIDATES:
        if not any(_includes(candidate, *member) for member in members[1:]):
            return candidate
    raise ValueError("it excludes every character that is tried")


def _includes(candidate: str, operation: Any, argument: Any) -> bool:
    if operation is code.LITERAL:
        return bool(ord(candidate) == argument)
    if operation is code.RANGE:
        return bool(argument[0] <= ord(candidate) <= argument[1])
    return re.match(_SHORT[argument], candidate) is not None
