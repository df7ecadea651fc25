"""What differs between two whole contracts: their operations, names, servers and security."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import changes
from .annotations import annotations
from .changes import Change, Flow, Verdict
from .nodes import Node, as_list, as_node, is_annotation, key_of, name_of, resolve, shape
from .schemas import Schemas, deprecation

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
TOP = {"openapi", "info", "servers", "security", "tags", "paths", "webhooks", "components"}
ITEM = {*METHODS, "parameters", "servers", "$ref"}
OPERATION = {
    *("operationId", "tags", "parameters", "requestBody", "responses", "callbacks", "security", "servers", "deprecated")
}
PARAMETER = {"name", "in", "required", "schema", "content", "deprecated", "$ref"}
NOTE = "something that no side acts on"


def compare(old: Node, new: Node) -> list[Change]:
    """Every change from an old contract to a new one, the worst first. The version itself is none of them."""
    found = dict.fromkeys(Documents(old, new).changes())
    if not found and key_of(without_version(old)) != key_of(without_version(new)):
        # A reference in place of what it points at, a component that nothing uses: the wire and the names are the same.
        found = dict.fromkeys([Change("document", f"{NOTE} changed", changes.READ_ONLY_BY_PEOPLE)])
    return sorted(found, key=lambda change: -change.severity)


def without_version(document: Node) -> Node:
    info = {key: value for key, value in as_node(document.get("info")).items() if key != "version"}
    return document | {"info": info}


@dataclass(frozen=True)
class Operation:
    """An operation and what it takes from around it."""

    path: str
    method: str
    item: Node
    node: Node

    @property
    def id(self) -> str:
        return str(self.node.get("operationId") or self.address)

    @property
    def address(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def route(self) -> tuple[str, str]:
        """What is on the wire of its address: the names of path parameters are not."""
        return re.sub(r"\{[^$}][^}]*\}", "{}", self.path), self.method


def operations(document: Node, paths: Any) -> list[Operation]:
    """The operations of `paths`, of `webhooks` or of a callback."""
    found: list[Operation] = []
    for path, item in as_node(paths).items():
        item = resolve(document, item)
        found += [
            Operation(path, method, item, item[method]) for method in METHODS if isinstance(item.get(method), dict)
        ]
    return found


def unknown(old: Node, new: Node, known: set[str], place: str) -> Iterator[Change]:
    """The keywords that no rule knows, where they differ."""
    for key in sorted((old.keys() | new.keys()) - known):
        if not is_annotation(key) and key_of(shape(old.get(key))) != key_of(shape(new.get(key))):
            yield Change(place, f"{key} changed", changes.UNKNOWN)


def entries(old: Node, new: Node) -> Iterator[tuple[str, Any, Any]]:
    """What either has under each key, None where it has nothing."""
    for key in dict.fromkeys([*old, *new]):
        yield key, old.get(key), new.get(key)


class Documents:
    """Compares two documents."""

    def __init__(self, old: Node, new: Node) -> None:
        self.old, self.new = old, new
        names = [as_node(as_node(each.get("components")).get("schemas")) for each in (old, new)]
        self.renamed = renamed(*names)
        self.schemas = Schemas(old, new, self.renamed)
        self.told: set[tuple[str, Flow]] = set()
        """The named responses and headers that were compared: they stand in many places."""

    def changes(self) -> Iterator[Change]:
        old, new = self.old, self.new
        yield from self.named_schemas()
        yield from self.paths(old.get("paths"), new.get("paths"), Flow.SENT)
        yield from self.paths(old.get("webhooks"), new.get("webhooks"), Flow.RECEIVED)
        yield from servers(old.get("servers"), new.get("servers"), "servers")
        yield from security(old.get("security"), new.get("security"), "security", Flow.SENT)
        yield from self.security_schemes()
        yield from unknown(old, new, TOP, "document")
        yield from annotations(old, new)

    def named_schemas(self) -> Iterator[Change]:
        before, now = (as_node(as_node(each.get("components")).get("schemas")) for each in (self.old, self.new))
        for name in before:
            if name in self.renamed:
                yield Change(name, f"schema renamed to {self.renamed[name]}", changes.RENAMED)
            elif name not in now:
                yield Change(name, "schema removed", changes.RENAMED)
            else:
                yield from self.schemas.reshaped(before[name], now[name], name)
        for name in now:
            if name not in before and name not in self.renamed.values():
                yield Change(name, "schema added", changes.NEW_NAME)

    def security_schemes(self) -> Iterator[Change]:
        before, now = (as_node(as_node(each.get("components")).get("securitySchemes")) for each in (self.old, self.new))
        for name, one, other in entries(before, now):
            place = f"security {name}"
            if name not in before or name not in now:
                gone = name in before
                yield Change(place, "removed" if gone else "added", (changes.GONE if gone else changes.NEW)[Flow.SENT])
            elif key_of(shape(resolve(self.old, one))) != key_of(shape(resolve(self.new, other))):
                yield Change(place, "changed", changes.REPLACED[Flow.SENT])

    def paths(self, old: Any, new: Any, flow: Flow, prefix: str = "") -> Iterator[Change]:
        """The changes of operations; `flow` is the way of their requests."""
        before, now = operations(self.old, old), operations(self.new, new)
        routes, ids = {each.route: each for each in now}, {each.id: each for each in now}
        kept = {each.route for each in before} & routes.keys()
        done: set[str] = set()
        for one in before:
            other = routes.get(one.route)
            if other is None and (namesake := ids.get(one.id)) and namesake.route not in kept:
                other = namesake
                what = f"moved from {one.address} to {other.address}"
                yield Change(prefix + one.id, what, changes.REPLACED[flow], flow)
            if other is None:
                yield Change(prefix + one.id, f"operation {one.address} removed", changes.GONE[flow], flow)
                continue
            done.add(other.address)
            if one.id != other.id:
                yield Change(prefix + one.id, f"operationId renamed to {other.id}", changes.RENAMED)
            yield from self.operation(one, other, flow, prefix + other.id)
        for one in now:
            if one.address not in done:
                yield Change(prefix + one.id, f"operation {one.address} added", changes.NEW[flow], flow)

    def operation(self, one: Operation, other: Operation, flow: Flow, place: str) -> Iterator[Change]:
        old, new = one.node, other.node
        yield from deprecation(old, new, place)
        yield from unknown(old, new, OPERATION, place)
        yield from unknown(one.item, other.item, ITEM, place)
        for tag in as_list(old.get("tags")):
            if tag not in as_list(new.get("tags")):
                yield Change(place, f"no longer tagged {tag}, by which generators group operations", changes.RENAMED)
        for tag in as_list(new.get("tags")):
            if tag not in as_list(old.get("tags")):
                yield Change(place, f"tagged {tag}", changes.NEW_NAME)
        yield from self.parameters(one, other, flow, place)
        yield from self.request(old, new, flow, f"{place} request")
        yield from self.responses(old, new, flow.reverse, place)
        for name, gone, came in entries(as_node(old.get("callbacks")), as_node(new.get("callbacks"))):
            # The service is the one that calls here.
            expressions = resolve(self.old, gone), resolve(self.new, came)
            yield from self.paths(*expressions, flow.reverse, f"{place} callback {name} ")
        if any("servers" in node for node in (old, new, one.item, other.item)):
            before = old.get("servers", one.item.get("servers", self.old.get("servers")))
            now = new.get("servers", other.item.get("servers", self.new.get("servers")))
            yield from servers(before, now, f"{place} servers")
        if "security" in old or "security" in new:
            mine = old.get("security", self.old.get("security")), new.get("security", self.new.get("security"))
            yield from security(*mine, f"{place} security", flow)

    def parameters(self, one: Operation, other: Operation, flow: Flow, place: str) -> Iterator[Change]:
        before, now = parameters(self.old, one), parameters(self.new, other)
        gone = [key for key in before if key not in now]
        added = [key for key in now if key not in before]
        for key in gone:
            name, where = key
            at = f"{place} {where} parameter {name}"
            successor = next(
                (each for each in added if is_successor(key, before[key], each, now[each], one, other)), None
            )
            if successor is None:
                yield Change(at, "removed", changes.GONE[flow], flow)
                continue
            added.remove(successor)
            if successor[1] != where:
                yield Change(at, f"moved to {successor[1]}", changes.REPLACED[flow], flow)
            elif where == "path":
                # Its place in the path is what is on the wire.
                yield Change(at, f"renamed to {successor[0]}", changes.RENAMED)
            else:
                yield Change(at, f"renamed to {successor[0]}", changes.REPLACED[flow], flow)
            yield from self.parameter(before[key], now[successor], flow, at)
        for key in added:
            required = bool(now[key].get("required"))
            table = changes.NARROWED if required and flow is Flow.SENT else changes.NEW
            at = f"{place} {key[1]} parameter {key[0]}"
            yield Change(at, f"added, {'required' if required else 'optional'}", table[flow], flow)
        for key in before.keys() & now.keys():
            yield from self.parameter(before[key], now[key], flow, f"{place} {key[1]} parameter {key[0]}")

    def parameter(self, old: Node, new: Node, flow: Flow, place: str) -> Iterator[Change]:
        """The changes of a parameter or of a header."""
        yield from deprecation(old, new, place)
        yield from necessity(old, new, place, flow)
        yield from unknown(old, new, PARAMETER, place)
        yield from self.schemas.compare(old.get("schema", {}), new.get("schema", {}), place, flow)
        if "content" in old or "content" in new:
            yield from self.content(old, new, flow, place, is_body=False)

    def request(self, old: Node, new: Node, flow: Flow, place: str) -> Iterator[Change]:
        before, now = resolve(self.old, old.get("requestBody")), resolve(self.new, new.get("requestBody"))
        if before and not now:
            yield Change(place, "body removed", changes.GONE[flow], flow)
        elif now and not before:
            required = bool(now.get("required"))
            table = changes.NARROWED if required and flow is Flow.SENT else changes.NEW
            yield Change(place, f"body added, {'required' if required else 'optional'}", table[flow], flow)
        else:
            yield from necessity(before, now, place, flow)
            yield from unknown(before, now, {"content", "required"}, place)
            yield from self.content(before, now, flow, place, is_body=flow is Flow.SENT)

    def responses(self, old: Node, new: Node, flow: Flow, operation: str) -> Iterator[Change]:
        for status, one, other in entries(as_node(old.get("responses")), as_node(new.get("responses"))):
            if str(status).startswith("x-"):
                continue
            place = f"{operation} response {status}"
            if other is None:
                # What a caller answers to a callback is sent: there it is the service that understood it.
                yield Change(place, "removed", changes.GONE[flow], flow)
                continue
            if one is None:
                # A client takes an unknown 4xx for a 400, and a 5xx for a 500 (RFC 9110, section 15); but not a 202
                # for a 200, whose body is another.
                is_error = status[:1] in ("4", "5") or status == "default"
                yield Change(place, "added", (changes.NEW if is_error else changes.WIDENED)[flow], flow)
                continue
            before, now = resolve(self.old, one), resolve(self.new, other)
            if is_shared(one, other):
                place = f"response {name_of(one)}"
                if self.is_told(place, flow):
                    continue
            yield from unknown(before, now, {"headers", "content", "links"}, place)
            yield from self.content(before, now, flow, place, is_body=False)
            for name, header, successor in entries(as_node(before.get("headers")), as_node(now.get("headers"))):
                at = f"{place} header {name}"
                if header is None or successor is None:
                    table = changes.GONE if successor is None else changes.NEW
                    yield Change(at, "removed" if successor is None else "added", table[flow], flow)
                    continue
                if is_shared(header, successor):
                    at = f"header {name}"
                    if self.is_told(at, flow):
                        continue
                yield from self.parameter(resolve(self.old, header), resolve(self.new, successor), flow, at)
            for name, gone, came in entries(as_node(before.get("links")), as_node(now.get("links"))):
                if gone is None:
                    yield Change(f"{place} link {name}", "added", changes.NEW_NAME)
                elif key_of(shape(gone)) != key_of(shape(came)):
                    yield Change(f"{place} link {name}", "changed" if came else "removed", changes.READ_ONLY_BY_PEOPLE)

    def is_told(self, place: str, flow: Flow) -> bool:
        """Whether what is shared was compared before, from now on."""
        known = (place, flow) in self.told
        self.told.add((place, flow))
        return known

    def content(self, old: Node, new: Node, flow: Flow, place: str, *, is_body: bool) -> Iterator[Change]:
        for kind, one, other in entries(as_node(old.get("content")), as_node(new.get("content"))):
            if one is None or other is None:
                table = changes.GONE if other is None else changes.NEW
                yield Change(place, f"{kind} {'removed' if other is None else 'added'}", table[flow], flow)
                continue
            before, now = as_node(one), as_node(other)
            yield from unknown(before, now, {"schema"}, place)
            yield from self.schemas.compare(
                before.get("schema", {}), now.get("schema", {}), place, flow, is_body=is_body
            )


def is_shared(old: Any, new: Any) -> bool:
    """Whether both are a reference to a component of one name, and nothing else."""
    return name_of(old) is not None and old == new and set(old) == {"$ref"}


def renamed(old: Node, new: Node) -> dict[str, str]:
    """New names of schemas by their old ones: a name that went, and the only one that came with the same schema."""
    came = {name: key_of(shape(new[name], own_name=name)) for name in new if name not in old}
    found: dict[str, str] = {}
    for name in old:
        alike = [each for each, known in came.items() if known == key_of(shape(old[name], own_name=name))]
        if name not in new and len(alike) == 1:
            found[name] = alike[0]
            del came[alike[0]]
    return found


def parameters(document: Node, operation: Operation) -> dict[tuple[str, str], Node]:
    """The parameters of an operation by name and location, with those of its path that it does not replace."""
    found: dict[tuple[str, str], Node] = {}
    for each in [*as_list(operation.item.get("parameters")), *as_list(operation.node.get("parameters"))]:
        parameter = resolve(document, each)
        found[str(parameter.get("name")), str(parameter.get("in"))] = parameter
    return found


def is_successor(
    key: tuple[str, str], old: Node, other_key: tuple[str, str], new: Node, one: Operation, other: Operation
) -> bool:
    """Whether a parameter is another one under a new name or at a new location."""
    (name, where), (other_name, other_where) = key, other_key
    if where == other_where == "path":
        slots, other_slots = (re.findall(r"\{([^}]*)\}", each.path) for each in (one, other))
        return (name, other_name) in zip(slots, other_slots, strict=False)
    if name == other_name:
        return True
    same = key_of(shape(old.get("schema"))) == key_of(shape(new.get("schema")))
    return where == other_where and same and bool(old.get("required")) == bool(new.get("required"))


def necessity(old: Node, new: Node, place: str, flow: Flow) -> Iterator[Change]:
    before, now = bool(old.get("required")), bool(new.get("required"))
    if before != now:
        table: dict[Flow, Verdict] = changes.NARROWED if now else changes.WIDENED
        yield Change(place, "now required" if now else "no longer required", table[flow], flow)


def servers(old: Any, new: Any, place: str) -> Iterator[Change]:
    before, now = ({str(as_node(each).get("url")): each for each in as_list(side)} for side in (old, new))
    for url, one, other in entries(before, now):
        if other is None:
            yield Change(place, f"{url} removed", changes.GONE[Flow.SENT])
        elif one is None:
            yield Change(place, f"{url} added", changes.NEW[Flow.SENT])
        else:
            yield from unknown(as_node(one), as_node(other), {"url"}, f"{place} {url}")
    if before and now and next(iter(before)) != next(iter(now)) and next(iter(before)) in now:
        what = f"the first, which generated clients call, became {next(iter(now))}"
        yield Change(place, what, changes.RENAMED)


def security(old: Any, new: Any, place: str, flow: Flow) -> Iterator[Change]:
    """The changes of what a request has to prove; a way that asks for less replaces one that asks for more."""
    before, now = ways(old), ways(new)
    if before == now:
        return
    is_kept = all(any(other <= one for other in now) for one in before)
    shown = " or ".join(sorted(" and ".join(sorted({name for name, _ in way})) or "nothing" for way in now))
    yield Change(place, f"now {shown}", (changes.WIDENED if is_kept else changes.NARROWED)[flow], flow)


def ways(security: Any) -> set[frozenset[tuple[str, str]]]:
    """The ways to prove who calls: each a set of schemes, with their scopes. Without any, nothing is to be proved."""
    found: set[frozenset[tuple[str, str]]] = set()
    for way in as_list(security) or [{}]:
        steps = ((name, str(scope)) for name, scopes in as_node(way).items() for scope in ["", *as_list(scopes)])
        found.add(frozenset(steps))
    return found
