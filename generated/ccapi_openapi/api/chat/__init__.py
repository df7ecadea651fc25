"""The operations of the contract that are tagged `chat`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from ... import models
from ...operations import (
    AnyObject,
    AsyncCaller,
    AsyncStream,
    Caller,
    HasSteps,
    Operation,
    Parameter,
    Stream,
    StreamedOperation,
    T,
    with_secrets,
)


@cache
def create_chat_completion_operation() -> Operation[models.ChatCompletionResponse]:
    """The operation behind `create_chat_completion`; its models are loaded when it is first called."""
    return Operation(
        name="create_chat_completion",
        method="POST",
        path="/chat/completions",
        parameters=(Parameter("idempotency_key", "Idempotency-Key", "header", str, False),),
        body=models.ChatCompletionRequest,
        response=models.ChatCompletionResponse,
        streamed_by="stream_chat_completion",
    )


@cache
def stream_chat_completion_operation() -> StreamedOperation[models.ChatCompletionChunk, models.ChatCompletionResponse]:
    """The operation behind `stream_chat_completion`; its models are loaded when it is first called."""
    return StreamedOperation(
        name="stream_chat_completion",
        method="POST",
        path="/chat/completions",
        parameters=(Parameter("idempotency_key", "Idempotency-Key", "header", str, False),),
        body=models.ChatCompletionRequest,
        response=models.ChatCompletionResponse,
        chunk=models.ChatCompletionChunk,
    )


@cache
def parse_chat_completion_operation() -> Operation[models.ParsedChatCompletion[Any]]:
    """The operation behind `parse_chat_completion`; its models are loaded when it is first called."""
    return Operation(
        name="parse_chat_completion",
        method="POST",
        path="/chat/completions",
        parameters=(Parameter("idempotency_key", "Idempotency-Key", "header", str, False),),
        body=models.ChatCompletionRequest,
        response=models.ParsedChatCompletion,
        streamed_by="stream_chat_completion",
    )


class ChatApi(Caller):
    """The operations tagged `chat`, a method each."""

    def create_chat_completion(
        self,
        *,
        messages: Iterable[models.ChatMessage | AnyObject],
        model: str | None = None,
        models: Iterable[str] | None = None,
        stream: bool | None = None,
        stream_options: models.ChatStreamOptions | AnyObject | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        n: int | None = None,
        max_tokens: int | None = None,
        max_completion_tokens: int | None = None,
        stop: str | Iterable[str] | None = None,
        seed: int | None = None,
        presence_penalty: float | None = None,
        frequency_penalty: float | None = None,
        logit_bias: models.ChatCompletionRequestLogitBias | AnyObject | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        response_format: models.ChatResponseFormat | AnyObject | None = None,
        tools: Iterable[models.ChatTool | AnyObject] | None = None,
        tool_choice: str | models.ChatToolChoice | AnyObject | None = None,
        parallel_tool_calls: bool | None = None,
        reasoning_effort: str | None = None,
        modalities: Iterable[str] | None = None,
        service_tier: str | None = None,
        metadata: models.ChatCompletionRequestMetadata | AnyObject | None = None,
        user: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ChatCompletionResponse:
        """Create chat completion.

        Continues a conversation. Name one model with `model`, or several with `models`: the service tries
        them in that order until one answers. With `stream` set to true, the response is a stream of
        server-sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
        `[DONE]`.

        Args:
            messages: The conversation so far, oldest message first.
            model: The model, as `provider/model`. Give either this or `models`.
            models: The models to try, in this order, until one answers. Give either this or `model`.
            stream: Whether to stream the answer as server-sent events. Left out, false.
            stream_options: What the stream brings beside the text; only with `stream`.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            n: How many answers to give, 1 or more; each is billed. Left out, 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            max_completion_tokens: The longest answer, in tokens, 1 or more, the model's reasoning included.
                OpenAI's newer name for `max_tokens`. Left out, the model decides.
            stop: The answer ends before this text, or before the first of these texts; most models take up
                to 4.
            seed: The start of the random numbers; the same seed and request give the same answer, where the
                model can.
            presence_penalty: How much to avoid words that the text holds already, whatever their number, -2
                to 2; negative values favor them. Left out, 0.
            frequency_penalty: How much to avoid words that the text holds already, the more the more often
                it holds them, -2 to 2; negative values favor them. Left out, 0.
            logit_bias: How much likelier or less likely to make single tokens: the token's id as the key,
                -100 (never) to 100 (always) as the value.
            logprobs: Whether to give the probability of each token of the answer. Left out, false.
            top_logprobs: How many of the likeliest tokens to give at each position, 0 to 20; only with
                `logprobs`.
            response_format: The form of the text that the model writes. Left out, any text.
            tools: The tools that the model may call.
            tool_choice: Whether the model may call tools, `none`, `auto` or `required`, or the one tool
                that it must call.
            parallel_tool_calls: Whether one message may hold several tool calls. Left out, true.
            reasoning_effort: How much a reasoning model thinks before it answers, for instance `low`,
                `medium` or `high`.
            modalities: What the answer may consist of, for instance `text` or `audio`. Left out, `text`.
            service_tier: The provider's tier to serve the request by, for instance `auto` or `flex`.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            The continuation of a conversation.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            create_chat_completion_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "stream": stream,
                "stream_options": stream_options,
                "temperature": temperature,
                "top_p": top_p,
                "n": n,
                "max_tokens": max_tokens,
                "max_completion_tokens": max_completion_tokens,
                "stop": stop,
                "seed": seed,
                "presence_penalty": presence_penalty,
                "frequency_penalty": frequency_penalty,
                "logit_bias": logit_bias,
                "logprobs": logprobs,
                "top_logprobs": top_logprobs,
                "response_format": response_format,
                "tools": tools,
                "tool_choice": tool_choice,
                "parallel_tool_calls": parallel_tool_calls,
                "reasoning_effort": reasoning_effort,
                "modalities": modalities,
                "service_tier": service_tier,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def stream_chat_completion(
        self,
        *,
        messages: Iterable[models.ChatMessage | AnyObject],
        model: str | None = None,
        models: Iterable[str] | None = None,
        stream_options: models.ChatStreamOptions | AnyObject | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        n: int | None = None,
        max_tokens: int | None = None,
        max_completion_tokens: int | None = None,
        stop: str | Iterable[str] | None = None,
        seed: int | None = None,
        presence_penalty: float | None = None,
        frequency_penalty: float | None = None,
        logit_bias: models.ChatCompletionRequestLogitBias | AnyObject | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        response_format: models.ChatResponseFormat | AnyObject | None = None,
        tools: Iterable[models.ChatTool | AnyObject] | None = None,
        tool_choice: str | models.ChatToolChoice | AnyObject | None = None,
        parallel_tool_calls: bool | None = None,
        reasoning_effort: str | None = None,
        modalities: Iterable[str] | None = None,
        service_tier: str | None = None,
        metadata: models.ChatCompletionRequestMetadata | AnyObject | None = None,
        user: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> Stream[models.ChatCompletionChunk, models.ChatCompletionResponse]:
        """Create chat completion, as a stream.

        Continues a conversation. Name one model with `model`, or several with `models`: the service tries
        them in that order until one answers. With `stream` set to true, the response is a stream of
        server-sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
        `[DONE]`.

        Args:
            messages: The conversation so far, oldest message first.
            model: The model, as `provider/model`. Give either this or `models`.
            models: The models to try, in this order, until one answers. Give either this or `model`.
            stream_options: What the stream brings beside the text; only with `stream`.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            n: How many answers to give, 1 or more; each is billed. Left out, 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            max_completion_tokens: The longest answer, in tokens, 1 or more, the model's reasoning included.
                OpenAI's newer name for `max_tokens`. Left out, the model decides.
            stop: The answer ends before this text, or before the first of these texts; most models take up
                to 4.
            seed: The start of the random numbers; the same seed and request give the same answer, where the
                model can.
            presence_penalty: How much to avoid words that the text holds already, whatever their number, -2
                to 2; negative values favor them. Left out, 0.
            frequency_penalty: How much to avoid words that the text holds already, the more the more often
                it holds them, -2 to 2; negative values favor them. Left out, 0.
            logit_bias: How much likelier or less likely to make single tokens: the token's id as the key,
                -100 (never) to 100 (always) as the value.
            logprobs: Whether to give the probability of each token of the answer. Left out, false.
            top_logprobs: How many of the likeliest tokens to give at each position, 0 to 20; only with
                `logprobs`.
            response_format: The form of the text that the model writes. Left out, any text.
            tools: The tools that the model may call.
            tool_choice: Whether the model may call tools, `none`, `auto` or `required`, or the one tool
                that it must call.
            parallel_tool_calls: Whether one message may hold several tool calls. Left out, true.
            reasoning_effort: How much a reasoning model thinks before it answers, for instance `low`,
                `medium` or `high`.
            modalities: What the answer may consist of, for instance `text` or `audio`. Left out, `text`.
            service_tier: The provider's tier to serve the request by, for instance `auto` or `flex`.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A context manager; entering its block sends the request. Iterating gives the chunks, `text()`
            the text as it comes, `final()` the whole response.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._stream(
            stream_chat_completion_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "stream_options": stream_options,
                "temperature": temperature,
                "top_p": top_p,
                "n": n,
                "max_tokens": max_tokens,
                "max_completion_tokens": max_completion_tokens,
                "stop": stop,
                "seed": seed,
                "presence_penalty": presence_penalty,
                "frequency_penalty": frequency_penalty,
                "logit_bias": logit_bias,
                "logprobs": logprobs,
                "top_logprobs": top_logprobs,
                "response_format": response_format,
                "tools": tools,
                "tool_choice": tool_choice,
                "parallel_tool_calls": parallel_tool_calls,
                "reasoning_effort": reasoning_effort,
                "modalities": modalities,
                "service_tier": service_tier,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def parse_chat_completion(
        self,
        *,
        response_format: type[T],
        messages: Iterable[models.ChatMessage | AnyObject],
        model: str | None = None,
        models: Iterable[str] | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        n: int | None = None,
        max_tokens: int | None = None,
        max_completion_tokens: int | None = None,
        stop: str | Iterable[str] | None = None,
        seed: int | None = None,
        presence_penalty: float | None = None,
        frequency_penalty: float | None = None,
        logit_bias: models.ChatCompletionRequestLogitBias | AnyObject | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        tools: Iterable[models.ChatTool | AnyObject] | None = None,
        tool_choice: str | models.ChatToolChoice | AnyObject | None = None,
        parallel_tool_calls: bool | None = None,
        reasoning_effort: str | None = None,
        modalities: Iterable[str] | None = None,
        service_tier: str | None = None,
        metadata: models.ChatCompletionRequestMetadata | AnyObject | None = None,
        user: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ParsedChatCompletion[T]:
        """Create chat completion, whose answer is an instance of a class.

        Continues a conversation. Name one model with `model`, or several with `models`: the service tries
        them in that order until one answers. With `stream` set to true, the response is a stream of
        server-sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
        `[DONE]`.

        Args:
            response_format: The class: a Pydantic 2 model, a dataclass or a TypedDict. The model writes a text
                that follows its JSON Schema.
            messages: The conversation so far, oldest message first.
            model: The model, as `provider/model`. Give either this or `models`.
            models: The models to try, in this order, until one answers. Give either this or `model`.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            n: How many answers to give, 1 or more; each is billed. Left out, 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            max_completion_tokens: The longest answer, in tokens, 1 or more, the model's reasoning included.
                OpenAI's newer name for `max_tokens`. Left out, the model decides.
            stop: The answer ends before this text, or before the first of these texts; most models take up
                to 4.
            seed: The start of the random numbers; the same seed and request give the same answer, where the
                model can.
            presence_penalty: How much to avoid words that the text holds already, whatever their number, -2
                to 2; negative values favor them. Left out, 0.
            frequency_penalty: How much to avoid words that the text holds already, the more the more often
                it holds them, -2 to 2; negative values favor them. Left out, 0.
            logit_bias: How much likelier or less likely to make single tokens: the token's id as the key,
                -100 (never) to 100 (always) as the value.
            logprobs: Whether to give the probability of each token of the answer. Left out, false.
            top_logprobs: How many of the likeliest tokens to give at each position, 0 to 20; only with
                `logprobs`.
            tools: The tools that the model may call.
            tool_choice: Whether the model may call tools, `none`, `auto` or `required`, or the one tool
                that it must call.
            parallel_tool_calls: Whether one message may hold several tool calls. Left out, true.
            reasoning_effort: How much a reasoning model thinks before it answers, for instance `low`,
                `medium` or `high`.
            modalities: What the answer may consist of, for instance `text` or `audio`. Left out, `text`.
            service_tier: The provider's tier to serve the request by, for instance `auto` or `flex`.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            The response; `parsed` is the instance that its first answer holds.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
            AnswerRefusedError: The model, or a content filter, refused to answer.
            AnswerTruncatedError: The answer was cut, since the limit of tokens was reached.
            InvalidAnswerError: The answer is not an instance of the class; the error has its text.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._parse(
            parse_chat_completion_operation(),
            response_format,
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "temperature": temperature,
                "top_p": top_p,
                "n": n,
                "max_tokens": max_tokens,
                "max_completion_tokens": max_completion_tokens,
                "stop": stop,
                "seed": seed,
                "presence_penalty": presence_penalty,
                "frequency_penalty": frequency_penalty,
                "logit_bias": logit_bias,
                "logprobs": logprobs,
                "top_logprobs": top_logprobs,
                "tools": tools,
                "tool_choice": tool_choice,
                "parallel_tool_calls": parallel_tool_calls,
                "reasoning_effort": reasoning_effort,
                "modalities": modalities,
                "service_tier": service_tier,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )


class AsyncChatApi(AsyncCaller):
    """The operations tagged `chat`, a method each."""

    async def create_chat_completion(
        self,
        *,
        messages: Iterable[models.ChatMessage | AnyObject],
        model: str | None = None,
        models: Iterable[str] | None = None,
        stream: bool | None = None,
        stream_options: models.ChatStreamOptions | AnyObject | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        n: int | None = None,
        max_tokens: int | None = None,
        max_completion_tokens: int | None = None,
        stop: str | Iterable[str] | None = None,
        seed: int | None = None,
        presence_penalty: float | None = None,
        frequency_penalty: float | None = None,
        logit_bias: models.ChatCompletionRequestLogitBias | AnyObject | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        response_format: models.ChatResponseFormat | AnyObject | None = None,
        tools: Iterable[models.ChatTool | AnyObject] | None = None,
        tool_choice: str | models.ChatToolChoice | AnyObject | None = None,
        parallel_tool_calls: bool | None = None,
        reasoning_effort: str | None = None,
        modalities: Iterable[str] | None = None,
        service_tier: str | None = None,
        metadata: models.ChatCompletionRequestMetadata | AnyObject | None = None,
        user: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ChatCompletionResponse:
        """Create chat completion.

        Continues a conversation. Name one model with `model`, or several with `models`: the service tries
        them in that order until one answers. With `stream` set to true, the response is a stream of
        server-sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
        `[DONE]`.

        Args:
            messages: The conversation so far, oldest message first.
            model: The model, as `provider/model`. Give either this or `models`.
            models: The models to try, in this order, until one answers. Give either this or `model`.
            stream: Whether to stream the answer as server-sent events. Left out, false.
            stream_options: What the stream brings beside the text; only with `stream`.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            n: How many answers to give, 1 or more; each is billed. Left out, 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            max_completion_tokens: The longest answer, in tokens, 1 or more, the model's reasoning included.
                OpenAI's newer name for `max_tokens`. Left out, the model decides.
            stop: The answer ends before this text, or before the first of these texts; most models take up
                to 4.
            seed: The start of the random numbers; the same seed and request give the same answer, where the
                model can.
            presence_penalty: How much to avoid words that the text holds already, whatever their number, -2
                to 2; negative values favor them. Left out, 0.
            frequency_penalty: How much to avoid words that the text holds already, the more the more often
                it holds them, -2 to 2; negative values favor them. Left out, 0.
            logit_bias: How much likelier or less likely to make single tokens: the token's id as the key,
                -100 (never) to 100 (always) as the value.
            logprobs: Whether to give the probability of each token of the answer. Left out, false.
            top_logprobs: How many of the likeliest tokens to give at each position, 0 to 20; only with
                `logprobs`.
            response_format: The form of the text that the model writes. Left out, any text.
            tools: The tools that the model may call.
            tool_choice: Whether the model may call tools, `none`, `auto` or `required`, or the one tool
                that it must call.
            parallel_tool_calls: Whether one message may hold several tool calls. Left out, true.
            reasoning_effort: How much a reasoning model thinks before it answers, for instance `low`,
                `medium` or `high`.
            modalities: What the answer may consist of, for instance `text` or `audio`. Left out, `text`.
            service_tier: The provider's tier to serve the request by, for instance `auto` or `flex`.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            The continuation of a conversation.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            create_chat_completion_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "stream": stream,
                "stream_options": stream_options,
                "temperature": temperature,
                "top_p": top_p,
                "n": n,
                "max_tokens": max_tokens,
                "max_completion_tokens": max_completion_tokens,
                "stop": stop,
                "seed": seed,
                "presence_penalty": presence_penalty,
                "frequency_penalty": frequency_penalty,
                "logit_bias": logit_bias,
                "logprobs": logprobs,
                "top_logprobs": top_logprobs,
                "response_format": response_format,
                "tools": tools,
                "tool_choice": tool_choice,
                "parallel_tool_calls": parallel_tool_calls,
                "reasoning_effort": reasoning_effort,
                "modalities": modalities,
                "service_tier": service_tier,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def stream_chat_completion(
        self,
        *,
        messages: Iterable[models.ChatMessage | AnyObject],
        model: str | None = None,
        models: Iterable[str] | None = None,
        stream_options: models.ChatStreamOptions | AnyObject | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        n: int | None = None,
        max_tokens: int | None = None,
        max_completion_tokens: int | None = None,
        stop: str | Iterable[str] | None = None,
        seed: int | None = None,
        presence_penalty: float | None = None,
        frequency_penalty: float | None = None,
        logit_bias: models.ChatCompletionRequestLogitBias | AnyObject | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        response_format: models.ChatResponseFormat | AnyObject | None = None,
        tools: Iterable[models.ChatTool | AnyObject] | None = None,
        tool_choice: str | models.ChatToolChoice | AnyObject | None = None,
        parallel_tool_calls: bool | None = None,
        reasoning_effort: str | None = None,
        modalities: Iterable[str] | None = None,
        service_tier: str | None = None,
        metadata: models.ChatCompletionRequestMetadata | AnyObject | None = None,
        user: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> AsyncStream[models.ChatCompletionChunk, models.ChatCompletionResponse]:
        """Create chat completion, as a stream.

        Continues a conversation. Name one model with `model`, or several with `models`: the service tries
        them in that order until one answers. With `stream` set to true, the response is a stream of
        server-sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
        `[DONE]`.

        Args:
            messages: The conversation so far, oldest message first.
            model: The model, as `provider/model`. Give either this or `models`.
            models: The models to try, in this order, until one answers. Give either this or `model`.
            stream_options: What the stream brings beside the text; only with `stream`.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            n: How many answers to give, 1 or more; each is billed. Left out, 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            max_completion_tokens: The longest answer, in tokens, 1 or more, the model's reasoning included.
                OpenAI's newer name for `max_tokens`. Left out, the model decides.
            stop: The answer ends before this text, or before the first of these texts; most models take up
                to 4.
            seed: The start of the random numbers; the same seed and request give the same answer, where the
                model can.
            presence_penalty: How much to avoid words that the text holds already, whatever their number, -2
                to 2; negative values favor them. Left out, 0.
            frequency_penalty: How much to avoid words that the text holds already, the more the more often
                it holds them, -2 to 2; negative values favor them. Left out, 0.
            logit_bias: How much likelier or less likely to make single tokens: the token's id as the key,
                -100 (never) to 100 (always) as the value.
            logprobs: Whether to give the probability of each token of the answer. Left out, false.
            top_logprobs: How many of the likeliest tokens to give at each position, 0 to 20; only with
                `logprobs`.
            response_format: The form of the text that the model writes. Left out, any text.
            tools: The tools that the model may call.
            tool_choice: Whether the model may call tools, `none`, `auto` or `required`, or the one tool
                that it must call.
            parallel_tool_calls: Whether one message may hold several tool calls. Left out, true.
            reasoning_effort: How much a reasoning model thinks before it answers, for instance `low`,
                `medium` or `high`.
            modalities: What the answer may consist of, for instance `text` or `audio`. Left out, `text`.
            service_tier: The provider's tier to serve the request by, for instance `auto` or `flex`.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A context manager; entering its block sends the request. Iterating gives the chunks, `text()`
            the text as it comes, `final()` the whole response.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._stream(
            stream_chat_completion_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "stream_options": stream_options,
                "temperature": temperature,
                "top_p": top_p,
                "n": n,
                "max_tokens": max_tokens,
                "max_completion_tokens": max_completion_tokens,
                "stop": stop,
                "seed": seed,
                "presence_penalty": presence_penalty,
                "frequency_penalty": frequency_penalty,
                "logit_bias": logit_bias,
                "logprobs": logprobs,
                "top_logprobs": top_logprobs,
                "response_format": response_format,
                "tools": tools,
                "tool_choice": tool_choice,
                "parallel_tool_calls": parallel_tool_calls,
                "reasoning_effort": reasoning_effort,
                "modalities": modalities,
                "service_tier": service_tier,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    async def parse_chat_completion(
        self,
        *,
        response_format: type[T],
        messages: Iterable[models.ChatMessage | AnyObject],
        model: str | None = None,
        models: Iterable[str] | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        n: int | None = None,
        max_tokens: int | None = None,
        max_completion_tokens: int | None = None,
        stop: str | Iterable[str] | None = None,
        seed: int | None = None,
        presence_penalty: float | None = None,
        frequency_penalty: float | None = None,
        logit_bias: models.ChatCompletionRequestLogitBias | AnyObject | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        tools: Iterable[models.ChatTool | AnyObject] | None = None,
        tool_choice: str | models.ChatToolChoice | AnyObject | None = None,
        parallel_tool_calls: bool | None = None,
        reasoning_effort: str | None = None,
        modalities: Iterable[str] | None = None,
        service_tier: str | None = None,
        metadata: models.ChatCompletionRequestMetadata | AnyObject | None = None,
        user: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ParsedChatCompletion[T]:
        """Create chat completion, whose answer is an instance of a class.

        Continues a conversation. Name one model with `model`, or several with `models`: the service tries
        them in that order until one answers. With `stream` set to true, the response is a stream of
        server-sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
        `[DONE]`.

        Args:
            response_format: The class: a Pydantic 2 model, a dataclass or a TypedDict. The model writes a text
                that follows its JSON Schema.
            messages: The conversation so far, oldest message first.
            model: The model, as `provider/model`. Give either this or `models`.
            models: The models to try, in this order, until one answers. Give either this or `model`.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            n: How many answers to give, 1 or more; each is billed. Left out, 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            max_completion_tokens: The longest answer, in tokens, 1 or more, the model's reasoning included.
                OpenAI's newer name for `max_tokens`. Left out, the model decides.
            stop: The answer ends before this text, or before the first of these texts; most models take up
                to 4.
            seed: The start of the random numbers; the same seed and request give the same answer, where the
                model can.
            presence_penalty: How much to avoid words that the text holds already, whatever their number, -2
                to 2; negative values favor them. Left out, 0.
            frequency_penalty: How much to avoid words that the text holds already, the more the more often
                it holds them, -2 to 2; negative values favor them. Left out, 0.
            logit_bias: How much likelier or less likely to make single tokens: the token's id as the key,
                -100 (never) to 100 (always) as the value.
            logprobs: Whether to give the probability of each token of the answer. Left out, false.
            top_logprobs: How many of the likeliest tokens to give at each position, 0 to 20; only with
                `logprobs`.
            tools: The tools that the model may call.
            tool_choice: Whether the model may call tools, `none`, `auto` or `required`, or the one tool
                that it must call.
            parallel_tool_calls: Whether one message may hold several tool calls. Left out, true.
            reasoning_effort: How much a reasoning model thinks before it answers, for instance `low`,
                `medium` or `high`.
            modalities: What the answer may consist of, for instance `text` or `audio`. Left out, `text`.
            service_tier: The provider's tier to serve the request by, for instance `auto` or `flex`.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            The response; `parsed` is the instance that its first answer holds.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
            AnswerRefusedError: The model, or a content filter, refused to answer.
            AnswerTruncatedError: The answer was cut, since the limit of tokens was reached.
            InvalidAnswerError: The answer is not an instance of the class; the error has its text.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._parse(
            parse_chat_completion_operation(),
            response_format,
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "temperature": temperature,
                "top_p": top_p,
                "n": n,
                "max_tokens": max_tokens,
                "max_completion_tokens": max_completion_tokens,
                "stop": stop,
                "seed": seed,
                "presence_penalty": presence_penalty,
                "frequency_penalty": frequency_penalty,
                "logit_bias": logit_bias,
                "logprobs": logprobs,
                "top_logprobs": top_logprobs,
                "tools": tools,
                "tool_choice": tool_choice,
                "parallel_tool_calls": parallel_tool_calls,
                "reasoning_effort": reasoning_effort,
                "modalities": modalities,
                "service_tier": service_tier,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )
