from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from ..model import Model

if TYPE_CHECKING:
    from ..models.model_summary import ModelSummary
    from ..models.provider_summary import ProviderSummary


@define(kw_only=True, repr=False)
class ProviderDetailResponse(Model):
    """A provider and its models.

    Attributes:
        provider: A provider whose models can be called.
        models: The provider's models.
    """

    provider: ProviderSummary | None = None
    models: list[ModelSummary] = field(factory=list)
