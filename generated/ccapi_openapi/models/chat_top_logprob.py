from __future__ import annotations

from typing import ClassVar

from attrs import define, field

from ..model import Model


@define(kw_only=True, repr=False)
class ChatTopLogprob(Model):
    """A token that was likely at a position.

    Attributes:
        token: The token as text.
        logprob: The natural logarithm of its probability, 0 or less.
        bytes_: The bytes of the token in UTF-8.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["bytes"])

    token: str | None = None
    logprob: float | None = None
    bytes_: list[int] = field(factory=list)
