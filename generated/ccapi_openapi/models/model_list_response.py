from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.model_summary import ModelSummary


@define(kw_only=True, repr=False)
class ModelListResponse(Model):
    """A list of models.

    Attributes:
        data: The models.
        object_: The kind of this document, `list`.
    """

    data: list[ModelSummary]
    object_: str | None = None
