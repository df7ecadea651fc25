from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, field

from ..model import Model

if TYPE_CHECKING:
    from ..models.model_capabilities import ModelCapabilities
    from ..models.model_pricing import ModelPricing


@define(kw_only=True, repr=False)
class ModelDetails(Model):
    """What CCAPI adds to the entry of a model.

    Attributes:
        display_name: The model's name for people.
        type_: The type of the model, for instance `chat`, `image`, `audio` or `video`.
        input_modalities: What can go in, for instance `text` or `image`.
        output_modalities: What can come out, for instance `text`, `image` or `audio`.
        capabilities: What the model can do.
        pricing: What the model costs.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(
        ["display_name", "type", "input_modalities", "output_modalities", "capabilities", "pricing"]
    )

    display_name: str | None = None
    type_: str | None = None
    input_modalities: list[str] = field(factory=list)
    output_modalities: list[str] = field(factory=list)
    capabilities: ModelCapabilities | None = None
    pricing: ModelPricing | None = None
