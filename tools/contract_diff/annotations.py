"""What only people read: descriptions, examples, titles, the order of tags."""

from collections.abc import Iterator
from typing import Any

from . import changes
from .changes import Change
from .nodes import EXTENSIBLE, NAMES, NOTED_DEFAULT, as_node, is_annotation, key_of

VALUES = {"default", NOTED_DEFAULT, "enum", EXTENSIBLE, "const", "value", "mapping", "dependentRequired"}
ORDERLESS = {"tags", "required", "enum", EXTENSIBLE, "parameters"}


def annotations(old: Any, new: Any) -> Iterator[Change]:
    """The changes of what only people read, in what both documents have."""
    yield from walk(old, new, [], is_names=False)


def walk(old: Any, new: Any, steps: list[str], *, is_names: bool) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, list) and isinstance(new, list):
        before, now = ({identity(each, at): each for at, each in enumerate(side)} for side in (old, new))
        for key in before:
            if key in now:
                yield from walk(before[key], now[key], [*steps, key], is_names=False)
        return
    for key in dict.fromkeys([*as_node(old), *as_node(new)]):
        one, other = as_node(old).get(key), as_node(new).get(key)
        if not is_names and (is_annotation(key) or is_order(key, one, other)):
            if key_of(one) != key_of(other):
                yield Change(place(steps), f"{key} changed", changes.READ_ONLY_BY_PEOPLE)
        elif one is not None and other is not None and (is_names or key not in VALUES):
            yield from walk(one, other, [*steps, key], is_names=not is_names and key in NAMES)


def is_order(key: str, old: Any, new: Any) -> bool:
    """Whether two lists differ by their order alone; the document's own list of tags is only ever read."""
    if not (isinstance(old, list) and isinstance(new, list)) or key not in ORDERLESS:
        return False
    is_described = key == "tags" and any(isinstance(tag, dict) for tag in [*old, *new])
    return is_described or (old != new and sorted(map(key_of, old)) == sorted(map(key_of, new)))


def identity(value: Any, at: int) -> str:
    node = as_node(value)
    named = node.get("name") or node.get("url") or node.get("$ref")
    return str(named) if isinstance(named, str) else str(at)


def place(steps: list[str]) -> str:
    """Where, in short: schemas by their names, operations by their paths."""
    shown = [step for step in steps if step not in ("components", "schemas", "paths", "properties")]
    if steps[:2] == ["components", "schemas"]:
        return ".".join(shown)
    return " ".join(shown) or "document"
