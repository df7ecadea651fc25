from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_completion_request_logit_bias import ChatCompletionRequestLogitBias
    from ..models.chat_completion_request_metadata import ChatCompletionRequestMetadata
    from ..models.chat_message import ChatMessage
    from ..models.chat_response_format import ChatResponseFormat
    from ..models.chat_stream_options import ChatStreamOptions
    from ..models.chat_tool import ChatTool
    from ..models.chat_tool_choice import ChatToolChoice


@define(kw_only=True, repr=False)
class ChatCompletionRequest(Model):
    """A conversation to be continued. Fields that are not listed go to the provider as they are.

    Attributes:
        messages: The conversation so far, oldest message first.
        model: The model, as `provider/model`. Give either this or `models`.
        models: The models to try, in this order, until one answers. Give either this or `model`.
        stream: Whether to stream the answer as server-sent events. Left out, false.
        stream_options: What a stream brings beside the text.
        temperature: How freely the model picks its words: 0 the likeliest ones, higher values freer ones; most
            models take up to 2. Left out, 1.
        top_p: Pick only from the likeliest words that together have this probability, 0 to 1.
        n: How many answers to give, 1 or more; each is billed. Left out, 1.
        max_tokens: The longest answer, in tokens, 1 or more. Left out, the model decides.
        max_completion_tokens: The longest answer, in tokens, 1 or more, the model's reasoning included. OpenAI's
            newer name for `max_tokens`. Left out, the model decides.
        stop: The answer ends before this text, or before the first of these texts; most models take up to 4.
        seed: The start of the random numbers; the same seed and request give the same answer, where the model can.
        presence_penalty: How much to avoid words that the text holds already, whatever their number, -2 to 2;
            negative values favor them. Left out, 0.
        frequency_penalty: How much to avoid words that the text holds already, the more the more often it holds
            them, -2 to 2; negative values favor them. Left out, 0.
        logit_bias: How much likelier or less likely to make single tokens: the token's id as the key, -100 (never)
            to 100 (always) as the value.
        logprobs: Whether to give the probability of each token of the answer. Left out, false.
        top_logprobs: How many of the likeliest tokens to give at each position, 0 to 20; only with `logprobs`.
        response_format: The form of the text that the model writes.
        tools: The tools that the model may call.
        tool_choice: Whether the model may call tools, `none`, `auto` or `required`, or the one tool that it must
            call.
        parallel_tool_calls: Whether one message may hold several tool calls. Left out, true.
        reasoning_effort: How much a reasoning model thinks before it answers, for instance `low`, `medium` or
            `high`.
        modalities: What the answer may consist of, for instance `text` or `audio`. Left out, `text`.
        service_tier: The provider's tier to serve the request by, for instance `auto` or `flex`.
        metadata: Labels of your own, kept with the request.
        user: A stable id of your own for the end user, to trace abuse.
    """

    messages: list[ChatMessage]
    model: str | None = None
    models: list[str] = field(factory=list)
    stream: bool | None = None
    stream_options: ChatStreamOptions | None = None
    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: ChatCompletionRequestLogitBias | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    response_format: ChatResponseFormat | None = None
    tools: list[ChatTool] = field(factory=list)
    tool_choice: str | ChatToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: str | None = None
    modalities: list[str] = field(factory=list)
    service_tier: str | None = None
    metadata: ChatCompletionRequestMetadata | None = None
    user: str | None = None
