"""The JSON Schema of a class, and its instances from JSON: dataclasses, TypedDicts, and what their fields may be.

Pydantic's own classes are left to Pydantic (`forms`).
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import types
import uuid
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Document = dict[str, Any]

_PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number", types.NoneType: "null"}
_TEXTS: dict[Any, tuple[str, Any]] = {
    datetime.datetime: ("date-time", datetime.datetime.fromisoformat),
    datetime.date: ("date", datetime.date.fromisoformat),
    uuid.UUID: ("uuid", uuid.UUID),
}
_LISTS: dict[Any, Any] = {list: list, Sequence: list, Iterable: list, set: set, AbstractSet: set, frozenset: frozenset}
_DICTS = (dict, Mapping)


def has_fields(kind: Any) -> bool:
    """Whether a class is a dataclass or a TypedDict."""
    return isinstance(kind, type) and (dataclasses.is_dataclass(kind) or is_typeddict(kind))


class Field:
    """A field of a class: its type, what it is for, and whether it may be left out."""

    def __init__(self, hint: Any, *, is_required: bool = True, init: bool = True) -> None:
        self.description = ""
        while get_origin(hint) in (Annotated, Required, NotRequired):
            if get_origin(hint) is Annotated:
                self.description = next((each for each in hint.__metadata__ if isinstance(each, str)), "")
            hint = get_args(hint)[0]
        self.hint, self.is_required, self.init = hint, is_required, init


def fields_of(kind: Any) -> dict[str, Field]:
    """The fields of a dataclass or a TypedDict that an answer may have."""
    hints = get_type_hints(kind, localns={kind.__name__: kind}, include_extras=True)
    if is_typeddict(kind):
        return {name: Field(hint, is_required=name in kind.__required_keys__) for name, hint in hints.items()}
    missing = dataclasses.MISSING
    return {
        each.name: Field(hints[each.name], is_required=each.default is missing and each.default_factory is missing)
        for each in dataclasses.fields(kind)
        if each.init
    }


class Schemas:
    """Makes the schema of a type; classes that contain themselves are named in `$defs`."""

    def __init__(self, root: type) -> None:
        self._root = root
        self.definitions: dict[str, Document] = {}
        self._names: dict[Any, str] = {}

    def of(self, kind: Any) -> Document:
        """The schema of a type.

        Raises:
            TypeError: There is none.
        """
        origin, options = get_origin(kind), get_args(kind)
        if kind is Any or kind is object:
            return {}
        if kind in _PLAIN:
            return {"type": _PLAIN[kind]}
        if kind in _TEXTS:
            return {"type": "string", "format": _TEXTS[kind][0]}
        if origin is Annotated:
            return self.of(options[0])
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(option) for option in options]}
        if origin is Literal:
            return _choice(options)
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return _choice([each.value for each in kind])
        if origin in _LISTS or kind in _LISTS:
            return {"type": "array", "items": self.of(options[0] if options else Any)}
        if origin is tuple and len(options) == 2 and options[1] is ...:
            return {"type": "array", "items": self.of(options[0])}
        if (origin in _DICTS or kind in _DICTS) and (not options or options[0] is str):
            return {"type": "object", "additionalProperties": self.of(options[1] if options else Any)}
        if has_fields(kind):
            return self._reference(kind)
        raise TypeError(f"{getattr(kind, '__name__', kind)} has no JSON Schema here")

    def _reference(self, kind: type) -> Document:
        if kind is self._root:
            return {"$ref": "#"}
        if kind not in self._names:
            taken = sum(other.__name__ == kind.__name__ for other in self._names)
            self._names[kind] = name = f"{kind.__name__}{taken + 1 if taken else ''}"
            self.definitions[name] = self.object(kind)
        return {"$ref": f"#/$defs/{self._names[kind]}"}

    def object(self, kind: Any) -> Document:
        """The schema of a class with fields: it requires all, since a model is to say each of them."""
        properties = {}
        for name, field in fields_of(kind).items():
            described = {"description": field.description} if field.description else {}
            properties[name] = {**self.of(field.hint), **described}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }


def schema_of(kind: type) -> Document:
    """The schema of a dataclass or a TypedDict.

    Raises:
        TypeError: One of its fields has none.
        NameError: One of its fields has a type that isn't there.
    """
    schemas = Schemas(kind)
    document = schemas.object(kind)
    return document | ({"$defs": schemas.definitions} if schemas.definitions else {})


def _choice(values: Iterable[Any]) -> Document:
    values = list(values)
    kinds = {_PLAIN.get(type(value)) for value in values}
    if None in kinds:
        raise TypeError("a choice of values that JSON does not have")
    return {"enum": values} | ({"type": kinds.pop()} if len(kinds) == 1 else {})


def instance(kind: Any, value: Any, path: str = "") -> Any:
    """What a JSON value is as a type.

    Raises:
        ValueError: It is none; the message names the place.
    """
    origin, options = get_origin(kind), get_args(kind)
    if kind is Any or kind is object:
        return value
    if origin is Annotated:
        return instance(options[0], value, path)
    if origin in (Union, types.UnionType):
        return _one_of(options, value, path)
    if kind in _PLAIN:
        if type(value) is kind or (kind is float and type(value) is int):
            return float(value) if kind is float else value
        raise _mismatch(path, _PLAIN[kind], value)
    if kind in _TEXTS or (isinstance(kind, type) and issubclass(kind, enum.Enum)):
        try:
            return _TEXTS[kind][1](value) if kind in _TEXTS else kind(value)
        except (ValueError, TypeError, AttributeError):
            if kind in _TEXTS:
                raise _mismatch(path, kind.__name__, value) from None
            raise _other(path, [each.value for each in kind], value) from None
    if origin is Literal:
        if not any(value == option and type(value) is type(option) for option in options):
            raise _other(path, options, value)
        return value
    if origin in _DICTS or kind in _DICTS:
        items = _checked(dict, value, path).items()
        return {name: instance(options[1] if options else Any, item, f"{path}.{name}") for name, item in items}
    if has_fields(kind):
        return _object(kind, _checked(dict, value, path), path)
    item = options[0] if options else Any
    read = [instance(item, each, f"{path}[{index}]") for index, each in enumerate(_checked(list, value, path))]
    return (tuple if origin is tuple else _LISTS[origin or kind])(read)


def _object(kind: Any, document: Document, path: str) -> Any:
    values = {}
    for name, field in fields_of(kind).items():
        if name in document:
            values[name] = instance(field.hint, document[name], f"{path}.{name}")
        elif field.is_required:
            raise ValueError(f"{path}.{name}".removeprefix(".") + ": required, but missing")
    return kind(**values)


def _one_of(options: tuple[Any, ...], value: Any, path: str) -> Any:
    problems = []
    # The exact type first: of `float | int`, 3 is the int.
    for option in sorted(options, key=lambda option: option is not type(value)):
        try:
            return instance(option, value, path)
        except ValueError as error:
            problems.append(error)
    # The most telling one: that which got farthest into the value.
    raise max(problems, key=lambda error: len(str(error).partition(":")[0]))


def _checked(kind: type, value: Any, path: str) -> Any:
    if not isinstance(value, kind):
        raise _mismatch(path, "object" if kind is dict else "array", value)
    return value


def _other(path: str, options: Iterable[Any], value: Any) -> ValueError:
    """The error for a value that is none of a choice."""
    expected, is_shown = f"one of {', '.join(map(repr, options))}", isinstance(value, str | int | float)
    return _mismatch(path, expected, value, f"{value!r:.60}" if is_shown else "")


def _mismatch(path: str, expected: str, value: Any, shown: str = "") -> ValueError:
    names: dict[Any, str] = {**_PLAIN, dict: "object", list: "array"}
    return ValueError(
        f"{path.removeprefix('.') or 'the answer'}: {expected} expected, not {shown or names[type(value)]}"
    )
