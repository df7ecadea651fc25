from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, field

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_content_part import ChatContentPart
    from ..models.chat_role import ChatRole
    from ..models.chat_tool_call import ChatToolCall


@define(kw_only=True, repr=False)
class ChatDelta(Model):
    """What a chunk adds to a message.

    Attributes:
        role: Who writes the message; in the first chunk only.
        content: The next piece of the text.
        content_parts: The parts, where a provider sends a list of them as `content`. The service does not send this
            field: the client moves the list here and leaves the text of the parts in `content`.
        tool_calls: The next pieces of the tool calls, each with its `index`.
        reasoning_content: The next piece of what the model writes before its answer.
        refusal: The next piece of the refusal.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["role", "content", "tool_calls", "reasoning_content", "refusal"])

    _parts: ClassVar[tuple[str, str] | None] = ("content", "content_parts")

    role: ChatRole | str | None = None
    content: str | None = None
    content_parts: list[ChatContentPart] = field(factory=list)
    tool_calls: list[ChatToolCall] = field(factory=list)
    reasoning_content: str | None = None
    refusal: str | None = None
