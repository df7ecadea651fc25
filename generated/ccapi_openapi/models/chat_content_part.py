from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_image_url import ChatImageUrl
    from ..models.chat_part_type import ChatPartType


@define(kw_only=True, repr=False)
class ChatContentPart(Model):
    """One part of a message that mixes text and images.

    Attributes:
        type_: The kind of the part.
        text: The text, when `type` is `text`.
        image_url: An image in a message.
    """

    type_: ChatPartType | str
    text: str | None = None
    image_url: ChatImageUrl | None = None
