"""The chat backend: the upstream server if one is set, else the local language model, else the text generator.

All of them take requests and give responses in the form of OpenAI's chat completions.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

import httpx
from httpx_sse import EventSource, SSEError

from . import babble, llm, tools
from .catalog import ChatModel
from .upstream_errors import error_of, failed, told_by

KEY_VARIABLE = "CCAPI_CHAT_UPSTREAM_KEY"
"""The environment variable with the key of the upstream server, if it needs one."""


class ChatEngine:
    """Completes chats. Starts what it needs on the first request."""

    def __init__(self, upstream: str | None, model: str | None) -> None:
        self._upstream, self._model = upstream, model
        self._local = llm.LocalModel() if upstream is None and llm.installed() else None
        self._http: httpx.AsyncClient | None = None

    @property
    def is_upstream(self) -> bool:
        """Whether an upstream server is set, which has models of its own."""
        return self._upstream is not None

    @property
    def name(self) -> str:
        """The name of the backend, to show to people."""
        return self._upstream or (llm.NAME if self._local else babble.NAME)

    def babbles(self, asked: ChatModel) -> bool:
        """Whether the text generator answers for a model."""
        return asked.is_babble or not (self._upstream or self._local)

    async def complete(self, request: dict[str, Any]) -> dict[str, Any]:
        """A language model's response to a request.

        Raises:
            ApiError: 400 if the backend rejects the request, 429 if it is busy, 502 if it fails.
        """
        response = await self._send(request)
        try:
            await response.aread()
            return self._trimmed(request, _checked(response.json(), "message"))
        except (ValueError, httpx.HTTPError) as error:
            raise failed(f"it did not return JSON: {type(error).__name__}") from None

    async def stream(
        self, request: dict[str, Any]
    ) -> tuple[AsyncIterator[dict[str, Any]], Callable[[], Awaitable[None]]]:
        """The chunks of a language model's response, once it has started, and a function that closes it.

        Raises:
            ApiError: As in `complete`. Iterating raises it too, if the stream breaks off.
        """
        response = await self._send({**request, "stream": True})
        return _chunks(response, partial(self._trimmed, request)), response.aclose

    async def close(self) -> None:
        """Closes the connections and stops the local model."""
        if self._http is not None:
            await self._http.aclose()
        if self._local is not None:
            await self._local.close()

    def _trimmed(self, request: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
        """The document without the `top_logprobs` that only `_local` requested; it says why."""
        if self._local is not None and not request.get("top_logprobs"):
            for choice in document["choices"]:
                for token in (choice.get("logprobs") or {}).get("content") or ():
                    token["top_logprobs"] = []
        return document

    async def _send(self, request: dict[str, Any]) -> httpx.Response:
        """A response whose body is not read yet."""
        self._http = self._http or httpx.AsyncClient(timeout=httpx.Timeout(120, connect=5), trust_env=False)
        try:
            base_url = self._upstream
            if self._local is not None:
                base_url = await self._local.base_url()
                headers = {"Authorization": f"Bearer {self._local.api_key}", "Connection": "close"}
                request = _local(request)
            else:
                request = {**request, **({} if self._model is None else {"model": self._model})}
                key = os.environ.get(KEY_VARIABLE, "").strip()
                headers = {"Authorization": f"Bearer {key}"} if key else {}
            url = f"{str(base_url).rstrip('/')}/chat/completions"
            response = await self._http.send(
                self._http.build_request("POST", url, json=request, headers=headers), stream=True
            )
            if response.status_code == 200:
                return response
            await response.aread()
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError, OSError, ValueError) as error:
            # If a header can't be sent, the error's text would show the key.
            reason = "" if isinstance(error, httpx.LocalProtocolError | ValueError) else str(error)
            raise failed(reason or type(error).__name__) from error
        await response.aclose()
        raise error_of(response)


def babbled(request: dict[str, Any], document: str | None) -> dict[str, Any]:
    """The text generator's response to a request: the document if there is one, else a text."""
    reply, usage = _babble(request, document)
    message = {"role": "assistant", "content": "".join(reply.tokens)}
    return {"choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}], "usage": usage}


async def babbled_chunks(request: dict[str, Any], document: str | None) -> AsyncIterator[dict[str, Any]]:
    """The chunks of `babbled`."""
    reply, usage = _babble(request, document)
    for position, token in enumerate(reply.tokens):
        delta = {"role": "assistant", "content": token} if position == 0 else {"content": token}
        yield {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish_reason}]}
    if request.get("stream_options", {}).get("include_usage"):
        yield {"choices": [], "usage": usage}


def _babble(request: dict[str, Any], document: str | None) -> tuple[babble.Reply, dict[str, int]]:
    messages, seed = request["messages"], request.get("seed")
    if document is None:
        reply = babble.reply(
            messages,
            longest(request),
            stop=_stops(request),
            seed=None if seed is None else int(seed),
            temperature=request.get("temperature", 1),
            top_p=request.get("top_p", 1),
        )
    else:
        reply = babble.limited(tools.pieces(document), longest(request), _stops(request))
    asked, said = babble.count_tokens(messages), len(reply.tokens)
    return reply, {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


LOCAL_FIELDS = (
    "messages",
    "temperature",
    "top_p",
    "stream",
    "stream_options",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "response_format",
)
"""The fields that the local model receives unchanged. It can't call tools."""
SEEDS = 2**32 - 1
"""How many seeds llama.cpp has. To llama.cpp, this number itself means a random seed."""


def _local(request: dict[str, Any]) -> dict[str, Any]:
    """The request in the form that llama.cpp expects."""
    found = {name: request[name] for name in LOCAL_FIELDS if name in request}
    if (most := longest(request)) is not None:
        found["max_tokens"] = most
    if stop := _stops(request):  # an empty text would end every response before it starts
        found["stop"] = stop
    if "seed" in request:
        found["seed"] = int(request["seed"]) % SEEDS
    if request.get("logprobs"):
        # Without a number, llama.cpp gives 20; with 0, it gives no probabilities at all.
        found |= {"logprobs": True, "top_logprobs": int(request.get("top_logprobs") or 1)}
    return found


def longest(request: dict[str, Any]) -> int | None:
    """The most tokens of a response, by either of its two fields; None sets no limit."""
    given = [request[name] for name in ("max_tokens", "max_completion_tokens") if name in request]
    return int(min(given)) if given else None


def _stops(request: dict[str, Any]) -> list[str]:
    given = request.get("stop", [])
    return [text for text in ([given] if isinstance(given, str) else given) if text]


async def _chunks(
    response: httpx.Response, trimmed: Callable[[dict[str, Any]], dict[str, Any]]
) -> AsyncIterator[dict[str, Any]]:
    try:
        async with aclosing(EventSource(response).aiter_sse()) as events:
            async for event in events:
                if event.data == "[DONE]":
                    return
                if event.data:
                    yield trimmed(_checked(event.json(), "delta"))
        raise failed("its stream ended without [DONE]")
    except (httpx.HTTPError, SSEError, ValueError) as error:
        raise failed(f"its stream broke off: {error}") from error


def _checked(document: Any, name: str) -> dict[str, Any]:
    """A document of another server, checked as far as it is used: choices with a message or a delta, and usage.

    Raises:
        ApiError: 502 if it is anything else, or an error.
    """
    error = document.get("error") if isinstance(document, dict) else None
    if error:
        raise failed(told_by(error))
    choices = document.get("choices") if isinstance(document, dict) else None
    if not isinstance(choices, list):
        raise failed("it returned no choices")
    for choice in choices:
        if not (isinstance(choice, dict) and isinstance(choice.get(name) or {}, dict)):
            raise failed(f"it returned a choice without a {name}")
    return {**document, "usage": _counts(document.get("usage"))}


def _counts(usage: Any) -> dict[str, Any] | None:
    """The numbers of a `usage` and of the details in it, without anything else that a server puts there."""
    if not isinstance(usage, dict):
        return None
    numbers = {name: value for name, value in usage.items() if type(value) is int}
    return numbers | {name: _counts(value) for name, value in usage.items() if isinstance(value, dict)}
