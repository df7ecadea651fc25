from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from attrs import define, field

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_choice import ChatChoice
    from ..models.chat_usage import ChatUsage


@define(kw_only=True, repr=False)
class ChatCompletionResponse(Model):
    """The continuation of a conversation.

    Attributes:
        choices: The answers, one unless `n` says more.
        id: The id of the completion.
        object_: The kind of this document, `chat.completion`.
        created: When it was made, in Unix seconds.
        model: The model that answered; with `models`, the first that could.
        provider: The provider that answered.
        usage: What the request used, in tokens.
        service_tier: The provider's tier that served the request.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["provider", "usage", "service_tier"])

    choices: list[ChatChoice]
    id: str | None = None
    object_: str | None = None
    created: int | None = None
    model: str | None = None
    provider: str | None = None
    usage: ChatUsage | None = None
    service_tier: str | None = None


T = TypeVar("T")


@define(kw_only=True, repr=False)
class ParsedChatCompletion(ChatCompletionResponse, Generic[T]):
    """A ChatCompletionResponse whose first answer was read as an instance of a class.

    Attributes:
        parsed: The instance.
    """

    parsed: T = field(init=False, eq=False, default=None)
