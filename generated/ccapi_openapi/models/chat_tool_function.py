from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_tool_function_parameters import ChatToolFunctionParameters


@define(kw_only=True, repr=False)
class ChatToolFunction(Model):
    """A function that the model may call.

    Attributes:
        name: The name of the function.
        description: What the function does; the model decides by it when to call the function.
        parameters: The function's parameters as a JSON Schema of type `object`.
    """

    name: str
    description: str | None = None
    parameters: ChatToolFunctionParameters | None = None
