from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ProviderSummary(Model):
    """A provider whose models can be called.

    Attributes:
        name: The name of the provider, the first part of its models' ids.
        display_name: The provider's name for people.
        is_fundamental: Whether the provider makes its own models, rather than serving those of others.
        model_count: How many models of the provider can be called.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["display_name", "is_fundamental", "model_count"])

    name: str | None = None
    display_name: str | None = None
    is_fundamental: bool | None = None
    model_count: int | None = None
