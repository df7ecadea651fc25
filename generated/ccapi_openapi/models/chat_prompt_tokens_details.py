from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ChatPromptTokensDetails(Model):
    """Which of the conversation's tokens are counted apart.

    Attributes:
        cached_tokens: The tokens that the provider had in its cache.
        audio_tokens: The tokens of sound.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["cached_tokens", "audio_tokens"])

    cached_tokens: int | None = None
    audio_tokens: int | None = None
