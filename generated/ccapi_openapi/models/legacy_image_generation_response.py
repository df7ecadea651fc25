from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..display import Pictures
from ..model import Model

if TYPE_CHECKING:
    from ..models.image_datum import ImageDatum


@define(kw_only=True, repr=False)
class LegacyImageGenerationResponse(Pictures, Model):
    """Finished pictures.

    Attributes:
        data: The pictures, as many as were requested.
        id: The id of the answer.
        created: When it was made, in Unix seconds.
        model: The model that painted.
        provider: The provider that served the request.
        revised_prompt: The prompt as the model read it, where it was changed.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["provider", "revised_prompt"])

    data: list[ImageDatum]
    id: str | None = None
    created: int | None = None
    model: str | None = None
    provider: str | None = None
    revised_prompt: str | None = None
