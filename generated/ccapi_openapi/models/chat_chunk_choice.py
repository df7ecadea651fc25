from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Label, Model

if TYPE_CHECKING:
    from ..models.chat_delta import ChatDelta
    from ..models.chat_finish_reason import ChatFinishReason
    from ..models.chat_logprobs import ChatLogprobs


@define(kw_only=True, repr=False)
class ChatChunkChoice(Model):
    """What a chunk adds to one answer.

    Attributes:
        delta: What a chunk adds to a message.
        index: The position of the answer, from 0.
        finish_reason: Why the answer ended; null until it does.
        logprobs: How likely the tokens of this piece were, when `logprobs` was true.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["finish_reason", "logprobs"])

    _labels: ClassVar[tuple[Label, ...]] = (Label("delta", ("message",), ((None, {}),), False),)

    delta: ChatDelta
    index: int | None = None
    finish_reason: ChatFinishReason | str | None = None
    logprobs: ChatLogprobs | None = None
