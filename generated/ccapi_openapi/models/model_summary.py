from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.model_details import ModelDetails
    from ..models.provider_summary import ProviderSummary


@define(kw_only=True, repr=False)
class ModelSummary(Model):
    """A model that can be called.

    Attributes:
        id: The name to call the model by, as `provider/model`.
        object_: The kind of this document, `model`.
        created: When the model appeared, in Unix seconds.
        owned_by: Who owns the model.
        provider: The provider that serves the model.
        ccapi: What CCAPI knows about the model.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["created", "owned_by", "provider", "ccapi"])

    id: str
    object_: str | None = None
    created: int | None = None
    owned_by: str | None = None
    provider: ProviderSummary | None = None
    ccapi: ModelDetails | None = None
