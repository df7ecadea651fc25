from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_tool_function import ChatToolFunction
    from ..models.chat_tool_type import ChatToolType


@define(kw_only=True, repr=False)
class ChatTool(Model):
    """A tool that the model may call.

    Attributes:
        type_: The kind of the tool.
        function: A function that the model may call.
    """

    type_: ChatToolType | str
    function: ChatToolFunction | None = None
