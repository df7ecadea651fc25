"""The forms of a reply: what a test may give, and the one form that is made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict, cast

Kind = Literal["chats", "images", "jobs"]
"""Which requests a reply is for."""

NO_BODY = (204, 205, 304)
"""The statuses whose responses have no body."""


class ToolCall(TypedDict):
    """A call of a tool. `arguments` is an object, or a text that is sent as it is: it may be broken JSON."""

    name: str
    arguments: Mapping[str, Any] | str
    id: NotRequired[str]


class Reply(TypedDict, total=False):
    """A response. For a chat: `text` or `json`, `tool_calls`, `finish_reason`. For an image or a job: `json`.

    `status` and `body` are sent as they are, for all of them. `headers` are added to any.
    """

    text: str | Sequence[str]
    json: Any
    tool_calls: Sequence[ToolCall]
    finish_reason: str
    status: int
    body: Any
    headers: Mapping[str, str]


Content = str | Sequence[str] | Reply
"""A text, a text in the pieces in which it is streamed, or a `Reply`."""


@dataclass(frozen=True)
class Raw:
    """A response that is sent as it is."""

    status: int
    content: bytes | None
    """None for the error of the contract that a status stands for."""
    media_type: str | None


@dataclass(frozen=True)
class Script:
    """A reply that was read, and can be used."""

    headers: Mapping[str, str]
    raw: Raw | None = None
    pieces: tuple[str, ...] | None = None
    calls: tuple[dict[str, str], ...] = ()
    finish_reason: str = "stop"
    document: Mapping[str, Any] | None = None
    """What an image or a job has in its JSON."""


def merged(content: Content | None, fields: Mapping[str, Any]) -> Reply:
    """A reply of its content and more fields.

    Raises:
        ValueError: The content is none; the message starts with the name of the field.
    """
    if content is None or isinstance(content, Mapping):
        return cast(Reply, {**(content or {}), **fields})
    if isinstance(content, str) or _is_list(content):
        return cast(Reply, {"text": content, **fields})
    raise bad("content", f"a text, a list of its pieces, or an object is expected, not {_shown(content)}")


def read(content: Content, kind: Kind) -> Script:
    """A reply in the form that is used.

    Raises:
        ValueError: It can't be used; the message starts with the name of the field.
    """
    given = merged(content, {})
    names = tuple(Reply.__annotations__)
    for name in given:
        if name not in names:
            raise bad(name, f"no such field of a reply; there are {', '.join(names)}")
    headers = _headers(given.get("headers"))
    if "status" in given or "body" in given:
        return Script(headers, raw=_raw(given))
    return _chat(given, headers) if kind == "chats" else _picture(given, headers, kind)


def _raw(given: Mapping[str, Any]) -> Raw:
    for name in given:
        if name not in ("status", "body", "headers"):
            raise bad(name, f"status and body are the whole response; leave {name} out")
    status, body = given.get("status", 200), given.get("body")
    if type(status) is not int or not 200 <= status <= 599:
        raise bad("status", f"a number from 200 to 599 is expected, not {_shown(status)}")
    if body is None:
        return Raw(status, None if status >= 400 else b"", None)
    if status in NO_BODY:
        raise bad("body", f"a response with the status {status} has none")
    if isinstance(body, bytes | bytearray):
        return Raw(status, bytes(body), "application/octet-stream")
    if isinstance(body, str):
        return Raw(status, _text("body", body).encode(), "text/plain")
    return Raw(status, _json("body", body).encode(), "application/json")


def _chat(given: Mapping[str, Any], headers: Mapping[str, str]) -> Script:
    if "text" in given and "json" in given:
        raise bad("json", "it is the text of the answer; leave text out")
    pieces: tuple[str, ...] | None = None
    if "json" in given:
        pieces = tuple(cut(_json("json", given["json"])))
    elif "text" in given:
        text = given["text"]
        if not isinstance(text, str) and not _is_list(text):
            raise bad("text", f"a text, or a list of its pieces, is expected, not {_shown(text)}")
        pieces = tuple(_text("text", each) for each in (cut(text) if isinstance(text, str) else text))
    calls = given.get("tool_calls", ())
    if not _is_list(calls):
        raise bad("tool_calls", f"a list of calls is expected, not {_shown(calls)}")
    if pieces is None and not calls:
        raise bad("text", "a text, json, tool_calls, a status or a body is required")
    reason = given.get("finish_reason", "tool_calls" if calls else "stop")
    return Script(
        headers,
        pieces=pieces,
        calls=tuple(_call(call, f"tool_calls[{index}]") for index, call in enumerate(calls)),
        finish_reason=_text("finish_reason", reason),
    )


def _call(call: Any, where: str) -> dict[str, str]:
    if not isinstance(call, Mapping) or not {"name", "arguments"} <= call.keys() <= {"name", "arguments", "id"}:
        raise bad(where, "an object with name and arguments, and perhaps an id, is expected")
    arguments = call["arguments"]
    if not isinstance(arguments, Mapping | str):
        raise bad(f"{where}.arguments", f"an object, or a text, is expected, not {_shown(arguments)}")
    found = {"name": call["name"], "id": call.get("id", "")}
    found = {name: _text(f"{where}.{name}", value) for name, value in found.items()}
    if not found["name"]:
        raise bad(f"{where}.name", "a name is expected")
    text = arguments if isinstance(arguments, str) else _json(f"{where}.arguments", arguments)
    return found | {"arguments": _text(f"{where}.arguments", text)}


def _picture(given: Mapping[str, Any], headers: Mapping[str, str], kind: str) -> Script:
    for name in given:
        if name not in ("json", "headers"):
            raise bad(name, f"only chats have it; for {kind}, json is what the response has, as in the contract")
    document = json.loads(_json("json", given.get("json")))
    if not isinstance(document, dict):
        raise bad("json", "an object is expected, with the fields of the response")
    return Script(headers, document=document)


def _headers(given: Any) -> dict[str, str]:
    if not isinstance(given or {}, Mapping):
        raise bad("headers", f"an object of names and texts is expected, not {_shown(given)}")
    found = dict(given or {})
    for name, value in found.items():
        if not (isinstance(name, str) and re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)):
            raise bad("headers", f"{_shown(name)} is not the name of a header")
        if name.lower() in ("content-length", "transfer-encoding", "connection"):
            raise bad("headers", f"the server sets {name} itself")
        if not (isinstance(value, str) and re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", value)):
            raise bad("headers", f"{name}: a text of one line, in Latin-1, is expected, not {_shown(value)}")
    return found


def cut(text: str) -> list[str]:
    """A text in pieces: words, with the space before them, and long words in several."""
    return re.findall(r"\s*\S{1,16}|\s+", text)


def _text(name: str, value: Any) -> str:
    try:
        if isinstance(value, str) and value.encode() is not None:
            return value
    except UnicodeEncodeError:
        raise bad(name, "half of a surrogate pair is not a character") from None
    raise bad(name, f"a text is expected, not {_shown(value)}")


def _json(name: str, value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise bad(name, f"not JSON: {error}") from None
    return _text(name, text)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)


def _shown(value: Any) -> str:
    return repr(value)[:100]


def bad(field: str, reason: str) -> ValueError:
    """The error for a field that can't be used."""
    return ValueError(f"{field}: {reason}")
