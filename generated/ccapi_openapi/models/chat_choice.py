from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_completion_message import ChatCompletionMessage
    from ..models.chat_finish_reason import ChatFinishReason
    from ..models.chat_logprobs import ChatLogprobs


@define(kw_only=True, repr=False)
class ChatChoice(Model):
    """One answer.

    Attributes:
        message: The message of an answer. It can be one of the `messages` of the next request.
        index: The position of the answer, from 0.
        finish_reason: Why the answer ended.
        logprobs: How likely the answer's tokens were, when `logprobs` was true.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["finish_reason", "logprobs"])

    message: ChatCompletionMessage
    index: int | None = None
    finish_reason: ChatFinishReason | str | None = None
    logprobs: ChatLogprobs | None = None
