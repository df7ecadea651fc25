from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="ModelSummary")


@_attrs_define
class ModelSummary:
    """A model that can be called.

    Attributes:
        id (str): The name to call the model by, as `provider/model`.
        object_ (str | Unset): The kind of this document, `model`.
        created (int | None | Unset): When the model appeared, in Unix seconds.
        owned_by (None | str | Unset): Who owns the model.
        provider (None | ProviderSummary | Unset): The provider that serves the model.
        ccapi (ModelDetails | None | Unset): What CCAPI knows about the model.
    """

    id: str
    object_: str | Unset = UNSET
    created: int | None | Unset = UNSET
    owned_by: None | str | Unset = UNSET
    provider: None | ProviderSummary | Unset = UNSET
    ccapi: ModelDetails | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:

        id = self.id

        object_ = self.object_

        created: int | None | Unset
        if isinstance(self.created, Unset):
            created = UNSET
        else:
            created = self.created

        owned_by: None | str | Unset
        if isinstance(self.owned_by, Unset):
            owned_by = UNSET
        else:
            owned_by = self.owned_by

        provider: dict[str, Any] | None | Unset
        if isinstance(self.provider, Unset):
            provider = UNSET
        elif isinstance(self.provider, ProviderSummary):
            provider = self.provider.to_dict()
        else:
            provider = self.provider

        ccapi: dict[str, Any] | None | Unset
        if isinstance(self.ccapi, Unset):
            ccapi = UNSET
        elif isinstance(self.ccapi, ModelDetails):
            ccapi = self.ccapi.to_dict()
        else:
            ccapi = self.ccapi

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_
        if created is not UNSET:
            field_dict["created"] = created
        if owned_by is not UNSET:
            field_dict["owned_by"] = owned_by
        if provider is not UNSET:
            field_dict["provider"] = provider
        if ccapi is not UNSET:
            field_dict["ccapi"] = ccapi

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = dict(src_dict)
        id = d.pop("id")

        object_ = d.pop("object", UNSET)

        def _parse_created(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        created = _parse_created(d.pop("created", UNSET))

        def _parse_owned_by(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        owned_by = _parse_owned_by(d.pop("owned_by", UNSET))

        def _parse_provider(data: object) -> None | ProviderSummary | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                provider_type_0 = ProviderSummary.from_dict(data)

                return provider_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ProviderSummary | Unset, data)

        provider = _parse_provider(d.pop("provider", UNSET))

        def _parse_ccapi(data: object) -> ModelDetails | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                ccapi_type_0 = ModelDetails.from_dict(data)

                return ccapi_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ModelDetails | None | Unset, data)

        ccapi = _parse_ccapi(d.pop("ccapi", UNSET))

        model_summary = cls(
            id=id,
            object_=object_,
            created=created,
            owned_by=owned_by,
            provider=provider,
            ccapi=ccapi,
        )

        model_summary.additional_properties = d
        return model_summary

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


from ..models.model_details import ModelDetails
from ..models.provider_summary import ProviderSummary
