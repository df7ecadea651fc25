from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, field

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_content_part import ChatContentPart
    from ..models.chat_role import ChatRole
    from ..models.chat_tool_call import ChatToolCall


@define(kw_only=True, repr=False)
class ChatMessage(Model):
    """One message of a conversation, as it is sent.

    Attributes:
        role: Who wrote the message.
        content: The text, or a list of parts; null beside `tool_calls`.
        name: The name of the author, to tell apart several of the same role.
        tool_calls: The tool calls that the model requested.
        tool_call_id: In a message of role `tool`, the id of the call whose result it holds.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["content", "name", "tool_calls", "tool_call_id"])

    role: ChatRole | str
    content: str | list[ChatContentPart] | None = None
    name: str | None = None
    tool_calls: list[ChatToolCall] = field(factory=list)
    tool_call_id: str | None = None
