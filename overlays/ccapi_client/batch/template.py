"""A template: a request in which `{column}` stands for what a row has in that column.

Only that: `str.format` would let a row's text read attributes of Python's objects.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidRequestError

_MARK = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_MISSING = object()


def is_missing(value: object) -> bool:
    """Whether a cell is empty; NaN is how pandas has it."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def fill(template: Any, columns: Mapping[str, Any]) -> Any:
    """The template with the columns of a row in it.

    A text that is one `{column}` alone becomes what the column holds, a number for instance; where that is empty, the
    field is left out. `{{` and `}}` are braces.

    Raises:
        InvalidRequestError: There is no such column.
    """
    filled = _fill(template, columns)
    return "" if filled is _MISSING else filled


def _fill(template: Any, columns: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        return _fill_text(template, columns)
    if isinstance(template, Mapping):
        filled = {name: _fill(value, columns) for name, value in template.items()}
        return {name: value for name, value in filled.items() if value is not _MISSING}
    if isinstance(template, list | tuple):
        return [each for each in (_fill(value, columns) for value in template) if each is not _MISSING]
    return template


def _fill_text(template: str, columns: Mapping[str, Any]) -> Any:
    if "{" not in template and "}" not in template:
        return template
    alone = _MARK.fullmatch(template)
    if alone and alone[1] is not None:
        value = _column(alone[1], columns)
        return _MISSING if is_missing(value) else value

    def text(mark: re.Match[str]) -> str:
        if mark[1] is None:
            return mark[0][0]
        value = _column(mark[1], columns)
        return "" if is_missing(value) else str(value)

    return _MARK.sub(text, template)


def _column(name: str, columns: Mapping[str, Any]) -> Any:
    try:
        return columns[name if name in columns else name.strip()]
    except KeyError:
        known = ", ".join(map(str, columns)) or "none"
        message = f"{{{name}}}: there is no such column; there are {known}. A brace of the text is written {{{{ or }}}}"
        raise InvalidRequestError(message) from None
