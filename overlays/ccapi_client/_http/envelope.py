"""Reads the reason out of the body of an error: the contract's envelope, or what others send in its place. No I/O.

The contract's `{"error": {"message", "type", "code", "param", "details"}}` comes first. The others: FastAPI's and RFC
9457's `detail`, lists of errors, `message` at the top, `metadata` for `details`, a page of HTML, plain text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._unicode import repaired

Reason = dict[str, Any]
"""What is known of `message`, `type`, `code`, `param` and `details`: texts, and `details` as an object."""

LONGEST = 500
"""How much of a text that is no JSON is a message, in characters."""

_MESSAGES = ("message", "msg", "detail", "error_description", "description", "reason", "text", "faultstring", "title")
_WRAPPERS = ("errors", "detail", "fault")


def reason_in(body: bytes) -> Reason:
    """Why a request failed, by the body of the response; empty where that doesn't say."""
    try:
        document = repaired(json.loads(body))
    except (ValueError, RecursionError):
        message = _message_in_text(body)
        return {"message": message} if message else {}
    return reason_of(document)


def wrapped(document: object) -> Reason | None:
    """The reason in a document that has an `error`; None where it has none, whatever else it says."""
    error = document.get("error") if isinstance(document, dict) else None
    return reason_of(repaired(document)) if error and isinstance(error, dict | list | str) else None


def reason_of(document: object) -> Reason:
    """Why a request failed, by a document of whatever shape; empty where that doesn't say."""
    for _ in range(5):  # an error in a list in a `detail` …
        inner = _inner(document)
        if inner is None:
            break
        document = inner
    if isinstance(document, dict):
        return _of_object(document)
    message = _said(document)
    return {"message": message} if message else {}


def _inner(document: object) -> object:
    """What a document only wraps; None where it says something itself."""
    if isinstance(document, list):
        return document[0] if len(document) == 1 and _says_more(document[0]) else None
    if not isinstance(document, dict):
        return None
    says_itself = any(isinstance(document.get(name), str) for name in _MESSAGES)
    for name in ("error", *(() if says_itself else _WRAPPERS)):
        value = document.get(name)
        if _says_more(value) or _inner(value) is not None:
            return value
    return None


def _says_more(value: object) -> bool:
    """Whether a value is an error, and not one of several remarks about the fields of a request."""
    return (
        isinstance(value, dict)
        and any(name in value for name in (*_MESSAGES, "code", "type", "error"))
        and "loc" not in value
    )


def _of_object(error: Mapping[str, Any]) -> Reason:
    """The reason in one object."""
    kind, word = _text(error.get("type")), _text(error.get("error"))
    message = _message(error)
    reason = {
        "message": message,
        # RFC 9457 has an address as the type, and says nothing by `about:blank`. Google calls it the status.
        "type": _text(error.get("status")) if kind is None else None if kind == "about:blank" else kind,
        "code": _code(error.get("code")) or (None if word == message or word is None or " " in word else word),
        "param": _text(error.get("param")),
        "details": next((each for each in map(error.get, ("details", "metadata")) if isinstance(each, dict)), None),
    }
    return {name: value for name, value in reason.items() if value}


def _message(error: Mapping[str, Any]) -> str:
    title, detail = error.get("title"), error.get("detail")
    if isinstance(title, str) and isinstance(detail, str) and title and detail:
        return f"{title}: {detail}"
    return next(filter(None, (_said(error.get(name)) for name in (*_MESSAGES, "error", "errors"))), "")


def _said(value: object) -> str:
    """What a message says, also where it is an object, a list of them, or tells of each field what is wrong with it."""
    if isinstance(value, list):
        return "; ".join(filter(None, (_said(item) for item in value[:10] if not isinstance(item, list))))
    if not isinstance(value, dict):
        return value if isinstance(value, str) else ""
    said = next((value[name] for name in _MESSAGES if isinstance(value.get(name), str) and value[name]), "")
    place = value.get("loc")
    if isinstance(place, list) and place and said:
        return f"{'.'.join(map(str, place))}: {said}"
    remarks = {name: each[0] if isinstance(each, list) and each else None for name, each in value.items()}
    return said or "; ".join(f"{name}: {each}" for name, each in remarks.items() if isinstance(each, str))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _code(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return _text(value)


def _message_in_text(body: bytes) -> str:
    start = body.lstrip()[:1]
    if start == b"<":
        import html  # here, for few errors need it

        found = " ".join(html.unescape(_title_in(body).decode(errors="replace")).split())
    elif start in (b"{", b"["):  # JSON that was cut says nothing
        found = ""
    else:
        found = _decoded(body)
    return found[:LONGEST] if all(each.isprintable() or each.isspace() for each in found) else ""


def _title_in(page: bytes) -> bytes:
    """The title of a web page; empty where it has none. Looks at each byte once: a regular expression starts over."""
    lower = page.lower()
    tag = lower.find(b">", max(lower.find(b"<title"), 0))
    end = lower.find(b"</title", tag)
    return page[tag + 1 : end] if b"<title" in lower[: tag + 1] and end >= 0 else b""


def _decoded(body: bytes) -> str:
    try:
        return body.decode().strip()
    except UnicodeDecodeError:
        return ""
