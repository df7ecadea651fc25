from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="ProviderDetailResponse")


@_attrs_define
class ProviderDetailResponse:
    """A provider and its models. Its fields are not confirmed by the published reference.

    Attributes:
        provider (ProviderSummary | Unset): A provider whose models can be called. That a list of providers has these
            fields is not confirmed by the published reference.
        models (list[ModelSummary] | Unset): The provider's models. Not confirmed by the published reference.
    """

    provider: ProviderSummary | Unset = UNSET
    models: list[ModelSummary] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        provider: dict[str, Any] | Unset = UNSET
        if not isinstance(self.provider, Unset):
            provider = self.provider.to_dict()

        models: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.models, Unset):
            models = []
            for models_item_data in self.models:
                models_item = models_item_data.to_dict()
                models.append(models_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if provider is not UNSET:
            field_dict["provider"] = provider
        if models is not UNSET:
            field_dict["models"] = models

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = dict(src_dict)
        _provider = d.pop("provider", UNSET)
        provider: ProviderSummary | Unset
        if isinstance(_provider, Unset):
            provider = UNSET
        else:
            provider = ProviderSummary.from_dict(_provider)

        _models = d.pop("models", UNSET)
        models: list[ModelSummary] | Unset = UNSET
        if _models is not UNSET:
            models = []
            for models_item_data in _models:
                models_item = ModelSummary.from_dict(models_item_data)

                models.append(models_item)

        provider_detail_response = cls(
            provider=provider,
            models=models,
        )

        provider_detail_response.additional_properties = d
        return provider_detail_response

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


from ..models.model_summary import ModelSummary
from ..models.provider_summary import ProviderSummary
