from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Label, Model

if TYPE_CHECKING:
    from ..models.chat_chunk_choice import ChatChunkChoice
    from ..models.chat_usage import ChatUsage


@define(kw_only=True, repr=False)
class ChatCompletionChunk(Model):
    """One event of a streamed answer: the data of each server-sent event except the last, `[DONE]`.

    Attributes:
        choices: What is added to each answer; empty in a chunk that holds `usage` alone.
        id: The id of the completion, the same in every chunk.
        object_: The kind of this document, `chat.completion.chunk`.
        created: When the completion was started, in Unix seconds.
        model: The model that answers.
        provider: The provider that answers.
        usage: What the request used, in tokens; in the last chunk, when `stream_options.include_usage` was true.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["provider", "usage"])

    _labels: ClassVar[tuple[Label, ...]] = (Label("choices", (), ((None, []),), False),)

    choices: list[ChatChunkChoice]
    id: str | None = None
    object_: str | None = None
    created: int | None = None
    model: str | None = None
    provider: str | None = None
    usage: ChatUsage | None = None
