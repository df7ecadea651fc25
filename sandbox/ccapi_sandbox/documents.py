"""Answers that are JSON: which documents `response_format` requires, and the text generator's document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import babble, tools
from .errors import ApiError

FORMS = ("text", "json_object", "json_schema")
"""The types of `response_format` that the models here support."""


def check(body: Mapping[str, Any]) -> None:
    """Rejects a `response_format` that no model here can honor.

    Raises:
        ApiError: 400, with the name of the field.
    """
    form = _form(body)
    if form["type"] not in FORMS:
        reason = f"the models here write {', '.join(FORMS)}, not {form['type'][:100]!r}"
        raise ApiError.bad_request(f"response_format: {reason}", field="response_format")
    if form["type"] == "json_schema" and "schema" not in form.get("json_schema", {}):
        field = "response_format.json_schema.schema"
        raise ApiError.bad_request(f"{field}: it is required for json_schema", field=field)


def example_of(body: Mapping[str, Any]) -> str | None:
    """The document that the text generator answers with, as JSON; None if any text will do.

    It is an example of the schema. Without a schema, it is an object that holds the generated text.

    Raises:
        ApiError: 400 if no example of the schema is found.
    """
    form = _form(body)
    if form["type"] == "json_object":
        found: Any = {"text": "".join(babble.reply(body["messages"]).tokens)}
    elif form["type"] == "json_schema":
        found = tools.example_of(form["json_schema"]["schema"], "response_format.json_schema.schema")
    else:
        return None
    return json.dumps(found, ensure_ascii=False)


def _form(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = body.get("response_format", {"type": "text"})
    return found
