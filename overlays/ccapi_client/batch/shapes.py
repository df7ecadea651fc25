"""From the fields of a row to the body of a request, by the types of the contract.

Fields are named as in the contract, `model`, or by their way there, `parameters.seed`. Beside them go the fields of the
one piece that a body holds a list of: `text` and `image` of `contents`; of a chat `text`, which the user says.
"""

from __future__ import annotations

import difflib
import os
import types
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import attrs
from ccapi_openapi.model import Model, as_json, fields_of, for_each_model, types_of

from ..errors import InvalidRequestError
from .template import is_missing

TEXT = "text"
Change = Callable[[Any, "Place"], Any]
"""Gives what belongs in the place of a text, or of a file, from what may stand there."""


@attrs.frozen
class Shape:
    """What the contract says of a body.

    Attributes:
        kinds: The types of its fields, by their names.
        pieces: The field that holds a list of pieces; None without one.
        short: The fields of one piece, or what stands for it, and where they go.
    """

    kinds: Mapping[str, tuple[Any, ...]]
    pieces: str | None
    short: Mapping[str, tuple[str, ...]]


@for_each_model
def shape_of(model: Any) -> Shape:
    """The shape of a body."""
    kinds = kinds_of(model)
    required = [field.name for field in fields_of(model) if field.is_required]
    for name in required:
        item = next((get_args(each)[0] for each in kinds[name] if get_origin(each) is list), None)
        piece = next((each for each in options(item) if _is_model(each)), None)
        if piece is not None:
            inner = kinds_of(piece)
            short = {each: (each,) for each in inner if each not in kinds}
            if "content" in inner:
                short = {TEXT: ("content",)}
            return Shape(kinds, name, short)
    texts = [name for name in required if str in kinds[name] and name != "model"]
    return Shape(kinds, None, {} if TEXT in kinds or not texts else {TEXT: (texts[0],)})


@for_each_model
def kinds_of(model: Any) -> dict[str, tuple[Any, ...]]:
    """The types that a model's fields may have, by their names in the contract."""
    found = types_of(model)
    return {field.name: options(found[field.argument]) for field in fields_of(model)}


def options(kind: Any) -> tuple[Any, ...]:
    """The types that a type is a choice of."""
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(each for option in get_args(kind) for each in options(option) if each is not types.NoneType)
    return (kind,)


def body_of(model: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body that fields stand for.

    Raises:
        InvalidRequestError: There is no such field, or there are two ways to set one.
    """
    shape, body, piece = shape_of(model), dict[str, Any](), dict[str, Any]()
    for name, value in fields.items():
        if is_missing(value):
            continue
        value = value if type(value) is str else as_json(value)
        if name in shape.kinds:
            body[name] = value
        elif name in shape.short:
            (piece if shape.pieces else body)[shape.short[name][0]] = value
        elif name.partition(".")[0] in shape.kinds and "." in name:
            _put(body, name, value)
        elif name == "extra_body" and isinstance(value, dict):
            body |= value
        else:
            raise InvalidRequestError(f"{name}: no such field; {_hint(name, [*shape.kinds, *shape.short])}")
    if piece and shape.pieces:
        if shape.pieces in body:
            raise InvalidRequestError(f"{next(iter(piece))}: it goes into {shape.pieces}, which is set as a whole too")
        body[shape.pieces] = [{"role": "user", **piece} if "content" in piece else piece]
    goal = shape.pieces or next(iter(shape.short.get(TEXT, ())), None)
    if goal is not None and goal not in body:
        raise InvalidRequestError(f"{goal}: required, but missing: text is empty in this row, or isn't set")
    return body


def _put(body: dict[str, Any], name: str, value: Any) -> None:
    *way, last = name.split(".")
    place = body
    for step in way:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise InvalidRequestError(f"{name}: {step} is set as a whole too")
    place[last] = value


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"


@attrs.frozen
class Place:
    """What may stand in a place of a body.

    Attributes:
        inner: The types of an object's fields, by their names.
        items: The types of a list's items.
        is_picture: Whether a picture belongs there that has its bytes, and their kind, in fields of its own.
        is_text: Whether a text does.
        reads: What reads a number or a flag from a text.
        keeps_text: Whether a text there stays as it is.
    """

    inner: Mapping[str, tuple[Any, ...]]
    items: tuple[Any, ...]
    is_picture: bool
    is_text: bool
    reads: tuple[Callable[[str], Any], ...]
    keeps_text: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "keeps_text", not self.is_picture and (self.is_text or not self.reads))


@cache
def place_of(kinds: tuple[Any, ...]) -> Place:
    """What may stand where the contract has these types."""
    model = next((each for each in kinds if _is_model(each)), None)
    inner = kinds_of(model) if model else {}
    items = next((options(get_args(each)[0]) for each in kinds if get_origin(each) is list), ())
    reads = tuple(read for kind, read in READ.items() if kind in kinds)
    return Place(inner, items, {"data", "mime_type"} <= inner.keys(), str in kinds, reads)


def changed(value: Any, kinds: tuple[Any, ...], change: Change) -> Any:
    """A JSON value with its texts, and the files in it, changed by a function that gets what may stand there."""
    place, kind = place_of(kinds), type(value)
    if kind is str:
        return value if place.keeps_text else change(value, place)
    if kind is dict:
        if is_path(value) and (place.is_picture or place.is_text):
            return change(value, place)
        inner = place.inner
        return {name: changed(each, inner.get(name, ()), change) for name, each in value.items()}
    if kind is list:
        return [changed(each, place.items, change) for each in value]
    return change(value, place) if isinstance(value, os.PathLike) else value


def is_path(value: object) -> bool:
    """Whether a value stands for a file: `{"path": "photo.png"}`."""
    return type(value) is dict and "path" in value and value.keys() <= {"path", "sha256"}


def from_text(value: Any, place: Place) -> Any:
    """What a text of an input stands for: a picture by its address or path; a number or a flag, where no text goes."""
    if isinstance(value, str):
        if place.is_picture:
            return {"url": value} if value.lower().startswith(("https://", "http://")) else {"path": value}
        for read in () if place.is_text else place.reads:
            try:
                return read(value.strip())
            except (ValueError, KeyError):
                continue
        return value
    return value if isinstance(value, dict) else {"path": os.fspath(value)}


READ: dict[type, Callable[[str], Any]] = {
    bool: lambda text: {"true": True, "false": False}[text.lower()],
    int: int,
    float: float,
}


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)


def absolute(path: str) -> str:
    """A path that means the same from any folder."""
    return str(Path(path).absolute())
