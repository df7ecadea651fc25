"""Makes plain values of what other libraries have in place of dicts, lists and numbers.

None of these libraries is imported: a value is known by what its class has.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, ValuesView
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any

from ..errors import InvalidRequestError

_LISTS = (Iterator, AbstractSet, ValuesView)


def plain(value: object, path: str) -> Any:
    """A dict, list or scalar in place of a value; what it contains may need the same.

    A field that is None is left out, as of the client's own models.

    Raises:
        InvalidRequestError: There is none, or its class can't make it.
    """
    made = _made(value, path)
    if type(made) is type(value):  # a number of more digits than Python's have, say
        raise _refusal(value, path)
    return made


def _made(value: object, path: str) -> Any:
    kind = type(value)
    if isinstance(value, type) or hasattr(kind, "read"):  # an open file is an iterator of its lines
        raise _refusal(value, path)
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
        return {name: item for name, item in fields.items() if item is not None}
    try:
        if hasattr(kind, "model_dump"):  # Pydantic, and what is generated with it, such as the objects of openai
            return value.model_dump(mode="json", by_alias=True, exclude_none=True)  # type: ignore[attr-defined]
        if hasattr(kind, "dtype") and hasattr(kind, "tolist"):  # NumPy's scalars and arrays, and those like them
            return value.tolist()  # type: ignore[attr-defined]
        if hasattr(kind, "to_dict"):
            return value.to_dict()  # type: ignore[attr-defined]
    except Exception as error:
        raise InvalidRequestError(f"{path}: the {kind.__name__} can't be turned into JSON: {error}") from error
    if isinstance(value, _LISTS):
        return list(value)
    raise _refusal(value, path)


def _refusal(value: object, path: str) -> InvalidRequestError:
    what = f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
    return InvalidRequestError(f"{path}: {what} can't be sent as JSON")
