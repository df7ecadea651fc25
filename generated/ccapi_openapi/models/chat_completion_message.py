from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, field

from ..model import Label
from ..models.chat_message import ChatMessage

if TYPE_CHECKING:
    from ..models.chat_annotation import ChatAnnotation
    from ..models.chat_content_part import ChatContentPart


@define(kw_only=True, repr=False)
class ChatCompletionMessage(ChatMessage):
    """The message of an answer. It can be one of the `messages` of the next request.

    Attributes:
        role: Who wrote the message, `assistant`.
        content: The text; null where the model only calls tools.
        content_parts: The parts, where a provider sends a list of them as `content`. The service does not send this
            field: the client moves the list here and leaves the text of the parts in `content`.
        name: The name of the author.
        tool_calls: The tool calls that the model requests.
        reasoning_content: What the model wrote before its answer, where the provider shows it.
        refusal: Why the model refuses to answer, in its own words.
        annotations: The sources that the text refers to.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(
        ["content", "name", "tool_calls", "reasoning_content", "refusal", "annotations"]
    )

    _parts: ClassVar[tuple[str, str] | None] = ("content", "content_parts")

    _labels: ClassVar[tuple[Label, ...]] = (Label("role", (), ((None, "assistant"),), False),)

    content: str | None = None  # pyright: ignore[reportIncompatibleVariableOverride]
    content_parts: list[ChatContentPart] = field(factory=list)
    reasoning_content: str | None = None
    refusal: str | None = None
    annotations: list[ChatAnnotation] = field(factory=list)
