"""A template: a request in which `{column}` stands for what a row has in that column.

Only that: `str.format` would let a row's text read attributes of Python's objects.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..errors import InvalidRequestError

_MARK = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_MISSING = object()


def is_missing(value: object) -> bool:
    """Whether a cell is empty; NaN is how pandas has it."""
    if type(value) is str:
        return not value
    return value is None or (isinstance(value, float) and math.isnan(value)) or value == ""


Fill = Callable[[Mapping[str, Any]], Any]
"""Gives what a part of a template is for the columns of a row."""


def compiled(template: Any, field: str = "") -> Fill:
    """What fills a template, or a field of it, with the columns of a row.

    A text that is one `{column}` alone becomes what the column holds, a number for instance; where that is empty, the
    field is left out; within a longer text it is an error. `{{` and `}}` are braces. What it gives raises an
    `InvalidRequestError` where there is no such column; the error names the field.
    """
    return _without_missing(_part(template, field))


def compiled_id(template: str) -> Fill:
    """What fills the template of an id. It may have gaps: an id is not sent, and it is that of an earlier run."""
    return _without_missing(_text(template, "id", may_have_gaps=True))


def _without_missing(fill: Fill) -> Fill:
    def filled(columns: Mapping[str, Any]) -> Any:
        value = fill(columns)
        return "" if value is _MISSING else value

    return filled


def _part(template: Any, field: str) -> Fill:
    if isinstance(template, str):
        return _text(template, field)
    if isinstance(template, Mapping):
        fields = [(name, _part(value, f"{field}.{name}" if field else str(name))) for name, value in template.items()]
        return lambda columns: {name: value for name, part in fields if (value := part(columns)) is not _MISSING}
    if isinstance(template, list | tuple):
        parts = [_part(value, field) for value in template]
        return lambda columns: [value for part in parts if (value := part(columns)) is not _MISSING]
    return lambda columns: template


def _text(template: str, field: str, *, may_have_gaps: bool = False) -> Fill:
    if "{" not in template and "}" not in template:
        return lambda columns: template
    alone = _MARK.fullmatch(template)
    if alone and alone[1] is not None:
        name = alone[1]

        def value(columns: Mapping[str, Any]) -> Any:
            found = _column(name, columns, field)
            return _MISSING if is_missing(found) else found

        return value

    for text in _MARK.split(template)[::2]:
        if "{" in text or "}" in text:
            raise InvalidRequestError(
                f"{field and f'{field}: '}{template!r}: a brace is alone; one of the text is written {{{{ or }}}}"
            )
    pieces = list(_pieces(template))

    def joined(columns: Mapping[str, Any]) -> str:
        return "".join(
            [text if name is None else _filled(name, columns, field, may_have_gaps) for text, name in pieces]
        )

    return joined


def _pieces(template: str) -> Iterator[tuple[str, str | None]]:
    """The texts and the names of columns that a template is made of."""
    reached = 0
    for found in _MARK.finditer(template):
        if found.start() > reached:
            yield template[reached : found.start()], None
        yield found[0][0], found[1]
        reached = found.end()
    yield template[reached:], None


def _filled(name: str, columns: Mapping[str, Any], field: str, may_have_gaps: bool) -> str:
    """What a column holds, as a part of a text; a gap would be sent, and billed, like any other text."""
    found = _column(name, columns, field)
    text = "" if is_missing(found) else str(found)
    if not text.strip() and not may_have_gaps:
        raise InvalidRequestError(
            f"{field and f'{field}: '}{{{name}}} is empty here, and would leave a gap in the text; fill that cell, or "
            "leave the row out"
        )
    return text


def _column(name: str, columns: Mapping[str, Any], field: str) -> Any:
    try:
        return columns[name if name in columns else name.strip()]
    except KeyError:
        known = [str(each) for each in columns]
        near = difflib.get_close_matches(name, known, n=1)
        meant = f" (did you mean {{{near[0]}}}?)" if near else ""
        raise InvalidRequestError(
            f"{field and f'{field}: '}{{{name}}}: there is no such column{meant}; there are "
            f"{', '.join(known) or 'none'}. A brace of the text is written {{{{ or }}}}"
        ) from None
