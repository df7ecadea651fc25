from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_tool_call_function import ChatToolCallFunction


@define(kw_only=True, repr=False)
class ChatToolCall(Model):
    """A call of a tool that the model requests.

    Attributes:
        id: The id of the call; the message with the tool's result names it in `tool_call_id`.
        type_: The kind of the tool, `function`.
        function: The function to call.
        index: The position of the call among the message's tool calls, from 0; sent in streams only.
    """

    id: str | None = None
    type_: str | None = None
    function: ChatToolCallFunction | None = None
    index: int | None = None
