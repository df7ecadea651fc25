"""Which object of a list the next piece of a stream continues: by its index, its id, its type and its name. No I/O.

Each look-up takes the same time, however many objects there are.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


class Items:
    """The objects of a list: those of one index, type and id are one object. Objects without an index follow."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, str, str], Object] = {}

    def continued_by(self, item: Object) -> Object | None:
        """The object that a piece continues; None where it begins another."""
        index = _index_of(item)
        if index is None:
            return None
        kind, key = _text(item, "type"), _text(item, "id")
        for place in ((index, kind, key), (index, kind, ""), (index, "", key), (index, "", "")):
            known = self._known.get(place)
            if known is not None and _may_be(known, "type", kind) and _may_be(known, "id", key):
                return known
        return None

    def keep(self, known: Object, item: Object) -> None:
        """Notes what continues an object, after a piece of it."""
        index = _index_of(item)
        if index is not None:
            for kind in {_text(known, "type"), ""}:
                for key in {_text(known, "id"), ""}:
                    self._known[index, kind, key] = known


class Calls:
    """The tool calls of a message.

    A piece belongs to the call of its index, or without one to the last. It begins a call where it has another id
    together with a name, or no id and another name: an id alone may change within a call.
    """

    def __init__(self) -> None:
        self._by_id: dict[tuple[Any, str], Object] = {}
        self._by_index: dict[Any, Object] = {}
        self._last: Object | None = None

    def continued_by(self, item: Object) -> Object | None:
        """The call that a piece continues; None where it begins another."""
        index, key, name = _index_of(item), _text(item, "id"), _name_of(item)
        known = self._by_id.get((index, key)) if key else None
        if known is not None:
            return known
        last = self._last if index is None else self._by_index.get(index)
        if last is None or not name:
            return last
        first = _text(last, "id")
        is_another = key != first if key and first else not key and name != (_name_of(last) or name)
        return None if is_another else last

    def keep(self, known: Object, item: Object) -> None:
        """Notes what continues a call, after a piece of it."""
        index, key = _index_of(item), _text(known, "id")
        self._last = self._by_index[index] = known
        if key:
            self._by_id[index, key] = known


def _index_of(item: Object) -> Any:
    """The index of a piece, as far as it can be one."""
    index = item.get("index")
    return index if isinstance(index, int | float | str) else None


def _text(item: Object, name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _may_be(known: Object, name: str, text: str) -> bool:
    """Whether a label of an object can be this one: it may come late, but it does not change."""
    return not text or _text(known, name) in ("", text)


def _name_of(item: Object) -> str:
    function = item.get("function")
    return _text(function, "name") if isinstance(function, dict) else ""
