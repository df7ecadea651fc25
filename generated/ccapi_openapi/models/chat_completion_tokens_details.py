from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ChatCompletionTokensDetails(Model):
    """Which of the answer's tokens are counted apart.

    Attributes:
        reasoning_tokens: The tokens that the model reasoned with; they are billed and not shown.
        audio_tokens: The tokens of sound.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["reasoning_tokens", "audio_tokens"])

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
