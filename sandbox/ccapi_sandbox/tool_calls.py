"""Answers a chat with a tool call: the language model writes the arguments, or they are an example of the schema."""

from __future__ import annotations

import json
import re
from typing import Any

from . import babble, tools
from .chat_engine import longest
from .errors import ApiError
from .gateway import Gateway


async def complete(
    gateway: Gateway, request: dict[str, Any], function: tools.Function, babbles: bool
) -> dict[str, Any]:
    """The response that calls the function.

    Raises:
        ApiError: 400 if no arguments are found, else what the language model's server responds with.
    """
    call_id = gateway.new_id("call")
    written = None if babbles else await _written(gateway, request, function)
    if written is not None:
        text, usage, is_cut = written
        return tools.document(call_id, function, text, usage, is_cut)
    text = json.dumps(await gateway.work(tools.example_arguments, function), ensure_ascii=False)
    pieces, most = tools.pieces(text), longest(request)
    said = pieces[:most]
    asked = babble.count_tokens(request["messages"])
    usage = {"prompt_tokens": asked, "completion_tokens": len(said), "total_tokens": asked + len(said)}
    return tools.document(call_id, function, "".join(said), usage, len(said) < len(pieces))


async def _written(
    gateway: Gateway, request: dict[str, Any], function: tools.Function
) -> tuple[str, dict[str, Any], bool] | None:
    """The language model's arguments, what they used, and whether its limit cut them; None if it wrote none."""
    prompted = tools.prompted(request, function)
    if prompted is None:
        return None
    try:
        document = await gateway.chat.complete(prompted)
    except ApiError as error:
        if error.status == 400 and re.search("schema|grammar", str(error)):
            return None  # one that llama.cpp can't read
        raise
    choice = document["choices"][0]
    text, usage = (choice.get("message") or {}).get("content") or "", document.get("usage") or {}
    if choice.get("finish_reason") == "length" and longest(request) is not None:
        return text, usage, True
    try:
        arguments = json.loads(text)
    except ValueError:
        return None
    is_right = isinstance(arguments, dict) and await gateway.work(tools.follows, arguments, function.schema)
    return (text, usage, False) if is_right else None
