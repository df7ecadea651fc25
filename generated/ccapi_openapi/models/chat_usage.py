from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_completion_tokens_details import ChatCompletionTokensDetails
    from ..models.chat_prompt_tokens_details import ChatPromptTokensDetails


@define(kw_only=True, repr=False)
class ChatUsage(Model):
    """What the request used.

    Attributes:
        prompt_tokens: The length of the conversation, in tokens.
        completion_tokens: The length of the answer, in tokens.
        total_tokens: The sum of both, in tokens.
        prompt_tokens_details: Which of the conversation's tokens are counted apart.
        completion_tokens_details: Which of the answer's tokens are counted apart.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["prompt_tokens_details", "completion_tokens_details"])

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: ChatPromptTokensDetails | None = None
    completion_tokens_details: ChatCompletionTokensDetails | None = None
