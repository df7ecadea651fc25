"""What answers chats: the server that was named, or the local language model, or, without either, a text generator.

Whichever it is, it is asked and it answers as OpenAI's chat completions do.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

import httpx
from httpx_sse import EventSource, SSEError

from . import babble, llm
from .catalog import ChatModel
from .errors import ApiError

PASSED_ON = ("retry-after", "retry-after-ms")
KEY_VARIABLE = "CCAPI_CHAT_UPSTREAM_KEY"
"""The environment variable with the key of the server that was named, where it needs one."""


class ChatEngine:
    """Answers chats; starts what it needs when it is first asked."""

    def __init__(self, upstream: str | None, model: str | None) -> None:
        self._upstream, self._model = upstream, model
        self._local = llm.LocalModel() if upstream is None and llm.installed() else None
        self._http: httpx.AsyncClient | None = None

    @property
    def is_upstream(self) -> bool:
        """Whether a server was named: it knows its models itself."""
        return self._upstream is not None

    @property
    def name(self) -> str:
        """What answers, for people."""
        return self._upstream or (llm.NAME if self._local else babble.NAME)

    def babbles(self, asked: ChatModel) -> bool:
        """Whether the text generator answers for a model."""
        return asked.is_babble or not (self._upstream or self._local)

    async def complete(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer of a language model to a request.

        Raises:
            ApiError: 400, the request is refused; 502, what answers failed.
        """
        answer = await self._ask(request)
        try:
            await answer.aread()
            return self._trimmed(request, _checked(answer.json(), "message"))
        except (ValueError, httpx.HTTPError) as error:
            raise _failed(f"it gave no JSON: {type(error).__name__}") from None

    async def stream(
        self, request: dict[str, Any]
    ) -> tuple[AsyncIterator[dict[str, Any]], Callable[[], Awaitable[None]]]:
        """The chunks of the answer of a language model to a request, once it has begun, and what closes it.

        Raises:
            ApiError: As `complete`; iterating raises it too, where the stream breaks off.
        """
        answer = await self._ask({**request, "stream": True})
        return _chunks(answer, partial(self._trimmed, request)), answer.aclose

    async def close(self) -> None:
        """Stops what was started."""
        if self._http is not None:
            await self._http.aclose()
        if self._local is not None:
            await self._local.close()

    def _trimmed(self, request: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
        """The document without the likeliest tokens that the local model had to be asked for: `_local` says why."""
        if self._local is not None and not request.get("top_logprobs"):
            for choice in document["choices"]:
                for token in (choice.get("logprobs") or {}).get("content") or ():
                    token["top_logprobs"] = []
        return document

    async def _ask(self, request: dict[str, Any]) -> httpx.Response:
        """An answer whose body is still to be read."""
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
            answer = await self._http.send(
                self._http.build_request("POST", url, json=request, headers=headers), stream=True
            )
            if answer.status_code == 200:
                return answer
            text = (await answer.aread()).decode(errors="replace")[:300]
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError, OSError, ValueError) as error:
            # Of a header that can't be sent the text would show the key.
            reason = "" if isinstance(error, httpx.LocalProtocolError | ValueError) else str(error)
            raise _failed(reason or type(error).__name__) from error
        await answer.aclose()
        status = answer.status_code
        if status == 429:
            wait = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
            busy = ApiError(429, "rate_limit_error", "rate_limit_exceeded", f"What answers chats here is busy: {text}")
            raise busy.with_headers(wait)
        # A key or a model that it does not know was named when the sandbox was started: not the caller's fault.
        if 400 <= status < 500 and status not in (401, 403, 404):
            raise ApiError.bad_request(f"what answers chats here refused the request: {text}")
        raise _failed(f"status {status}: {text}")


def babbled(request: dict[str, Any]) -> dict[str, Any]:
    """The text generator's response to a request."""
    reply, usage = _babble(request)
    message = {"role": "assistant", "content": "".join(reply.tokens)}
    return {"choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}], "usage": usage}


async def babbled_chunks(request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """The chunks of the text generator's response to a request."""
    reply, usage = _babble(request)
    for position, token in enumerate(reply.tokens):
        delta = {"role": "assistant", "content": token} if position == 0 else {"content": token}
        yield {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish_reason}]}
    if request.get("stream_options", {}).get("include_usage"):
        yield {"choices": [], "usage": usage}


def _babble(request: dict[str, Any]) -> tuple[babble.Reply, dict[str, int]]:
    messages, seed = request["messages"], request.get("seed")
    reply = babble.reply(
        messages,
        _longest(request),
        stop=_stops(request),
        seed=None if seed is None else int(seed),
        temperature=request.get("temperature", 1),
        top_p=request.get("top_p", 1),
    )
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
"""What the local model is given of a request as it is: it can call no tools."""
SEEDS = 2**32 - 1
"""How many seeds llama.cpp tells apart; it takes the number itself for "another one each time"."""


def _local(request: dict[str, Any]) -> dict[str, Any]:
    """A request as llama.cpp takes it."""
    found = {name: request[name] for name in LOCAL_FIELDS if name in request}
    if (most := _longest(request)) is not None:
        found["max_tokens"] = most
    if stop := _stops(request):  # an empty text would end every response before it began
        found["stop"] = stop
    if "seed" in request:
        found["seed"] = int(request["seed"]) % SEEDS
    if request.get("logprobs"):
        # Without a number it gives 20, and with 0 no probabilities at all.
        found |= {"logprobs": True, "top_logprobs": int(request.get("top_logprobs") or 1)}
    return found


def _longest(request: dict[str, Any]) -> int | None:
    """The longest response, by both names of it."""
    given = [request[name] for name in ("max_tokens", "max_completion_tokens") if name in request]
    return int(min(given)) if given else None


def _stops(request: dict[str, Any]) -> list[str]:
    given = request.get("stop", [])
    return [text for text in ([given] if isinstance(given, str) else given) if text]


async def _chunks(
    answer: httpx.Response, trimmed: Callable[[dict[str, Any]], dict[str, Any]]
) -> AsyncIterator[dict[str, Any]]:
    try:
        async with aclosing(EventSource(answer).aiter_sse()) as events:
            async for event in events:
                if event.data == "[DONE]":
                    return
                if event.data:
                    yield trimmed(_checked(event.json(), "delta"))
        raise _failed("its stream ended without [DONE]")
    except (httpx.HTTPError, SSEError, ValueError) as error:
        raise _failed(f"its stream broke off: {error}") from error


def _checked(document: Any, name: str) -> dict[str, Any]:
    """A document of another server, as far as it is looked at: choices, each with a message or a delta; usage.

    Raises:
        ApiError: 502, it is something else, or an error.
    """
    error = document.get("error") if isinstance(document, dict) else None
    if error:
        raise _failed(str(error.get("message") if isinstance(error, dict) else error)[:300])
    choices = document.get("choices") if isinstance(document, dict) else None
    if not isinstance(choices, list):
        raise _failed("it gave no choices")
    for choice in choices:
        if not (isinstance(choice, dict) and isinstance(choice.get(name) or {}, dict)):
            raise _failed(f"it gave a choice without a {name}")
    return {**document, "usage": _counts(document.get("usage"))}


def _counts(usage: Any) -> dict[str, Any] | None:
    """The numbers of a usage, and of the details in it; what else a server puts there is left out."""
    if not isinstance(usage, dict):
        return None
    numbers = {name: value for name, value in usage.items() if type(value) is int}
    return numbers | {name: _counts(value) for name, value in usage.items() if isinstance(value, dict)}


def _failed(reason: str) -> ApiError:
    return ApiError(502, "api_error", "provider_error", f"What answers chats here failed: {reason}")
