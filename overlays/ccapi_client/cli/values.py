"""What the text of an option means: a number, a header, JSON."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import click
from click.shell_completion import CompletionItem


class Whole(click.IntRange):
    """A whole number within bounds."""

    name = "integer"  # in messages and in the help, where click's own is "integer range"


class Number(click.FloatRange):
    """A number within bounds."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; `nan` is within no bounds, which click does not notice."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a valid number", param, ctx)
        return number


class Name(click.ParamType[str]):
    """A name, which is not empty: a variable of the shell that is not set would mean another one."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name."""
        if not str(value).strip():
            self.fail("it is empty; give a name, or leave it out", param, ctx)
        return str(value)


class Place(click.ParamType[str]):
    """The path of a file or a folder, which shells complete; or a URL, or `-`."""

    name = "path"

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Leaves it to the shell, which knows what is there."""
        return [CompletionItem(incomplete, type=self._kind)]


FILE, FOLDER = Place("file"), Place("dir")


class Header(click.ParamType[Any]):
    """A header, as `Name: value`."""

    name = "header"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Its name and its value."""
        name, colon, text = value.partition(":") if isinstance(value, str) else ("", "", "")
        if not colon:
            self.fail("'Name: value' is expected", param, ctx)  # what was given instead may be secret
        return name.strip(), text.strip()


class Json(click.ParamType[Any]):
    """A JSON document, for a field that is an object or a list of them."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The document."""
        try:
            return json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError) as error:
            self.fail(f"not JSON: {error}", param, ctx)


class TextOrJson(Json):
    """A text, or else a JSON object or a JSON list of texts, for a field that can be either."""

    name = "text"

    def __init__(self, *, objects: bool) -> None:
        self._objects = objects

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The text, the object or the list."""
        if self._objects:
            return super().convert(value, param, ctx) if str(value).lstrip().startswith("{") else value
        with suppress(ValueError, RecursionError):  # a text that only looks like a list
            texts = json.loads(value)
            if isinstance(texts, list) and texts and all(isinstance(each, str) for each in texts):
                return texts
        return value
