"""Makes the responses that a test scripted: chats, at once or streamed, pictures, and the ends of jobs."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from . import catalog
from .babble import count_tokens
from .chat import requested
from .errors import ApiError
from .faults import Fault
from .forms import Script, cut
from .gateway import Answer, Call, File, Gateway
from .replies import OPERATIONS, Received

logger = logging.getLogger("ccapi_sandbox")


async def respond(
    gateway: Gateway, operation: str, call: Call, key: str | None, handler: Callable[[Gateway, Call], Awaitable[Answer]]
) -> Answer:
    """The next scripted response to an operation, else the handler's. `key` is the request's `Idempotency-Key`.

    Raises:
        ApiError: As the handler. 400 if a function that was given to `reply` failed.
    """
    kind = OPERATIONS.get(operation)
    if kind is None:
        return await handler(gateway, call)
    ids = _available(call) if kind == "chats" and len(gateway.replies) else []
    source = gateway.replies.take(kind)
    if callable(source):
        received = Received(operation, call.body, key)
        try:
            content = await gateway.work(source, received)
            source = None if content is None else gateway.replies.read(content, kind)
        except Exception as error:
            logger.exception("the function given to reply() failed")
            raise _failed(f"{type(error).__name__}: {error}") from error
    if source is None:
        return await handler(gateway, call)
    if source.raw is not None:
        return _raw(source)
    if kind == "jobs":
        answer = await handler(gateway, replace(call, ending=source.document))
        is_free = (source.document or {}).get("status") in ("failed", "cancelled")
        answer = replace(answer, cost=0.0 if is_free else answer.cost)
    else:
        answer = _picture(gateway, call, source) if kind == "images" else _chat(gateway, call, source, ids[0])
    return replace(answer, headers={**answer.headers, **source.headers})


def _failed(reason: str) -> ApiError:
    return ApiError(400, "invalid_request_error", "reply_failed", f"reply: the function failed: {reason}")


def _available(call: Call) -> list[str]:
    """The models of a chat that are not made to fail, whether the sandbox has them or not.

    Raises:
        ApiError: 400 if the request names none, 503 or that of the fault if none is available.
    """
    ids = requested(call.body)
    known = {each: catalog.find(catalog.ChatModel, each) for each in ids}
    down = {each for each, found in known.items() if found and not found.is_up}
    failing = {call.fault.model} if call.fault and call.fault.status else set()
    left = [each for each in ids if each not in down | failing]
    if not left and ids[-1] in failing and call.fault:
        raise call.fault.error
    if not left:
        raise ApiError(503, "api_error", "model_unavailable", f"The model {ids[-1]} is down.")
    return left


def _raw(script: Script) -> Answer:
    raw = script.raw
    assert raw is not None  # noqa: S101 - its caller has checked
    headers = script.headers
    if raw.content is None:
        error = Fault(str(raw.status)).error
        error.envelope["error"]["message"] = f"The status {raw.status} was scripted."
        return Answer(error.envelope, raw.status, headers, is_executed=False)
    content = raw.content
    file = File(raw.media_type or "", lambda: content)
    return Answer({}, raw.status, headers, file=file, is_executed=raw.status < 400, is_as_given=True)


def _picture(gateway: Gateway, call: Call, script: Script) -> Answer:
    model = call.body.get("model", catalog.DEFAULT_IMAGE_MODEL)
    head = {"id": gateway.new_id("img"), "created": int(gateway.now()), "model": model}
    document = {**head, "provider": model.partition("/")[0], **(script.document or {})}
    return Answer(document, cost=len(document["data"]) * _price(model))


def _chat(gateway: Gateway, call: Call, script: Script, model: str) -> Answer:
    body, text = call.body, "".join(script.pieces or ())
    calls = [
        {"id": each["id"] or gateway.new_id("call"), "name": each["name"], "arguments": each["arguments"]}
        for each in script.calls
    ]
    head = {
        "id": gateway.new_id("chatcmpl"),
        "created": int(gateway.now()),
        "model": model,
        "provider": model.partition("/")[0],
    }
    asked = count_tokens(body["messages"])
    said = len(cut(text)) + sum(len(cut(each["arguments"])) for each in calls)
    count = int(body.get("n") or 1)
    usage = {"prompt_tokens": asked, "completion_tokens": said * count, "total_tokens": asked + said * count}
    cost = _price(model) * usage["total_tokens"] / 1000
    if body.get("stream"):
        with_usage = (body.get("stream_options") or {}).get("include_usage")
        return Answer(head, chunks=_chunks(head, script, calls, count, usage if with_usage else None), cost=cost)
    message: dict[str, Any] = {"role": "assistant", "content": None if script.pieces is None else text}
    if calls:
        message["tool_calls"] = [
            {"id": each["id"], "type": "function", "function": {"name": each["name"], "arguments": each["arguments"]}}
            for each in calls
        ]
    choices = [{"index": index, "message": message, "finish_reason": script.finish_reason} for index in range(count)]
    return Answer({**head, "object": "chat.completion", "choices": choices, "usage": usage}, cost=cost)


async def _chunks(
    head: Mapping[str, Any], script: Script, calls: list[dict[str, str]], count: int, usage: dict[str, int] | None
) -> AsyncIterator[dict[str, Any]]:
    whole = {**head, "object": "chat.completion.chunk"}
    for index in range(count):
        for delta in _deltas(script, calls):
            yield {**whole, "choices": [{"index": index, "delta": delta, "finish_reason": None}]}
        yield {**whole, "choices": [{"index": index, "delta": {}, "finish_reason": script.finish_reason}]}
    if usage:
        yield {**whole, "choices": [], "usage": usage}


def _deltas(script: Script, calls: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What each chunk of an answer adds: its text in pieces, then each call, its arguments in pieces."""
    deltas: list[dict[str, Any]] = [{"content": piece} for piece in script.pieces or ()]
    for index, each in enumerate(calls):
        function = {"name": each["name"], "arguments": ""}
        deltas.append({"tool_calls": [{"index": index, "id": each["id"], "type": "function", "function": function}]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in cut(each["arguments"])
        ]
    return [{"role": "assistant", **(deltas[0] if deltas else {"content": ""})}, *deltas[1:]]


def _price(model: str) -> float:
    found = catalog.find(catalog.Model, model)
    return found.price if found else 0.0
