"""What an error suggests in place of what it complains of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from ccapi_openapi.model import Model, fields_of, types_of

_ELSEWHERE = {
    "max_retries": ("retry", "here it is retry=RetryPolicy(max_attempts=…), which counts the first attempt too"),
    "default_headers": ("headers", "here it is headers={…}"),
    "default_query": ("base_url", "here it is the query of base_url, https://…?name=value"),
    "http_client": ("transport", "here it is transport=…, a transport of httpx; verify, cert and proxy are options"),
    "organization": ("api_key", "there is nothing like it here; leave it out"),
    "project": ("api_key", "there is nothing like it here; leave it out"),
    "api_base": ("base_url", "here it is base_url='https://…'"),
    "endpoint": ("base_url", "here it is base_url='https://…'"),
}
"""Names that other clients have: the option in whose place one stands, and what to say of it."""


def hint(unknown: str, known: Iterable[str], what: str) -> str:
    """The known name that an unknown one is near to; else all of them, as `what` they are."""
    from difflib import get_close_matches  # here, because it takes a while to import

    near = get_close_matches(unknown, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"the {what} are {', '.join(known)}"


def check_names(function: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raises a `TypeError`, as Python does, where a function gets a keyword argument that it does not have."""
    for name in given:
        if name not in known:
            option, elsewhere = _ELSEWHERE.get(name, ("", ""))
            suggestion = elsewhere if option in known else hint(name, known, "options")
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}; {suggestion}")


def form_of(model: type[Model], name: str, given: Mapping[str, Any]) -> str:
    """The right form of a field that got a text, or texts, in place of objects that have a text; else nothing.

    Args:
        model: The model of the whole.
        name: The place of the problem, `contents` or `contents[0]`.
        given: The fields.
    """
    name, is_item, _ = name.partition("[")
    kind, value = types_of(model).get(name), given.get(name)
    is_text = (
        any(isinstance(each, str) for each in value) if is_item and isinstance(value, list) else isinstance(value, str)
    )
    if not is_text or get_origin(kind) is not list:
        return ""
    (item,) = get_args(kind)
    has_text = isinstance(item, type) and issubclass(item, Model) and "text" in {each.name for each in fields_of(item)}
    return f'; for one text: {name}=[{{"text": "…"}}]' if has_text else ""
