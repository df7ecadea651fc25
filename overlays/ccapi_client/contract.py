"""Holds values against the contract: what a caller passes before it is sent, what the service answered.

The models that are generated from the contract carry the types; this module only reads them.
"""

from __future__ import annotations

import datetime
import inspect
import math
import types
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs
from ccapi_openapi import models
from ccapi_openapi.types import UNSET, Model, Unset

from .errors import InvalidRequestError

_TEXTS = (datetime.datetime, datetime.date, uuid.UUID)
"""What the models make of a string whose `format` says more."""
_JSON_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", types.NoneType: "null"}


def request_body(model: type[Model], fields: Mapping[str, Any], extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """The JSON document to send: the fields that are not None, then `extra` over them as it is.

    Raises:
        InvalidRequestError: A field is not what the contract says; the message names it.
    """
    try:
        given = {name: _to_json(value, name) for name, value in fields.items() if value not in (None, UNSET)}
        unchecked: Any = _to_json(extra or {}, "extra_body")
    except RecursionError:
        raise InvalidRequestError("the request is nested too deeply, or in itself, to be sent as JSON") from None
    if not isinstance(unchecked, dict):
        raise InvalidRequestError("extra_body: a mapping is expected")
    # What extra_body replaces is not held against the contract: it is there for what the contract doesn't know yet.
    problem = mismatch(given, model, "", exempt=frozenset(unchecked))
    if problem:
        raise InvalidRequestError(problem)
    return given | unchecked


def request_parameters(get_kwargs: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the path and the query to send: those that are not None.

    Raises:
        InvalidRequestError: A parameter is not what the contract says; the message names it.
    """
    kinds = _parameters_of(get_kwargs)
    sent = {}
    for name, value in given.items():
        kind, required = kinds[name]
        if value in (None, UNSET) and not required:
            continue
        shown = _json_name(name)
        problem = mismatch(_to_json(value, shown), kind, shown)
        # In a path, nothing would ask for something else, and so would the dots that a URL takes for a way up.
        if required and value in ("", ".", ".."):
            problem = f"{shown}: {value!r} can't be part of an address"
        if problem:
            raise InvalidRequestError(problem)
        sent[name] = value
    return sent


def _to_json(value: object, path: str) -> Any:
    """Models, mappings and sequences as plain dicts and lists; what JSON doesn't know is refused."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequestError(f"{path}: {value} can't be sent as JSON")
    if isinstance(value, str) and not is_unicode(value):
        raise InvalidRequestError(f"{path}: it holds half of a surrogate pair, which is no Unicode text")
    if isinstance(value, str | bool | int | float | None):
        return value
    if isinstance(value, _TEXTS):
        return str(value) if isinstance(value, uuid.UUID) else value.isoformat()
    kind: Any = type(value)
    if attrs.has(kind):
        # Not by the model's to_dict(), which fails where a plain dict was put into a model.
        fields = {field.name: getattr(value, field.name) for field in attrs.fields(kind)}
        extra = fields.pop("additional_properties", {})
        return _to_json({_json_name(name): item for name, item in fields.items()} | extra, path)
    if isinstance(value, Mapping):
        document = {}
        for name, item in value.items():
            if not isinstance(name, str) or not is_unicode(name):
                raise InvalidRequestError(f"{path}: {name!r} can't be the name of a field")
            if item is not UNSET:
                document[name] = _to_json(item, f"{path}.{name}")
        return document
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_to_json(item, f"{path}[{index}]") for index, item in enumerate(value)]
    raise InvalidRequestError(f"{path}: a {type(value).__name__} can't be sent as JSON")


def is_unicode(text: str) -> bool:
    """Whether a text can be sent as UTF-8: half a surrogate pair can't."""
    return text.isascii() or text.encode(errors="ignore").decode() == text


def mismatch(
    value: Any, kind: Any, path: str = "", *, exempt: frozenset[str] = frozenset(), required_only: bool = False
) -> str | None:
    """Where and how a JSON value is not what the contract says, as `path: what`; None when it is.

    Args:
        value: The value.
        kind: Its type, by the generated models.
        path: Where it is.
        exempt: Names of fields that are not looked at.
        required_only: Whether to look at required fields alone.
    """
    origin, options = get_origin(kind), get_args(kind)
    if kind is Any:
        return None
    if origin in (Union, types.UnionType):
        return _union_mismatch(value, [option for option in options if option is not Unset], path, required_only)
    if origin is Literal:
        return None if value in options else f"{path}: {value!r} is not one of {', '.join(map(repr, options))}"
    if origin is list:
        if not isinstance(value, list):
            return _expected("array", value, path)
        return _first(
            mismatch(item, options[0], f"{path}[{index}]", required_only=required_only)
            for index, item in enumerate(value)
        )
    if attrs.has(kind):
        if not isinstance(value, dict):
            return _expected("object", value, path)
        return _object_mismatch(value, kind, path, exempt, required_only)
    kind = str if kind in _TEXTS else kind
    fits = isinstance(value, int | float if kind is float else kind) and isinstance(value, bool) == (kind is bool)
    return None if fits else _expected(_JSON_NAMES[kind], value, path)


def _object_mismatch(
    value: dict[str, Any], model: type, path: str, exempt: frozenset[str], required_only: bool
) -> str | None:
    known, is_open = fields_of(model)
    for name, (kind, required) in known.items():
        place = f"{path}.{name}" if path else name
        if name in exempt or (required_only and not required):
            continue
        if name in value:
            problem = mismatch(value[name], kind, place, required_only=required_only)
            if problem:
                return problem
        elif required:
            return f"{place}: required, but missing"
    unknown = None if is_open else next((name for name in value if name not in known), None)
    if unknown is None:
        return None
    near = get_close_matches(unknown, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the fields are {', '.join(known)}"
    return f"{path}.{unknown}: no such field; {hint}".removeprefix(".")


def _union_mismatch(value: Any, options: list[Any], path: str, required_only: bool) -> str | None:
    problems = [mismatch(value, option, path, required_only=required_only) for option in options]
    if None in problems:
        return None
    # The most telling one is of the option that has the value's own shape, as far as there is one.
    for option, problem in zip(options, problems, strict=True):
        if (attrs.has(option) and isinstance(value, dict)) or (get_origin(option) is list and isinstance(value, list)):
            return problem
    return problems[-1]  # the generator puts the plain types last: "string expected", rather than "null"


def _expected(what: str, value: object, path: str) -> str:
    names = {**_JSON_NAMES, dict: "object", list: "array"}
    return f"{path or 'the body'}: {what} expected, not {names.get(type(value), type(value).__name__)}"


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem), None)


@cache
def fields_of(model: type) -> tuple[dict[str, tuple[Any, bool]], bool]:
    """Name in JSON → type and whether it is required, and whether other fields are welcome."""
    hints = get_type_hints(model, localns=vars(models))
    declared = {field.name: field for field in attrs.fields(model)}
    is_open = declared.pop("additional_properties", None) is not None
    known = {_json_name(name): (hints[name], field.default is attrs.NOTHING) for name, field in declared.items()}
    return known, is_open


def _json_name(attribute: str) -> str:
    """The name in JSON: the generator adds an underscore where Python has taken the name, as in `input_`."""
    return attribute.removesuffix("_")


@cache
def _parameters_of(get_kwargs: Callable[..., Any]) -> dict[str, tuple[Any, bool]]:
    """Name in Python → type and whether it is required, of what a generated function takes."""
    hints = get_type_hints(get_kwargs, localns=vars(models))
    arguments = inspect.signature(get_kwargs).parameters
    return {name: (hints[name], argument.default is argument.empty) for name, argument in arguments.items()}
