"""Compares values with the contract: arguments before they are sent, responses before they are returned.

The types are those of the models, which are generated from the contract.
"""

from __future__ import annotations

import datetime
import math
import types
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import quote

import attrs
from ccapi_openapi.model import Model, for_each_model, types_of
from ccapi_openapi.model import fields_of as declared_fields
from ccapi_openapi.operations import Operation, Parameter

from .._unicode import is_unicode
from ..errors import InvalidRequestError
from .hints import form_of, hint

_TEXTS = (datetime.datetime, datetime.date, uuid.UUID)
"""The types that the models use for a string with a `format`."""
_SCALARS = (bool, int, float, types.NoneType)
_BYTES = (bytes, bytearray, memoryview)
_JSON_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", types.NoneType: "null"}


def request_body(model: type[Model], fields: Mapping[str, Any], extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """The JSON document to send: the fields that are not None, then those of `extra`, which replace them unchecked.

    Raises:
        InvalidRequestError: A field does not match the contract; the message names it.
    """
    try:
        given = {name: _to_json(value, name) for name, value in fields.items() if value is not None}
        unchecked: Any = _to_json(extra or {}, "extra_body")
    except RecursionError:
        raise InvalidRequestError("the request is nested too deeply, or contains itself: JSON can't hold it") from None
    if not isinstance(unchecked, dict):
        raise InvalidRequestError("extra_body: a mapping is expected")
    # Fields that extra_body replaces are not checked: it is there for values that the contract doesn't list yet.
    problem = mismatch(given, model, "", exempt=frozenset(unchecked))
    if problem:
        raise InvalidRequestError(f"{problem}{form_of(model, problem.partition(':')[0], given)}")
    return given | unchecked


def as_json(value: object, argument: str) -> Any:
    """What JSON has for the argument of a method, whose models, mappings and sequences become dicts and lists.

    Raises:
        InvalidRequestError: It has nothing for it.
    """
    try:
        return _to_json(value, argument)
    except RecursionError:
        raise InvalidRequestError(f"{argument}: it is nested too deeply, or contains itself") from None


@attrs.define
class Target:
    """Where a request goes: the path with its parameters, the query, and the headers that are parameters."""

    path: str
    query: dict[str, Any] = attrs.field(factory=dict)
    headers: dict[str, str] = attrs.field(factory=dict)


def request_target(operation: Operation[Any], given: Mapping[str, Any]) -> Target:
    """Where the request of an operation goes; a parameter that is None is left out.

    Raises:
        InvalidRequestError: A parameter does not match the contract; the message names it.
    """
    target = Target(operation.path)
    for parameter in operation.parameters:
        value = given.get(parameter.argument)
        if value is None and not parameter.is_required:
            continue
        value = _to_json(value, parameter.argument)
        problem = _parameter_mismatch(parameter, value)
        if problem:
            raise InvalidRequestError(problem)
        if parameter.place == "path":
            target.path = target.path.replace(f"{{{parameter.name}}}", quote(str(value), safe=""))
        elif parameter.place == "query":
            target.query[parameter.name] = value
        else:
            target.headers[parameter.name.lower()] = str(value)
    return target


def _parameter_mismatch(parameter: Parameter, value: Any) -> str | None:
    problem = mismatch(value, parameter.kind, parameter.argument)
    # In a path, an empty text would lead to another URL; so would dots, which URLs resolve.
    if problem is None and parameter.place == "path" and value in ("", ".", ".."):
        return f"{parameter.argument}: {value!r} can't be part of a URL"
    if problem is None and parameter.place == "header" and not (value and is_header_value(str(value))):
        # The message does not quote the value, which may be a secret.
        return f"{parameter.argument}: printable ASCII text is expected, without spaces around"
    return problem


def is_header_value(text: str) -> bool:
    """Whether a text can be the value of a header (RFC 9110, section 5.5)."""
    return text.isascii() and text.isprintable() and text == text.strip()


def _to_json(value: object, path: str) -> Any:
    """Turns models, mappings, sequences and what other libraries have in their place into plain dicts and lists.

    Raises:
        InvalidRequestError: A value has no equivalent in JSON.
    """
    if isinstance(value, str):
        if not is_unicode(value):
            raise InvalidRequestError(f"{path}: it contains half of a surrogate pair, which is not Unicode text")
        return value
    if isinstance(value, _SCALARS):
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidRequestError(f"{path}: {value} can't be sent as JSON")
        return value
    if type(value) is dict:
        return _object_to_json(value, path)
    if type(value) is list or (isinstance(value, Sequence) and not isinstance(value, _BYTES)):
        return [_to_json(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, _TEXTS):
        return str(value) if isinstance(value, uuid.UUID) else value.isoformat()
    if isinstance(value, Model):
        return _to_json(value.to_dict(), path)
    if isinstance(value, Mapping):
        return _object_to_json(value, path)
    from .foreign import plain  # here, for most programs have only dicts and lists

    return _to_json(plain(value, path), path)


def _object_to_json(value: Mapping[Any, Any], path: str) -> dict[str, Any]:
    document = {}
    for name, item in value.items():
        if not isinstance(name, str) or not is_unicode(name):
            raise InvalidRequestError(f"{path}: {name!r} can't be the name of a field")
        document[name] = _to_json(item, f"{path}.{name}")
    return document


Check = Callable[[Any, bool], str | None]
"""Compares a JSON value, or only its required fields, with a type; the first mismatch as `.path: what`, or None."""


def mismatch(
    value: Any, kind: Any, path: str = "", *, exempt: frozenset[str] = frozenset(), required_only: bool = False
) -> str | None:
    """The first mismatch between a JSON value and the contract, as `path: what`; None where they match.

    Args:
        value: The value.
        kind: The type that the generated models have for it.
        path: Where the value is in the document.
        exempt: Names of fields that are not compared.
        required_only: Whether to compare required fields alone.
    """
    if exempt and isinstance(value, dict):
        problem = _object_mismatch(value, kind, exempt, required_only)
    else:
        problem = _check_of(kind)(value, required_only)
    if problem is None:
        return None
    found = f"{path}{problem}".removeprefix(".")
    return f"the body{found}" if found.startswith(":") else found


@cache
def _check_of(kind: Any) -> Check:
    """The check of a type, made once, because every request and every response is checked."""
    origin, options = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda value, required_only: None
    if origin in (Union, types.UnionType):
        return _union_check(list(options))
    if origin is Literal:
        named = ", ".join(map(repr, options))
        return lambda value, required_only: None if value in options else f": {value!r} is not one of {named}"
    if origin is list:
        return _list_check(_check_of(options[0]))
    if _is_model(kind):
        return lambda value, required_only: (
            _object_mismatch(value, kind, frozenset(), required_only)
            if isinstance(value, dict)
            else _expected("object", value)
        )
    return _plain_check(str if kind in _TEXTS else kind)


def _plain_check(kind: type) -> Check:
    fitting = int | float if kind is float else kind
    is_flag = kind is bool

    def check(value: Any, required_only: bool) -> str | None:
        if type(value) is kind or (isinstance(value, fitting) and isinstance(value, bool) == is_flag):
            return None
        return _expected(_JSON_NAMES[kind], value)

    return check


def _list_check(item_check: Check) -> Check:
    def check(value: Any, required_only: bool) -> str | None:
        if not isinstance(value, list):
            return _expected("array", value)
        for index, item in enumerate(value):
            problem = item_check(item, required_only)
            if problem:
                return f"[{index}]{problem}"
        return None

    return check


def _union_check(options: list[Any]) -> Check:
    checks = [(option, _check_of(option)) for option in options]
    # Compared by type alone, because it is fast; an integer in place of a float passes the checks below.
    plain = frozenset(option for option in options if option in _JSON_NAMES)
    expected = " or ".join(dict.fromkeys(_json_type(option) for option in options if option is not types.NoneType))

    def check(value: Any, required_only: bool) -> str | None:
        if type(value) in plain:
            return None
        # The most helpful mismatch is that of an option with the same shape as the value, if there is one.
        telling = None
        for option, each in checks:
            problem = each(value, required_only)
            if problem is None:
                return None
            if (_is_model(option) and isinstance(value, dict)) or (
                get_origin(option) is list and isinstance(value, list)
            ):
                telling = telling or problem
        return telling or _expected(expected, value)

    return check


def _object_mismatch(value: dict[str, Any], model: type, exempt: frozenset[str], required_only: bool) -> str | None:
    known, required, is_open = fields_of(model)
    checks = required if required_only else known
    if required.keys() <= value.keys():  # the fields that are there are few, and seldom wrong
        for name, each in value.items():
            if name not in checks:
                if not (is_open or name in known):
                    break
            elif name not in exempt and checks[name](each, required_only):
                break
        else:
            return None
    for name, check in checks.items():
        if name in value:
            problem = None if name in exempt else check(value[name], required_only)
            if problem:
                return f".{name}{problem}"
        elif name in required and name not in exempt:
            return f".{name}: required, but missing"
    unknown = None if is_open else next((name for name in value if name not in known), None)
    if unknown is None:
        return None
    return f".{unknown}: no such field; {hint(unknown, known, 'fields')}"


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)


def _json_type(kind: Any) -> str:
    """The name of a type in JSON."""
    if _is_model(kind):
        return "object"
    if get_origin(kind) is Literal:
        return "string"
    return "array" if get_origin(kind) is list else _JSON_NAMES[str if kind in _TEXTS else kind]


def _expected(what: str, value: object) -> str:
    names = {**_JSON_NAMES, dict: "object", list: "array"}
    return f": {what} expected, not {names.get(type(value), type(value).__name__)}"


@for_each_model
def fields_of(model: Any) -> tuple[dict[str, Check], dict[str, Check], bool]:
    """The checks of the fields by their names; those of the required ones; and whether the model is open to others."""
    kinds = types_of(model)
    known, required = {}, {}
    for field in declared_fields(model):
        kind = kinds[field.argument]
        kind = kind if field.is_required else _sent_type(model, field.name, kind)
        known[field.name] = _check_of(kind)
        if field.is_required:
            required[field.name] = known[field.name]
    return known, required, model._is_open


def _sent_type(model: type[Model], name: str, kind: Any) -> Any:
    """The type of an optional field in a request: null only where the contract allows it, for None is left out."""
    is_union = get_origin(kind) in (Union, types.UnionType)
    options = [option for option in (get_args(kind) if is_union else [kind]) if option is not types.NoneType]
    return Union[(*options, *[types.NoneType] * (name in model._nullable))]
