"""What differs between two schemas, by the way that the data goes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import changes
from .changes import Change, Flow, Verdict
from .kinds import ASIDE, LOWER, UPPER, Option, flat, lists, options, pairs, union_of
from .nodes import UNRESOLVED, Node, as_list, as_node, is_same, key_of, name_of, shape, wrapping

# Each of them, where it stands, lets less through.
LIMITS = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType")
JUDGED = {
    *(*LOWER, *UPPER, *LIMITS, "type", "enum", "const", "properties", "required", "additionalProperties", "items"),
    *ASIDE,
}
# Generated code holds these as a type of their own, so that even a tighter format changes what callers get.
TYPED_FORMATS = ("date", "date-time", "time", "duration", "uuid", "binary", "byte", "int32", "int64", "float", "double")
# Deeper than any schema that people write; only a schema that grows as it refers to itself gets there.
DEEPEST = 40


@dataclass
class Schemas:
    """Compares schemas of two documents; a named one once for each way and each list that it is part of."""

    old: Node
    new: Node
    renamed: dict[str, str] = field(default_factory=dict)
    """New names of schemas by their old ones: these are told once, and not at every use."""
    seen: set[tuple[object, ...]] = field(default_factory=set)

    def compare(
        self, old: Any, new: Any, place: str, flow: Flow, *, is_body: bool = False, depth: int = 0
    ) -> Iterator[Change]:
        """The changes of a schema at a place.

        Fields of a named schema are told by its name, except in a request's body (`is_body`), where callers know them
        by the operation.
        """
        if depth > DEEPEST or is_same(old, new):
            return
        yield from self.reference(old, new, place)
        flat_old, flat_new = flat(self.old, old), flat(self.new, new)
        yield from self.annotations(flat_old, flat_new, place, flow)
        yield from self.reshaped(old, new, place)
        unions = union_of(flat_old), union_of(flat_new)
        if None not in unions and unions[0] != unions[1]:
            table = changes.WIDENED if unions[1] == "anyOf" else changes.NARROWED
            yield Change(place, f"{unions[0]} became {unions[1]}", table[flow], flow)
        olds, news = options(self.old, old), options(self.new, new)
        free_before, free_now = (any(not option.schema for option in each) for each in (olds, news))
        if free_before or free_now:
            # Beside "anything", no other member of a union says anything about the wire.
            if not free_now:
                yield Change(place, f"anything became {' or '.join(map(str, news))}", changes.NARROWED[flow], flow)
            elif not free_before:
                yield Change(place, f"{' or '.join(map(str, olds))} became anything", changes.WIDENED[flow], flow)
            return
        plain_before, plain_now = ({option.type for option in each if option.is_plain} for each in (olds, news))
        for one, other in pairs(olds, news):
            if other is None and one is not None:
                if one.values is None and all(one.type in lists(each) for each in (olds, news)):
                    yield Change(place, f"open list closed: no longer any {one}", changes.CLOSED[flow], flow)
                    continue
                gone = changes.KNOWN_VALUE_GONE if one.type in plain_now else changes.NARROWED[flow]
                yield Change(place, f"no longer {one}", gone, flow)
            elif one is None and other is not None:
                added = changes.KNOWN_VALUE_NEW if other.type in plain_before else changes.WIDENED
                yield Change(place, f"may now be {other}", added[flow], flow)
            elif one is not None and other is not None:
                is_open = one.type in plain_before and other.type in plain_now
                key = (one.name, other.name, flow, is_open)
                inner = place
                if one.name and other.name and not is_body:
                    if key in self.seen:
                        continue
                    self.seen.add(key)
                    inner = other.name
                yield from self.option(one, other, inner, flow, is_open=is_open, depth=depth)

    def reference(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        one, other = name_of(old), name_of(new)
        if one and other and one != other and self.renamed.get(one) != other:
            what = f"its schema {one} became {other}"
            yield Change(place, what, changes.RENAMED)

    def reshaped(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        """Tells that the same kinds of value are put together in another way, as with an `allOf` around them."""
        if wrapping(old) != wrapping(new):
            kinds = pairs(options(self.old, old), options(self.new, new))
            if all(one and other and one.type == other.type for one, other in kinds):
                yield Change(place, "written in another shape; generated types change", changes.RESHAPED)

    def annotations(self, old: Node, new: Node, place: str, flow: Flow) -> Iterator[Change]:
        for keyword, added in changes.DEFAULT_NEW.items():
            before, now = (key_of(each[keyword]) if keyword in each else None for each in (old, new))
            if before != now:
                verdict = added if before is None else changes.DEFAULT_CHANGED
                yield Change(place, moved(keyword, before, now), verdict, flow)
        yield from deprecation(old, new, place)

    def option(
        self, old: Option, new: Option, place: str, flow: Flow, *, is_open: bool, depth: int
    ) -> Iterator[Change]:
        def change(what: str, verdicts: dict[Flow, Verdict], at: str = place) -> Change:
            return Change(at, what, verdicts[flow], flow)

        if (UNRESOLVED in old.schema) != (UNRESOLVED in new.schema):
            yield Change(place, "what it refers to can be read in one of the two only", changes.UNKNOWN, flow)
            return
        if old.type != new.type:
            what = f"type {old.type or 'any'} became {new.type or 'any'}"
            if new.type is None or (old.type, new.type) == ("integer", "number"):
                yield change(what, changes.WIDENED)
            elif old.type is None or (old.type, new.type) == ("number", "integer"):
                yield change(what, changes.NARROWED)
            else:
                yield change(what, changes.REPLACED)
                return
        yield from self.values(old.values, new.values, place, flow, is_open=is_open)
        yield from limits(old.schema, new.schema, place, flow)
        yield from self.fields(old.schema, new.schema, place, flow, depth)
        if "items" in old.schema or "items" in new.schema:
            before, now = old.schema.get("items", {}), new.schema.get("items", {})
            yield from self.compare(before, now, f"{place}[]", flow, depth=depth + 1)
        for key in sorted((old.schema.keys() | new.schema.keys()) - JUDGED - {"anyOf", "oneOf"}):
            if key_of(shape(old.schema.get(key))) != key_of(shape(new.schema.get(key))):
                yield Change(place, f"{key} changed", changes.UNKNOWN, flow)

    def values(
        self, old: list[Any] | None, new: list[Any] | None, place: str, flow: Flow, *, is_open: bool
    ) -> Iterator[Change]:
        if old is None or new is None:
            if old is not None:
                yield Change(place, "any value allowed, no longer a list of them", changes.WIDENED[flow], flow)
            if new is not None:
                yield Change(place, f"only {', '.join(map(str, new))} allowed", changes.NARROWED[flow], flow)
            return
        before, now = ({key_of(value): value for value in each} for each in (old, new))
        for key, value in before.items():
            if key not in now:
                gone = changes.KNOWN_VALUE_GONE if is_open else changes.VALUE_GONE[flow]
                yield Change(place, f"value {value} removed", gone, flow)
        for key, value in now.items():
            if key not in before:
                added = changes.KNOWN_VALUE_NEW if is_open else changes.WIDENED
                what = f"value {value} added to the {'open' if is_open else 'closed'} list"
                yield Change(place, what, added[flow], flow)

    def fields(self, old: Node, new: Node, place: str, flow: Flow, depth: int) -> Iterator[Change]:
        before, now = as_node(old.get("properties")), as_node(new.get("properties"))
        needed_before, needed_now = (
            {name for name in as_list(each.get("required")) if isinstance(name, str)} for each in (old, new)
        )
        was_closed = old.get("additionalProperties") is False
        for name in dict.fromkeys([*before, *now, *sorted(needed_before | needed_now)]):
            at = f"{place}.{name}"
            if name in before and name not in now:
                yield Change(at, "removed", changes.GONE[flow], flow)
            elif name in now and name not in before and name not in needed_before:
                if name not in needed_now:
                    wide = was_closed and flow is Flow.RECEIVED
                    yield Change(at, "added, optional", (changes.WIDENED if wide else changes.NEW)[flow], flow)
                else:
                    narrow = flow is Flow.SENT
                    wide = was_closed and not narrow
                    table = changes.NARROWED if narrow else changes.WIDENED if wide else changes.NEW
                    yield Change(at, "added, required", table[flow], flow)
            else:
                if name in needed_now - needed_before:
                    yield Change(at, "now required", changes.NARROWED[flow], flow)
                if name in needed_before - needed_now:
                    yield Change(at, "no longer required", changes.WIDENED[flow], flow)
                yield from self.compare(before.get(name, {}), now.get(name, {}), at, flow, depth=depth + 1)
        yield from self.others(
            old.get("additionalProperties", True), new.get("additionalProperties", True), place, flow, depth
        )

    def others(self, old: Any, new: Any, place: str, flow: Flow, depth: int) -> Iterator[Change]:
        """The changes of `additionalProperties`; an empty schema lets everything through, as true does."""
        old, new = (True if each == {} else each for each in (old, new))
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.compare(old, new, f"{place}.*", flow, depth=depth + 1)
        elif old is not new:
            closed = new is False or old is True
            what = "fields that are not listed are now refused" if new is False else "fields that are not listed "
            if new is not False:
                what += "are now restricted" if closed else "are now allowed"
            yield Change(place, what, (changes.NARROWED if closed else changes.WIDENED)[flow], flow)


def moved(keyword: str, old: Any, new: Any) -> str:
    if old is None:
        return f"{keyword} {new} added"
    return f"{keyword} {old} removed" if new is None else f"{keyword} {old} became {new}"


def limits(old: Node, new: Node, place: str, flow: Flow) -> Iterator[Change]:
    """The changes of bounds, patterns and formats."""
    for keyword in (*LOWER, *UPPER, *LIMITS):
        before, now = old.get(keyword), new.get(keyword)
        if before == now:
            continue
        if (keyword, before, now) == ("format", None, "int64") and old.get("type") == new.get("type") == "integer":
            table = changes.WIDER_TYPE
        elif keyword == "format" and (before in TYPED_FORMATS or now in TYPED_FORMATS):
            table = changes.REPLACED
        elif before is None or now is None:
            table = changes.WIDENED if now is None else changes.NARROWED
        elif keyword not in LIMITS and isinstance(before, int | float) and isinstance(now, int | float):
            table = changes.NARROWED if (now > before) == (keyword in LOWER) else changes.WIDENED
        else:
            table = changes.REPLACED
        yield Change(place, moved(keyword, before, now), table[flow], flow)


def deprecation(old: Node, new: Node, place: str) -> Iterator[Change]:
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        if new.get("deprecated"):
            yield Change(place, "deprecated", changes.DEPRECATED)
        else:
            yield Change(place, "no longer deprecated", changes.READ_ONLY_BY_PEOPLE)
