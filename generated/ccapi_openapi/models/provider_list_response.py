from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.provider_summary import ProviderSummary


@define(kw_only=True, repr=False)
class ProviderListResponse(Model):
    """A list of providers.

    Attributes:
        data: The providers.
        object_: The kind of this document, `list`.
    """

    data: list[ProviderSummary]
    object_: str | None = None
