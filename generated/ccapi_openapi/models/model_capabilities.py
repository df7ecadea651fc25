from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ModelCapabilities(Model):
    """What a model can do. Fields that are not listed may follow.

    Attributes:
        context_length: The longest conversation, in tokens.
        max_output_tokens: The longest answer, in tokens.
        streaming: Whether answers can be streamed.
        function_calling: Whether tools can be called.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(
        ["context_length", "max_output_tokens", "streaming", "function_calling"]
    )

    context_length: int | None = None
    max_output_tokens: int | None = None
    streaming: bool | None = None
    function_calling: bool | None = None
