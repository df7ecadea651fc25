"""The kinds of value that a schema allows, and which of two schemas belong together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .changes import DEFAULT_NEW
from .nodes import EXTENSIBLE, Node, as_list, as_node, key_of, name_of, says_nothing, shape, target

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
# What is said of a field, and not of its values.
ASIDE = (*DEFAULT_NEW, "deprecated")
ONLY_FOR = {
    keyword: kinds
    for kinds, keywords in (
        ({"object"}, ("properties", "required", "additionalProperties", "minProperties", "maxProperties")),
        ({"array"}, ("items", "minItems", "maxItems", "uniqueItems", "minContains", "maxContains")),
        ({"string"}, ("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType")),
        ({"number", "integer"}, ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")),
        ({"string", "number", "integer"}, ("format",)),
    )
    for keyword in keywords
}
"""The types that a keyword says something about; it says nothing about any other."""


@dataclass(frozen=True)
class Option:
    """One of the kinds of value that a schema allows: a schema without references, unions or several types."""

    schema: Node
    name: str | None = None

    @property
    def type(self) -> str | None:
        return str(self.schema["type"]) if "type" in self.schema else None

    @property
    def values(self) -> list[Any] | None:
        if "const" in self.schema:
            return [self.schema["const"]]
        return as_list(self.schema["enum"]) if "enum" in self.schema else None

    @property
    def is_plain(self) -> bool:
        return set(self.schema) == {"type"}

    def __str__(self) -> str:
        values = "one of " + ", ".join(str(value) for value in self.values) if self.values else ""
        return self.name or values or str(self.type or "anything")


def both(one: Node, other: Node) -> Node:
    """A schema that requires what both require."""
    if not (one and other):
        return one or other
    joined = one | other
    if "properties" in one and "properties" in other:
        mine, theirs = as_node(one["properties"]), as_node(other["properties"])
        shared = {key: {"allOf": [mine[key], theirs[key]]} for key in mine.keys() & theirs if mine[key] != theirs[key]}
        joined["properties"] = mine | theirs | shared
    if "required" in one and "required" in other:
        joined["required"] = [*as_list(one["required"]), *as_list(other["required"])]
    for keywords, tighter in ((LOWER, max), (UPPER, min)):
        for keyword in {*keywords} & one.keys() & other.keys():
            joined[keyword] = tighter(one[keyword], other[keyword])
    return joined


def flat(document: Node, schema: Any, within: frozenset[str] = frozenset()) -> Node:
    """A schema without references and `allOf` at its top, and without what only people read.

    `within` holds the references that led here: one of them again asks for nothing more.
    """
    if schema is False:
        return {"not": {}}
    if not isinstance(schema, dict):
        return {}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in within:
            return {}
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        pointed = flat(document, target(document, reference), within | {reference})
        return both(pointed, flat(document, beside, within))
    joined: Node = {}
    for part in as_list(schema.get("allOf")):
        joined = both(joined, flat(document, part, within))
    # Last, as beside a reference: of two defaults, the outer one counts.
    own = {key: value for key, value in schema.items() if key != "allOf" and not says_nothing(key, value)}
    return both(joined, own)


def options(document: Node, schema: Any, within: frozenset[str] = frozenset()) -> list[Option]:
    """The kinds of value that a schema allows: the members of its unions, one for each type."""
    name = name_of(schema)
    if name in within:
        return []
    joined = flat(document, schema)
    union = union_of(joined)
    if union:
        rest = {key: value for key, value in joined.items() if key not in (union, *ASIDE)}
        found: list[Option] = []
        for member in joined[union]:
            for option in options(document, member, within | ({name} if name else set())):
                found.append(Option(both(option.schema, rest)) if rest else option)
        return found
    known = [Option({"type": "string", "enum": joined[EXTENSIBLE]}, name)] if EXTENSIBLE in joined else []
    joined = {key: value for key, value in joined.items() if key not in (*ASIDE, EXTENSIBLE)}
    types = joined.get("type")
    if isinstance(types, list):
        types = [str(each) for each in types]
        return known + [
            Option({key: value for key, value in joined.items() if each in ONLY_FOR.get(key, {each})} | {"type": each})
            for each in types
        ]
    # What stands beside a reference makes it another schema than the one of that name.
    is_whole = not known and all(key in ("$ref", *ASIDE) or says_nothing(key, schema[key]) for key in as_node(schema))
    return [*known, Option(joined, name if is_whole else None)]


def union_of(schema: Node) -> str | None:
    return next((keyword for keyword in ("anyOf", "oneOf") if isinstance(schema.get(keyword), list)), None)


def lists(options: list[Option]) -> set[str | None]:
    """The types of which there is a list of values."""
    return {option.type for option in options if option.values is not None}


def pairs(old: list[Option], new: list[Option]) -> Iterator[tuple[Option | None, Option | None]]:
    """Each old option with the new one that has taken its place, the likeliest first; None where there is none."""
    tests: tuple[Callable[[Option, Option], bool], ...] = (
        lambda one, other: one.name is not None and one.name == other.name,
        lambda one, other: key_of(shape(one.schema)) == key_of(shape(other.schema)),
        lambda one, other: one.type == other.type and (one.values is None) == (other.values is None),
        lambda one, other: one.type == other.type and not (one.is_plain or other.is_plain),
        lambda one, other: {one.type, other.type} == {"integer", "number"},
    )
    old, new = list(old), list(new)
    for test in tests:
        for one in list(old):
            found = next((each for each in new if test(one, each)), None)
            if found:
                yield one, found
                # By identity: a union may have two members alike.
                old = [each for each in old if each is not one]
                new = [each for each in new if each is not found]
    if len(old) == len(new) == 1:
        yield old[0], new[0]
        return
    for one in old:
        yield one, None
    for one in new:
        yield None, one
