from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, field

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_top_logprob import ChatTopLogprob


@define(kw_only=True, repr=False)
class ChatTokenLogprob(Model):
    """How likely a token was.

    Attributes:
        token: The token as text.
        logprob: The natural logarithm of its probability, 0 or less.
        bytes_: The bytes of the token in UTF-8; a token may be a part of a character.
        top_logprobs: The likeliest tokens at this position.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["bytes"])

    token: str | None = None
    logprob: float | None = None
    bytes_: list[int] = field(factory=list)
    top_logprobs: list[ChatTopLogprob] = field(factory=list)
