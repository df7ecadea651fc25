"""The form of a structured answer: a class as a `response_format`, and its instances from texts."""

from __future__ import annotations

import json
import re
import sys
from typing import Any, Generic, TypeVar

from ..errors import InvalidRequestError
from .schemas import Document, has_fields, instance, schema_of

T = TypeVar("T")

_DROPPED = frozenset(("default", "title"))
"""What Pydantic writes into a schema and a strict one must not have, or does not need."""


class Form(Generic[T]):
    """A class of Pydantic's, a dataclass or a TypedDict, as the form of an answer."""

    def __init__(self, kind: type[T]) -> None:
        """Takes the class.

        Raises:
            InvalidRequestError: It is none of these, or has no JSON Schema.
        """
        self.kind, self.name = kind, getattr(kind, "__name__", "")
        is_pydantic = isinstance(kind, type) and "pydantic" in sys.modules and hasattr(kind, "__pydantic_validator__")
        if not (is_pydantic or has_fields(kind)):
            what = kind.__name__ if isinstance(kind, type) else repr(kind)
            raise InvalidRequestError(
                f"response_format: a class of Pydantic 2, a dataclass or a TypedDict is expected, not {what[:60]}; "
                "create_chat_completion() takes a response_format as it is sent"
            )
        self._adapter: Any = sys.modules["pydantic"].TypeAdapter(kind) if is_pydantic else None
        try:
            schema = self._adapter.json_schema(by_alias=True) if self._adapter else schema_of(kind)
        except Exception as error:
            raise InvalidRequestError(f"response_format: {kind.__name__} has no JSON Schema: {error}") from error
        schema = _unfolded(schema, schema)  # the class itself, where it contains itself
        if schema.get("type") != "object":
            raise InvalidRequestError(f"response_format: {kind.__name__} is not a JSON object: put it into a field")
        self._is_strict = not _is_open(schema)
        self._schema = _strict(schema, schema) if self._is_strict else schema

    def response_format(self) -> Document:
        """The field `response_format` of a request.

        A schema with objects of any fields (`dict`) is not strict: strict ones can't say that.
        """
        name = re.sub(r"[^A-Za-z0-9_-]", "_", self.kind.__name__)[:64]
        described = {"description": self._schema["description"]} if self._schema.get("description") else {}
        schema = {"name": name, **described, "schema": self._schema, "strict": self._is_strict}
        return {"type": "json_schema", "json_schema": schema}

    def read(self, text: str) -> T:
        """The instance that a text holds; it may stand in a fence of Markdown, as some models write it.

        Raises:
            ValueError: It holds none; the message says why.
        """
        text = unfenced(text)
        if self._adapter is not None:
            read: T = self._adapter.validate_json(text)  # its errors are ValueErrors
            return read
        try:
            document = json.loads(text)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        parsed: T = instance(self.kind, document)
        return parsed


def unfenced(text: str) -> str:
    """A text without the one fence around all of it, ```json … ```."""
    head, _, rest = text.strip().partition("\n")
    is_fenced = head.strip().lower() in ("```", "```json") and rest.endswith("```")
    return rest.removesuffix("```") if is_fenced else text


def _is_open(node: Any) -> bool:
    """Whether a schema has objects whose fields it does not list, or values of any type."""
    if isinstance(node, list):
        return any(map(_is_open, node))
    if not isinstance(node, dict):
        return False
    if node.get("type") == "object" and ("properties" not in node or node.get("additionalProperties", False)):
        return True
    children = [*node.get("properties", {}).values(), *node.get("$defs", {}).values()]
    lists = [*node.get("anyOf", []), *node.get("allOf", []), *node.get("oneOf", []), *node.get("prefixItems", [])]
    more = [node["items"]] if "items" in node else []
    return any(not child or _is_open(child) for child in [*children, *lists, *more])


def _unfolded(node: Document, root: Document) -> Document:
    """A schema with what its `$ref` names in its place, where something else stands beside it."""
    beside = {name: value for name, value in node.items() if name != "$ref"}
    if "$ref" not in node or not beside.keys() - _DROPPED:
        return node
    target: Any = root
    for step in node["$ref"].split("/")[1:]:
        target = target[step]
    return {**target, **beside}


def _strict(node: Any, root: Document) -> Any:
    """A schema as strict ones are: closed objects that require all fields, no defaults, nothing beside a $ref."""
    if isinstance(node, list):
        return [_strict(each, root) for each in node]
    if not isinstance(node, dict):
        return node
    node = {name: value for name, value in node.items() if name not in _DROPPED}
    node = {name: value for name, value in _unfolded(node, root).items() if name not in _DROPPED}
    if len(node.get("allOf", [])) == 1:
        node = {**node["allOf"][0], **{name: value for name, value in node.items() if name != "allOf"}}
        return _strict(node, root)
    if "oneOf" in node:
        node["anyOf"] = node.pop("oneOf")
        node.pop("discriminator", None)
    strict = {
        # The names in these two are those of fields and classes, not of what a schema says.
        name: {key: _strict(each, root) for key, each in value.items()}
        if name in ("properties", "$defs")
        else value
        if name in ("enum", "const")
        else _strict(value, root)
        for name, value in node.items()
    }
    if strict.get("type") == "object":
        strict["additionalProperties"] = False
        strict["required"] = list(strict["properties"])
    return strict
