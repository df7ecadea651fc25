"""The fields of `ccapi api`, `-F name=value`: what each is by the contract, and where in the request it goes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

import attrs
import click

from .._http.hints import hint
from ..errors import InvalidRequestError
from .inputs import text_in
from .options import contract, schema_of, type_of

_STEPS = re.compile(r"[^.\[\]]+|\[\d{0,9}\]")  # more digits than an int is read from are a ValueError
_PATH = re.compile(r"[^.\[\]]+(\.[^.\[\]]+|\[\d{0,9}\])*")


@attrs.frozen
class Route:
    """An operation, as far as a request needs it.

    Attributes:
        method: The method, in capitals.
        path: The path; with `{name}` where a parameter belongs.
        parameters: The parameters of the path and of the query: where each goes, and its schema.
        body: The schema of the body; None where the operation has none.
        is_listed: Whether the contract has it.
    """

    method: str
    path: str
    parameters: Mapping[str, tuple[str, Mapping[str, Any]]] = attrs.field(factory=dict)
    body: Mapping[str, Any] | None = None
    is_listed: bool = True


def operations() -> Iterable[tuple[str, str, str, dict[str, Any]]]:
    """The operations of the contract: id, method, path, and all else."""
    for path, item in contract()["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                yield operation["operationId"], method.upper(), path, operation


def route_of(words: tuple[str, ...]) -> Route:
    """What an operation's id, or a method and a path, mean; also a path that the contract does not list.

    Raises:
        InvalidRequestError: There is no such operation.
    """
    if len(words) == 1:
        for name, method, path, operation in operations():
            if name == words[0]:
                return _listed(method, path, path, operation)
        known = hint(words[0], [name for name, *_ in operations()], "operations")
        raise InvalidRequestError(f"OPERATION: {words[0]!r} is neither in the contract nor METHOD PATH; {known}")
    if len(words) != 2:
        raise InvalidRequestError("OPERATION: an id of the contract, or METHOD PATH, is expected")
    method, path = words[0].upper(), words[1] if "://" in words[1] else f"/{words[1].lstrip('/')}"
    for _, other, template, operation in sorted(operations(), key=lambda each: each[2].count("{")):
        names = re.split(r"\{\w+\}", template)
        matches = path == template or re.fullmatch("[^/]+".join(map(re.escape, names)), path.partition("?")[0])
        if method == other and matches:
            return _listed(method, path, template, operation)
    return Route(method, path, is_listed=False)


def path_near(route: Route) -> str:
    """The path of the contract that is spelled nearly like one that it does not list; empty where there is none."""
    if route.is_listed:
        return ""
    path = route.path.partition("?")[0]
    steps, known = path.split("/"), []
    for _, method, template, _ in operations():
        names = template.split("/")
        if method == route.method and len(names) == len(steps):
            known.append("/".join(own if name[:1] == "{" else name for own, name in zip(steps, names, strict=True)))
    return next(iter(get_close_matches(path, known, n=1, cutoff=0.8)), "")


def _listed(method: str, path: str, template: str, operation: Mapping[str, Any]) -> Route:
    parameters = {}
    for each in map(schema_of, operation.get("parameters", ())):  # a reference to one is resolved alike
        if each["in"] == "query" or (each["in"] == "path" and f"{{{each['name']}}}" in path):
            parameters[each["name"]] = (each["in"], schema_of(each["schema"]))
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return Route(method, path, parameters, None if content is None else schema_of(content["schema"]))


@attrs.frozen
class Filled:
    """A request with its fields in their places."""

    path: str
    query: dict[str, Any]
    body: Any


def fill(route: Route, fields: Iterable[tuple[str, str]], given: Any = None, *, is_stdin_taken: bool = False) -> Filled:
    """Puts fields in their places. The value `@FILE` stands for the text of a file, and `@-` for standard input.

    Args:
        route: The operation.
        fields: Their names and values, as they were typed.
        given: The body that the fields are added to; None where there is none.
        is_stdin_taken: Whether the body was read from standard input.

    Raises:
        InvalidRequestError: A field is not in the contract or is missing, or its value is not what the contract says.
    """
    is_read = False
    places: dict[str, str] = {}
    query: dict[str, Any] = {}
    body, seen = given, set()
    for name, text in fields:
        if not _PATH.fullmatch(name):
            raise InvalidRequestError(f"-F {name}: a name like seed, parameters.seed or messages[0].role is expected")
        if name in seen and not name.endswith("[]"):
            raise InvalidRequestError(f"-F {name}: it is given twice; name[]=value adds to a list")
        seen.add(name)
        if text.startswith("@"):
            if text == "@-" and (is_read or is_stdin_taken):
                raise InvalidRequestError(f"-F {name}: @- stands for standard input, which can be read once")
            is_read = is_read or text == "@-"
            text = text_in(f"-F {name}", text[1:])
        place, schema = route.parameters.get(name, ("", {}))
        if place == "path":
            places[name] = _part(name, text)
        elif place == "query" or (not route.is_listed and route.method == "GET"):
            query[name] = _value(name, schema, text)
        else:
            body = _added(route, {} if body is None else body, name, text)
    if given is None:  # else the body may be of a later contract
        _check_required(route, body)
    return Filled(_path(route, places), query, body)


def _check_required(route: Route, body: Any) -> None:
    for name in (route.body or {}).get("required", ()):
        if name not in (body or {}):
            schema = schema_of((route.body or {}).get("properties", {}).get(name, {}))
            raise InvalidRequestError(
                f"-F {_form(name, schema)}=…: it is missing, for {route.method} {route.path}; or give the whole body "
                "by --input FILE"
            )


def _form(name: str, schema: Mapping[str, Any]) -> str:
    """How to write a field for `-F`: of an object or a list, the first part that it needs."""
    if schema.get("type") == "array":
        return _form(f"{name}[0]", schema_of(schema.get("items", {})))
    fields = schema.get("properties", {})
    if not fields:
        return name
    first = next(iter(schema.get("required", fields)))
    return _form(f"{name}.{first}", schema_of(fields[first]))


def _path(route: Route, places: Mapping[str, str]) -> str:
    path = route.path
    for name, (place, _) in route.parameters.items():
        if place == "path":
            if name not in places:
                raise InvalidRequestError(f"-F {name}=…: it is missing, for {route.method} {route.path}")
            path = path.replace(f"{{{name}}}", places[name])
    return path


def _part(name: str, text: str) -> str:
    from urllib.parse import quote

    if text in ("", ".", ".."):  # they would lead to another path
        raise InvalidRequestError(f"-F {name}: {text!r} can't be part of a URL")
    return quote(text, safe="")


def _added(route: Route, body: Any, name: str, text: str) -> Any:
    """The body with one more field."""
    if not isinstance(body, dict):
        raise InvalidRequestError(f"-F {name}: the body that it is added to is not a JSON object")
    if route.is_listed and route.body is None:
        known = hint(name, route.parameters, "parameters") if route.parameters else "it has none"
        raise InvalidRequestError(f"-F {name}: no such parameter; {known}")
    steps = [int(each[1:-1] or -1) if each[0] == "[" else each for each in _STEPS.findall(name)]
    schema: Mapping[str, Any] = route.body or {}
    beside: Iterable[str] = route.parameters
    at: Any = body
    for number, step in enumerate(steps):
        schema = _within(schema, step, name, beside)
        beside = ()
        is_last = number == len(steps) - 1
        value = _value(name, schema, text) if is_last else [] if isinstance(steps[number + 1], int) else {}
        at = _set(at, step, value, name, is_last=is_last)
    return body


def _set(at: Any, step: str | int, value: Any, name: str, *, is_last: bool) -> Any:
    """Sets a field or an item, unless it only leads to another one and is there; returns it."""
    if isinstance(step, str):
        if not isinstance(at, dict):
            raise InvalidRequestError(f"-F {name}: it is in a list here, where an index is expected, as in [0]")
        if is_last or step not in at:
            at[step] = value
        return at[step]
    if not isinstance(at, list):
        raise InvalidRequestError(f"-F {name}: there is no list here, where [{step}] would be an item")
    index = len(at) if step < 0 else step
    if index > len(at):
        raise InvalidRequestError(f"-F {name}: the item before it is missing: a list is filled from [0] on")
    if index == len(at):
        at.append(value)
    elif is_last:
        at[index] = value
    return at[index]


def _within(schema: Mapping[str, Any], step: str | int, name: str, parameters: Iterable[str]) -> Mapping[str, Any]:
    """The schema of a field or an item of what a schema describes; an empty one where anything may be there."""
    options = [schema_of(each) for each in schema.get("anyOf", [schema])]
    kind = "object" if isinstance(step, str) else "array"
    if not any(kind in each.get("type", kind) for each in options):  # also where it is a list of types
        raise InvalidRequestError(f"-F {name}: by the contract there is no {kind} where {step!r} would be")
    if isinstance(step, int):
        items = [each["items"] for each in options if "items" in each]
        return schema_of(items[0]) if items else {}
    known: dict[str, Mapping[str, Any]] = {}
    for each in options:
        known = {**each.get("properties", {}), **known}
    if step in known:
        return schema_of(known[step])
    if known:
        raise InvalidRequestError(f"-F {name}: no such field; {hint(step, [*known, *parameters], 'fields')}")
    return {}


def _value(name: str, schema: Mapping[str, Any], text: str) -> Any:
    """What a text means by the contract; where that says nothing, a JSON document, else the text itself."""
    if not schema.keys() & {"type", "enum", "anyOf"}:
        with suppress(ValueError, RecursionError):
            return json.loads(text)
        return text
    if "anyOf" in schema:
        with suppress(ValueError, RecursionError):
            document = json.loads(text)
            if isinstance(document, dict | list) and any(_fits(document, each) for each in schema["anyOf"]):
                return document
    try:
        return type_of(schema).convert(text, None, None)
    except click.BadParameter as error:
        raise InvalidRequestError(f"-F {name}: {error.message}") from None


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a JSON value is of the kind that a schema says, and so are the items of a list."""
    schema = schema_of(schema)
    if isinstance(value, list):
        return schema.get("type") == "array" and all(_fits(each, schema.get("items", {})) for each in value)
    return schema.get("type") in (None, "object" if isinstance(value, dict) else "string")
