from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ProviderSummary")


@_attrs_define
class ProviderSummary:
    """A provider whose models can be called. That a list of providers has these fields is not confirmed by the published
    reference.

    Attributes:
        name (str | Unset): The name of the provider, the first part of its models' ids. Not confirmed by the published
            reference.
        display_name (None | str | Unset): The provider's name for people. Not confirmed by the published reference.
        is_fundamental (bool | None | Unset): Whether the provider makes its own models, rather than serving those of
            others. Not confirmed by the published reference.
        model_count (int | None | Unset): How many models of the provider can be called. Not confirmed by the published
            reference.
    """

    name: str | Unset = UNSET
    display_name: None | str | Unset = UNSET
    is_fundamental: bool | None | Unset = UNSET
    model_count: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        display_name: None | str | Unset
        if isinstance(self.display_name, Unset):
            display_name = UNSET
        else:
            display_name = self.display_name

        is_fundamental: bool | None | Unset
        if isinstance(self.is_fundamental, Unset):
            is_fundamental = UNSET
        else:
            is_fundamental = self.is_fundamental

        model_count: int | None | Unset
        if isinstance(self.model_count, Unset):
            model_count = UNSET
        else:
            model_count = self.model_count

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if display_name is not UNSET:
            field_dict["display_name"] = display_name
        if is_fundamental is not UNSET:
            field_dict["is_fundamental"] = is_fundamental
        if model_count is not UNSET:
            field_dict["model_count"] = model_count

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name", UNSET)

        def _parse_display_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        display_name = _parse_display_name(d.pop("display_name", UNSET))

        def _parse_is_fundamental(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        is_fundamental = _parse_is_fundamental(d.pop("is_fundamental", UNSET))

        def _parse_model_count(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        model_count = _parse_model_count(d.pop("model_count", UNSET))

        provider_summary = cls(
            name=name,
            display_name=display_name,
            is_fundamental=is_fundamental,
            model_count=model_count,
        )

        provider_summary.additional_properties = d
        return provider_summary

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
