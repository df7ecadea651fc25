"""An answer that follows a JSON Schema, from a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._chat.forms import unfenced
from .._extras import how_to_install
from ..errors import ConfigurationError, InvalidRequestError
from .inputs import json_in

LONGEST_REASON = 200
"""How much of the reason why an answer does not follow the schema is printed, in characters."""


class Schema:
    """The form of an answer, as `_chat.parsing` reads it.

    Attributes:
        name: What the schema is called.
    """

    def __init__(self, path: str) -> None:
        """Reads the file.

        Raises:
            InvalidRequestError: It is no JSON Schema.
            ConfigurationError: What checks answers is not installed.
        """
        try:
            from jsonschema import Draft202012Validator, SchemaError, validators
            from referencing.jsonschema import EMPTY_REGISTRY
        except ModuleNotFoundError as error:
            raise ConfigurationError(f"--schema needs {error.name}: {how_to_install('cli')}") from None

        document = json_in("--schema", path)
        if not isinstance(document, dict):
            raise InvalidRequestError(f"--schema: {path} is no JSON Schema: an object is expected")
        if not isinstance(document.get("$schema", ""), str):
            raise InvalidRequestError(f"--schema: {path} is no JSON Schema: $schema: a text is expected")
        try:
            elsewhere = next((each for each in _references(document) if not each.startswith("#")), None)
            if elsewhere is not None:
                raise InvalidRequestError(f"--schema: {path} refers to {elsewhere}: all of it has to be in this file")
            kind = validators.validator_for(document, default=Draft202012Validator)
            kind.check_schema(document)
            self._is_strict = _is_strict(document)
        except SchemaError as error:
            raise InvalidRequestError(f"--schema: {path} is no JSON Schema: {_reason(error)}") from None
        except RecursionError:
            raise InvalidRequestError(f"--schema: {path} is nested too deeply to be checked") from None
        self._document, self._validator = document, kind(document, registry=EMPTY_REGISTRY)
        title = document.get("title")
        self.name = (
            re.sub(r"[^A-Za-z0-9_-]+", "_", title if isinstance(title, str) else Path(path).stem)[:64] or "answer"
        )

    def response_format(self) -> dict[str, Any]:
        """The field `response_format` of a request; strict where the schema is one that strict mode takes."""
        schema = {"name": self.name, "schema": self._document, "strict": self._is_strict}
        return {"type": "json_schema", "json_schema": schema}

    def read(self, text: str) -> Any:
        """The document that a text holds.

        Raises:
            ValueError: It holds none, or one that does not follow the schema.
        """
        from jsonschema.exceptions import best_match

        try:
            document = json.loads(unfenced(text))
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        error = best_match(self._validator.iter_errors(document))
        if error is not None:
            raise ValueError(_reason(error))
        return document


def _reason(error: Any) -> str:
    reason = f"{error.json_path.removeprefix('$').removeprefix('.') or 'the whole'}: {error.message}"
    return reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}…"


def _references(node: Any) -> Iterator[str]:
    """What a schema refers to."""
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _references(child)


def _is_strict(node: Any) -> bool:
    """Whether all objects of a schema are closed, and require each of their fields."""
    if isinstance(node, dict) and node.get("type") == "object":
        fields, required = node.get("properties", {}), node.get("required", [])
        if node.get("additionalProperties") is not False or set(fields) != set(required):
            return False
    return all(map(_is_strict, node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()))
