from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_tool_choice_function import ChatToolChoiceFunction
    from ..models.chat_tool_type import ChatToolType


@define(kw_only=True, repr=False)
class ChatToolChoice(Model):
    """The one tool that the model must call.

    Attributes:
        type_: The kind of the tool.
        function: The function that the model must call.
    """

    type_: ChatToolType | str
    function: ChatToolChoiceFunction | None = None
