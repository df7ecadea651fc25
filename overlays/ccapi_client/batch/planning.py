"""From the rows of an input to what is kept of each: its id, and a request that is held to the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import attrs
from ccapi_openapi.model import as_json

from .._http.options import to_json
from .._http.validation import mismatch, request_body
from .._unicode import is_unicode
from ..errors import InvalidRequestError
from . import files, shapes
from .operations import operation_named
from .rows import AnyRows, Row, rows_of
from .template import Fill, compiled, compiled_id, is_missing

DEEPEST = 100
"""How deep the objects and lists of a request may be in each other: a row is read again deep in a run."""
TOO_DEEP = f"it is nested deeper than {DEEPEST} levels"


@attrs.define  # frozen would take five times as long to make, and there may be millions
class Planned:
    """A row as it is kept.

    Attributes:
        place: Where it is in the input, for messages.
        id: Its id.
        operation: Its operation.
        body: Its body, as JSON.
        digest: The hash of both.
    """

    place: str
    id: str
    operation: str
    body: str
    digest: bytes


def plan(
    rows: AnyRows, operation: str, template: Mapping[str, Any] | None, id: str | None
) -> Iterator[Planned | InvalidRequestError]:
    """The rows of an input as they are kept; in place of a wrong one, what is wrong with it."""
    try:
        fill = None if template is None else compiled(template)
    except RecursionError:
        raise InvalidRequestError(f"template: {TOO_DEEP}") from None
    fill_id = None if id is None else compiled_id(id)
    for row in rows_of(rows):
        try:
            yield _planned(row, operation, fill, fill_id)
        except InvalidRequestError as error:
            yield InvalidRequestError(f"{row.place}: {error}")
        except RecursionError:
            yield InvalidRequestError(f"{row.place}: {TOO_DEEP}")


def _planned(row: Row, operation: str, fill: Fill | None, fill_id: Fill | None) -> Planned:
    name, found = operation_named(row.url or operation)
    model: Any = found.body
    own_id, fields = row.id, row.columns
    unchecked: Any = None
    if row.url is None:
        own_id, fields = _id_in(fields, model) if fill is None else (_own(fields), fill(fields))
        unchecked = fields.get("extra_body")
        body = shapes.body_of(model, fields)
    elif fill is not None:
        raise InvalidRequestError("template: rows in the shape of OpenAI's batches have their whole body already")
    else:
        body = as_json(dict(fields))
    if fill_id is not None:
        own_id = str(fill_id(row.columns))
        if not own_id:
            raise InvalidRequestError("id: it is empty here")
    if own_id and not is_unicode(own_id):
        raise InvalidRequestError("id: it contains half of a surrogate pair, which is not Unicode text")
    text = _checked(model, body, frozenset(unchecked) if isinstance(unchecked, Mapping) else frozenset())
    if found.streamed_by and body.get("stream"):
        raise InvalidRequestError("stream: a batch takes whole responses; leave it out")
    if {"model", "models"} <= shapes.shape_of(model).kinds.keys() and not (body.get("model") or body.get("models")):
        raise InvalidRequestError("model: it is missing; name one (--set model=…), or models")
    digest = hashlib.blake2b(f"{name}\n{text}".encode(), digest_size=16).digest()
    return Planned(row.place, own_id or str(row.number), name, text, digest)


def _id_in(fields: Mapping[str, Any], model: Any) -> tuple[str | None, Mapping[str, Any]]:
    """The id that a row brings, and its other fields."""
    own = [name for name in ("custom_id", "id") if name in fields and name not in shapes.shape_of(model).kinds]
    if not own:
        return None, fields
    return str(fields[own[0]]), {name: value for name, value in fields.items() if name not in own}


def _own(columns: Mapping[str, Any]) -> str | None:
    return None if is_missing(columns.get("id")) else str(columns["id"])


def _checked(model: Any, body: dict[str, Any], unchecked: frozenset[str]) -> str:
    """The body as it is kept, as JSON.

    Raises:
        InvalidRequestError: It is not what the contract says, or can't be sent.
    """
    has_files = False

    def kept(value: Any, place: shapes.Place) -> Any:
        nonlocal has_files
        value = shapes.from_text(value, place)
        if type(value) is dict and shapes.is_path(value):
            has_files, value = True, files.planned(value)
        return value

    body = shapes.changed(body, (model,), kept)
    text = ""
    with suppress(ValueError, TypeError, RecursionError):
        text = to_json(body)
    if not text or not is_unicode(text):  # this says what is wrong
        request_body(model, body, None)
        raise InvalidRequestError("the request can't be sent as JSON")
    if text.count("{") + text.count("[") > DEEPEST and _is_deep(body):
        raise InvalidRequestError(TOO_DEEP)
    example = shapes.changed(body, (model,), files.example) if has_files else body
    if problem := mismatch(example, model, exempt=unchecked):
        raise InvalidRequestError(problem)
    return text


def _is_deep(value: object) -> bool:
    """Whether a value has more levels than `DEEPEST`."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, dict | list) for each in level)
