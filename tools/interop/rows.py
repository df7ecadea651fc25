"""Runs the calls of a program written in Python, and prints for each a line of JSON: what the program observed."""

from __future__ import annotations

import json
import os
import re
import traceback
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.request import Request, urlopen

from PIL import Image

BASE_URL, API_KEY = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
MODEL = os.environ["INTEROP_MODEL"]
"""The model of the chats."""
HELLO = "Say hello."
JSON = 'Say only this, as JSON: {"hello": "world"}'
WEATHER = "What is the weather in Paris?"
LOOK = "data:image/png;base64,iVBORw0KGgo="
"""A picture of a message. It isn't read, but for its beginning."""
CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Paris", "Oslo"]}, "days": {"type": "integer", "enum": [1, 2]}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
"""The schema of a JSON answer and of a function's arguments."""
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather in a city", "parameters": CITY},
}
OTHER_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "bake", "description": "Bakes a cake", "parameters": {"type": "object", "properties": {}}},
}
NAMED: dict[str, Any] = {"type": "function", "function": {"name": "weather"}}
REPEATABLE: dict[str, Any] = {"temperature": 0, "seed": 7}
"""What makes a chat give the same text twice."""

_WANTED = os.environ["INTEROP_CALLS"].split()
_calls: dict[str, Callable[[], None]] = {}


def row(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Makes a function the call of a row. It passes if the function returns."""

    def added(call: Callable[[], None]) -> Callable[[], None]:
        _calls[name] = call
        return call

    return added


def run() -> None:
    """Makes the calls that are wanted, and prints the rows."""
    for name, call in _calls.items():
        if name not in _WANTED:
            continue
        status, message = None, ""
        try:
            call()
        except Exception as error:  # noqa: BLE001 - whatever it is, the row says it
            status = getattr(error, "status_code", None)
            message = str(error) if status else "".join(traceback.format_exception(error)[-3:])
        print(json.dumps({"call": name, "status": status, "message": message}), flush=True)


def fail_next(fault: str) -> None:
    """Makes the sandbox fail the next request."""
    _control("faults", {"fault": fault})


def reset() -> None:
    """Makes the sandbox forget the faults that are left."""
    _control("reset", {})


def _control(name: str, body: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    url = f"{BASE_URL.removesuffix('/v1')}/sandbox/{name}"
    with urlopen(Request(url, json.dumps(body).encode(), headers)):
        pass


def raises(kind: type[Exception], call: Callable[[], object]) -> None:
    """Checks that a call raises an error of a class."""
    try:
        call()
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")


def check_text(text: Any) -> None:
    """Checks that a model said something."""
    assert isinstance(text, str), text
    assert text.strip(), "no text"


def check_city(value: Any) -> None:
    """Checks that a value follows `CITY`."""
    assert isinstance(value, dict), value
    assert value.keys() == {"city", "days"}, value
    assert value["city"] in ("Paris", "Oslo"), value
    assert value["days"] in (1, 2), value


def first_word(text: str) -> str:
    """A word inside of a text, to stop at."""
    found = re.search(r"(?<=\s)[A-Za-z]{2,}", text)
    assert found, text
    return found[0]


def check_image(file: bytes, kind: str, size: tuple[int, int], mode: str = "RGB") -> None:
    """Checks that a file is a whole picture of a kind, as Pillow names it, and of a size."""
    with Image.open(BytesIO(file)) as image:
        image.load()
        found = (image.format, image.size, image.mode)
    assert found == (kind, size, mode), found


def fetched(url: str | None) -> bytes:
    """The file of a URL."""
    assert url
    with urlopen(url) as response:
        return bytes(response.read())
