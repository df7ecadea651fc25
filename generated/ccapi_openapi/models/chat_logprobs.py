from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, field

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_token_logprob import ChatTokenLogprob


@define(kw_only=True, repr=False)
class ChatLogprobs(Model):
    """How likely the tokens of an answer were.

    Attributes:
        content: The tokens of the text, in their order.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["content"])

    content: list[ChatTokenLogprob] = field(factory=list)
