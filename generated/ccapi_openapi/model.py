"""What all models share: a model is read from a JSON document, written as one, and shown in one line.

The generated models only declare their fields; this module reads the declarations. The generation copies it.
"""

from __future__ import annotations

import datetime
import json
import types
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs

if TYPE_CHECKING:
    from .response import ResponseInfo

T = TypeVar("T")
Read = Callable[[Any], Any]
"""Makes the value of a field from a JSON value; what is not of the field's type stays as it is."""

_FROM_TEXT: dict[Any, Read] = {
    datetime.datetime: datetime.datetime.fromisoformat,
    datetime.date: datetime.date.fromisoformat,
    uuid.UUID: uuid.UUID,
}
_PLAIN = frozenset((str, int, float, bool, types.NoneType))
_LONGEST_TEXT, _SHOWN_TEXT = 200, 60
_SHOWN_ITEMS = 3


class Label(NamedTuple):
    """A field that a service may send in another form. Reading a model does not look at it: a client does before.

    Attributes:
        name: Its name in the contract.
        also_named: Its other names (`x-also-named`).
        if_missing: What it is where it is missing, null or empty, by the field that has to be there instead; by None
            whatever else is there (`x-if-missing`).
        is_json_text: Whether a JSON document in its place means the text of it (`x-json-text`).
    """

    name: str
    also_named: tuple[str, ...]
    if_missing: tuple[tuple[str | None, Any], ...]
    is_json_text: bool


def _not_json(message: str, *, text: str) -> Exception:
    return ValueError(message)


class _Received:
    """What a model has beside its fields. attrs knows nothing of it: it is in no copy, no pickle and no comparison."""

    __slots__ = ("_response",)

    if TYPE_CHECKING:  # or else its type would be taken for a field's
        _response: ResponseInfo

    @property
    def response(self) -> ResponseInfo | Any:
        """The response that the model was made of; None where it was made by hand, copied, pickled, or is a part."""
        # `| Any`, because it is there wherever a method gave the model: nobody has to check for a None first.
        return getattr(self, "_response", None)


@attrs.define(repr=False)
class Model(_Received):
    """A JSON object of the contract.

    A field that the document does not have, or has as null, is None; an array is then empty. A field whose value is not
    what the contract says holds the value as it came. `model["id"]` reads a field by its name in the contract.

    Attributes:
        additional_properties: The fields of the document that the contract does not list.
    """

    _is_open: ClassVar[bool] = True
    """Whether the object may hold fields that the contract does not list."""
    _nullable: ClassVar[frozenset[str]] = frozenset()
    """The optional fields that may be sent as null."""
    _parts: ClassVar[tuple[str, str] | None] = None
    """A text field that may come as a list of parts, and the field that then keeps the list (`x-parts`)."""
    _labels: ClassVar[tuple[Label, ...]] = ()
    """The fields that a service may send in another form."""
    _not_json: ClassVar[Callable[..., Exception]] = staticmethod(_not_json)
    """Makes the error for a text that is not JSON; a client sets its own."""
    __iter__: ClassVar[None] = None  # or else Python would iterate by calling __getitem__ with 0, 1, 2 …

    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)
    _as_it_came: dict[str, Any] | None = attrs.field(init=False, default=None, eq=False)
    """What came as null, as an empty array or as a list of parts, so that `to_dict` gives it back."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """The model of a JSON document.

        Raises:
            KeyError: A required field is missing.
        """
        came: dict[str, Any] | None = None
        if cls._parts is not None:
            text, parts = cls._parts
            if isinstance(src_dict.get(text), list) and parts not in src_dict:
                src_dict, came = _with_parts_moved(src_dict, text, parts)
        known, required = _plan_of(cls)
        values: dict[str, Any] = {}
        rest: dict[str, Any] | None = None
        for name, value in src_dict.items():
            field = known.get(name)
            if field is None:
                rest = rest or {}
                rest[name] = value
                continue
            argument, is_array, read = field
            if value is None or (is_array and value == []):
                came = came or {}
                came[name] = value
                value = [] if is_array else None
            elif read is not None:
                value = read(value)
            values[argument] = value
        for name in required:
            if name not in src_dict:
                raise KeyError(name)
        model = cls(**values)
        if rest is not None:
            model.additional_properties = rest
        if came is not None:
            model._as_it_came = came
        return model

    def to_dict(self) -> dict[str, Any]:
        """The model as a JSON document, without the fields that are not there."""
        document: dict[str, Any] = {}
        came = self._as_it_came or {}
        for name, argument, is_required, is_array, _ in fields_of(type(self)):
            value = getattr(self, argument)
            if value is None or (is_array and value == []):
                if name in came:
                    value = came[name]
                elif not is_required:
                    continue
            document[name] = value if type(value) in _PLAIN else as_json(value)
        if self._parts is not None:
            _put_parts_back(document, came, *self._parts)
        for name, value in self.additional_properties.items():
            document.setdefault(name, value if type(value) in _PLAIN else as_json(value))
        return document

    def _json_in(self, name: str, text: object) -> Any:
        """The document that a text field holds."""
        if not isinstance(text, str) or not text.strip():
            return {}
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._not_json(f"{name}: not JSON: {error}", text=text) from error

    def __getitem__(self, name: str) -> Any:
        """A field by its name in the contract; None where the document does not have it.

        Raises:
            KeyError: Neither the contract nor the document has such a field.
        """
        field = _plan_of(type(self))[0].get(name)
        return self.additional_properties[name] if field is None else getattr(self, field[0])

    def __contains__(self, name: object) -> bool:
        if name in self.additional_properties or name in (self._as_it_came or {}):
            return True
        field = _plan_of(type(self))[0].get(str(name))
        return field is not None and getattr(self, field[0]) not in (None, [])

    def __repr__(self) -> str:
        shown = []
        for field in fields_of(type(self)):
            value = getattr(self, field.argument)
            if value is not None and value != []:
                shown.append(f"{field.argument}={_shown(value)}")
        for name, value in self.additional_properties.items():
            shown.append(f"{name if name.isidentifier() else repr(name)}={_shown(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"


class Field(NamedTuple):
    """A field of a model.

    Attributes:
        name: Its name in the contract.
        argument: Its name in Python.
        is_required: Whether the contract requires it.
        is_array: Whether it is an array and nothing else.
        read: Makes its value; None where the JSON value is the value.
    """

    name: str
    argument: str
    is_required: bool
    is_array: bool
    read: Read | None


def as_json(value: Any) -> Any:
    """A value as JSON has it: models, dates and ids as objects and strings."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Model):
        return value.to_dict()
    try:
        if isinstance(value, list | tuple):
            return [as_json(item) for item in value]
        if isinstance(value, dict):
            return {name: as_json(item) for name, item in value.items()}
    except RecursionError:  # so deep that it came as JSON
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def for_each_model(make: Callable[[Any], T]) -> Callable[[type], T]:
    """`functools.cache` for a function of a model class, which mypy would not take as hashable."""
    return cache(make)


@for_each_model
def types_of(model: Any) -> dict[str, Any]:
    """The types of a model's fields by their names in Python."""
    return get_type_hints(model, localns=_Names())


@for_each_model
def fields_of(model: Any) -> tuple[Field, ...]:
    """The fields of a model, in the order of the contract."""
    hints = types_of(model)
    fields = []
    for attribute in attrs.fields(model):
        if attribute.init:
            kind, is_required = hints[attribute.name], attribute.default is attrs.NOTHING
            # The generator adds an underscore where Python has taken the name, as in `input_`.
            name, is_array = attribute.name.removesuffix("_"), get_origin(kind) is list
            fields.append(Field(name, attribute.name, is_required, is_array, _reader(kind, is_lenient=not is_required)))
    return tuple(fields)


@for_each_model
def _plan_of(model: Any) -> tuple[dict[str, tuple[str, bool, Read | None]], list[str]]:
    """What reading needs of the fields, in plain tuples, for it is done for every object; and which are required."""
    fields = fields_of(model)
    known = {field.name: (field.argument, field.is_array, field.read) for field in fields}
    return known, [field.name for field in fields if field.is_required]


class _Names(dict[str, Any]):
    """The names in the types of fields: models are loaded as they are named."""

    def __init__(self) -> None:
        super().__init__(datetime=datetime, UUID=uuid.UUID, Literal=Literal)

    def __missing__(self, name: str) -> Any:
        from . import models  # each model imports this module

        try:
            return getattr(models, name)
        except AttributeError:
            raise KeyError(name) from None


def _reader(kind: Any, *, is_lenient: bool) -> Read | None:
    """What reads a type; where it is lenient, an object without its required fields stays a dict."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union_reader([_reader(option, is_lenient=True) for option in get_args(kind)])
    if origin is list:
        return _list_reader(_reader(get_args(kind)[0], is_lenient=is_lenient))
    if isinstance(kind, type) and issubclass(kind, Model):
        return _model_reader(kind, is_lenient)
    if kind in _FROM_TEXT:
        return _text_reader(_FROM_TEXT[kind])
    return None


def _model_reader(model: type[Model], is_lenient: bool) -> Read:
    from_dict = model.from_dict

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        try:
            return from_dict(value)
        except KeyError:
            if is_lenient:
                return value
            raise

    return read


def _list_reader(item: Read | None) -> Read | None:
    if item is None:
        return None
    return lambda value: list(map(item, value)) if isinstance(value, list) else value


def _text_reader(parse: Read) -> Read:
    def read(value: Any) -> Any:
        try:
            return parse(value) if isinstance(value, str) else value
        except ValueError:
            return value

    return read


def _union_reader(options: list[Read | None]) -> Read | None:
    """The first option that makes something of the value."""
    readers = [each for each in options if each is not None]
    if len(readers) < 2:
        return readers[0] if readers else None

    def read(value: Any) -> Any:
        for each in readers:
            found = each(value)
            if found is not value:
                return found
        return value

    return read


def _text_of(parts: list[Any]) -> str:
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _with_parts_moved(document: Mapping[str, Any], text: str, parts: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The document with the text of a list of parts in its place and the list in a field of its own; and that text."""
    found = document[text]
    whole = _text_of(found)
    return {**document, text: whole, parts: found}, {text: whole}


def _put_parts_back(document: dict[str, Any], came: dict[str, Any], text: str, parts: str) -> None:
    """Gives a list of parts its place again, unless somebody has changed the text."""
    was_moved = isinstance(came.get(text), str)
    found = document.get(parts)
    if found and isinstance(found, list) and document.get(text) == (came[text] if was_moved else None):
        document[text] = found
        del document[parts]
    elif was_moved:
        document.pop(parts, None)


def _shown(value: Any) -> str:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:  # base64, most often
        return f"<{len(value):,} characters: {value[:_SHOWN_TEXT]!r} …>"
    try:
        return _all_shown(value)
    except RecursionError:  # nested deeper than anyone reads
        return "…"


def _all_shown(value: Any) -> str:
    if isinstance(value, list):
        more = [f"… {len(value) - _SHOWN_ITEMS} more"] if len(value) > _SHOWN_ITEMS else []
        return f"[{', '.join([*map(_shown, value[:_SHOWN_ITEMS]), *more])}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {_shown(item)}' for name, item in value.items())}}}"
    return repr(value)
