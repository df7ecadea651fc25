from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_json_schema import ChatJsonSchema
    from ..models.chat_response_format_type import ChatResponseFormatType


@define(kw_only=True, repr=False)
class ChatResponseFormat(Model):
    """The form of the text that the model writes.

    Attributes:
        type_: `text` for any text, `json_object` for a JSON object, `json_schema` for JSON that follows
            `json_schema`.
        json_schema: A schema that the text follows.
    """

    type_: ChatResponseFormatType | str
    json_schema: ChatJsonSchema | None = None
