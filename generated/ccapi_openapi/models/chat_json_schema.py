from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_json_schema_schema import ChatJsonSchemaSchema


@define(kw_only=True, repr=False)
class ChatJsonSchema(Model):
    """A schema that the text follows.

    Attributes:
        name: The name of the schema, of letters, digits, `_` and `-`.
        description: What the schema is for.
        schema: The JSON Schema.
        strict: Whether the text follows the schema exactly.
    """

    name: str
    description: str | None = None
    schema: ChatJsonSchemaSchema | None = None
    strict: bool | None = None
