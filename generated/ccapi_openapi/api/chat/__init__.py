"""The operations of the contract that are tagged `chat`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from ... import models
from ...types import (
    AsyncCaller,
    AsyncStream,
    Caller,
    Operation,
    Stream,
    StreamedOperation,
)


@cache
def create_chat_completion_operation() -> Operation[models.ChatCompletionResponse]:
    """The operation behind `create_chat_completion`; its models are loaded as it is first called."""
    from . import create_chat_completion as module

    return Operation(
        get_kwargs=module._get_kwargs,
        body=models.ChatCompletionRequest,
        response=models.ChatCompletionResponse,
        streamed_by="stream_chat_completion",
    )


@cache
def stream_chat_completion_operation() -> StreamedOperation[models.ChatCompletionChunk, models.ChatCompletionResponse]:
    """The operation behind `stream_chat_completion`; its models are loaded as it is first called."""
    from . import create_chat_completion as module

    return StreamedOperation(
        get_kwargs=module._get_kwargs,
        body=models.ChatCompletionRequest,
        response=models.ChatCompletionResponse,
        chunk=models.ChatCompletionChunk,
    )


class ChatApi(Caller):
    """The operations tagged `chat`, a method each."""

    def create_chat_completion(
        self,
        *,
        messages: Sequence[models.ChatMessage | Mapping[str, Any]],
        model: str | None = None,
        models: Sequence[str] | None = None,
        stream: bool | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        max_tokens: int | None = None,
        tools: Sequence[models.ChatTool | Mapping[str, Any]] | None = None,
        tool_choice: str | models.ChatToolChoice | Mapping[str, Any] | None = None,
        metadata: models.ChatCompletionRequestMetadata | Mapping[str, Any] | None = None,
        user: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> models.ChatCompletionResponse:
        """Create chat completion.

        Continues a conversation. Name one model with `model`, or several with `models`: they are tried in
        that order until one answers. With `stream` set to true the answer is a stream of server-sent
        events, one `ChatCompletionChunk` in each event's data, ended by an event whose data is `[DONE]`.

        Args:
            messages: The conversation so far, oldest message first.
            model: The model to ask, as `provider/model`. Give either this or `models`.
            models: The models to ask, in this order, until one answers. Give either this or `model`.
            stream: Whether to stream the answer as server-sent events. Left out, false.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            tools: The tools that the model may ask to be called.
            tool_choice: Whether tools may be called: `none`, `auto` or `required`, or the one to be called.
                The values are not confirmed by the published reference.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            The answer to a conversation. Its fields are not confirmed by the published reference.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._call(
            create_chat_completion_operation(),
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "stream": stream,
                "temperature": temperature,
                "top_p": top_p,
                "max_tokens": max_tokens,
                "tools": tools,
                "tool_choice": tool_choice,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
        )

    def stream_chat_completion(
        self,
        *,
        messages: Sequence[models.ChatMessage | Mapping[str, Any]],
        model: str | None = None,
        models: Sequence[str] | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        max_tokens: int | None = None,
        tools: Sequence[models.ChatTool | Mapping[str, Any]] | None = None,
        tool_choice: str | models.ChatToolChoice | Mapping[str, Any] | None = None,
        metadata: models.ChatCompletionRequestMetadata | Mapping[str, Any] | None = None,
        user: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> Stream[models.ChatCompletionChunk, models.ChatCompletionResponse]:
        """Create chat completion, as a stream.

        Continues a conversation. Name one model with `model`, or several with `models`: they are tried in
        that order until one answers. With `stream` set to true the answer is a stream of server-sent
        events, one `ChatCompletionChunk` in each event's data, ended by an event whose data is `[DONE]`.

        Args:
            messages: The conversation so far, oldest message first.
            model: The model to ask, as `provider/model`. Give either this or `models`.
            models: The models to ask, in this order, until one answers. Give either this or `model`.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            tools: The tools that the model may ask to be called.
            tool_choice: Whether tools may be called: `none`, `auto` or `required`, or the one to be called.
                The values are not confirmed by the published reference.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            A context manager; the request is sent as its block is entered. Iterating gives the chunks,
            `text()` the text as it comes, `final()` the whole answer.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._stream(
            stream_chat_completion_operation(),
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "temperature": temperature,
                "top_p": top_p,
                "max_tokens": max_tokens,
                "tools": tools,
                "tool_choice": tool_choice,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
        )


class AsyncChatApi(AsyncCaller):
    """The operations tagged `chat`, a method each."""

    async def create_chat_completion(
        self,
        *,
        messages: Sequence[models.ChatMessage | Mapping[str, Any]],
        model: str | None = None,
        models: Sequence[str] | None = None,
        stream: bool | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        max_tokens: int | None = None,
        tools: Sequence[models.ChatTool | Mapping[str, Any]] | None = None,
        tool_choice: str | models.ChatToolChoice | Mapping[str, Any] | None = None,
        metadata: models.ChatCompletionRequestMetadata | Mapping[str, Any] | None = None,
        user: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> models.ChatCompletionResponse:
        """Create chat completion.

        Continues a conversation. Name one model with `model`, or several with `models`: they are tried in
        that order until one answers. With `stream` set to true the answer is a stream of server-sent
        events, one `ChatCompletionChunk` in each event's data, ended by an event whose data is `[DONE]`.

        Args:
            messages: The conversation so far, oldest message first.
            model: The model to ask, as `provider/model`. Give either this or `models`.
            models: The models to ask, in this order, until one answers. Give either this or `model`.
            stream: Whether to stream the answer as server-sent events. Left out, false.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            tools: The tools that the model may ask to be called.
            tool_choice: Whether tools may be called: `none`, `auto` or `required`, or the one to be called.
                The values are not confirmed by the published reference.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            The answer to a conversation. Its fields are not confirmed by the published reference.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return await self._call(
            create_chat_completion_operation(),
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "stream": stream,
                "temperature": temperature,
                "top_p": top_p,
                "max_tokens": max_tokens,
                "tools": tools,
                "tool_choice": tool_choice,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
        )

    def stream_chat_completion(
        self,
        *,
        messages: Sequence[models.ChatMessage | Mapping[str, Any]],
        model: str | None = None,
        models: Sequence[str] | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        max_tokens: int | None = None,
        tools: Sequence[models.ChatTool | Mapping[str, Any]] | None = None,
        tool_choice: str | models.ChatToolChoice | Mapping[str, Any] | None = None,
        metadata: models.ChatCompletionRequestMetadata | Mapping[str, Any] | None = None,
        user: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> AsyncStream[models.ChatCompletionChunk, models.ChatCompletionResponse]:
        """Create chat completion, as a stream.

        Continues a conversation. Name one model with `model`, or several with `models`: they are tried in
        that order until one answers. With `stream` set to true the answer is a stream of server-sent
        events, one `ChatCompletionChunk` in each event's data, ended by an event whose data is `[DONE]`.

        Args:
            messages: The conversation so far, oldest message first.
            model: The model to ask, as `provider/model`. Give either this or `models`.
            models: The models to ask, in this order, until one answers. Give either this or `model`.
            temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer
                ones; most models take up to 2. Left out, 1.
            top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
            max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
            tools: The tools that the model may ask to be called.
            tool_choice: Whether tools may be called: `none`, `auto` or `required`, or the one to be called.
                The values are not confirmed by the published reference.
            metadata: Labels of your own, kept with the request.
            user: A stable id of your own for the end user, to trace abuse.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            A context manager; the request is sent as its block is entered. Iterating gives the chunks,
            `text()` the text as it comes, `final()` the whole answer.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._stream(
            stream_chat_completion_operation(),
            body={
                "messages": messages,
                "model": model,
                "models": models,
                "temperature": temperature,
                "top_p": top_p,
                "max_tokens": max_tokens,
                "tools": tools,
                "tool_choice": tool_choice,
                "metadata": metadata,
                "user": user,
            },
            extra_body=extra_body,
        )
