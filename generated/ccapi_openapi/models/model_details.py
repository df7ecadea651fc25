from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="ModelDetails")


@_attrs_define
class ModelDetails:
    """What CCAPI adds to the entry of a model.

    Attributes:
        display_name (None | str | Unset): The model's name for people.
        type_ (None | str | Unset): The type of the model, for instance `chat`, `image` or `audio`.
        input_modalities (list[str] | None | Unset): What can go in, for instance `text` or `image`.
        output_modalities (list[str] | None | Unset): What can come out, for instance `text`, `image` or `audio`.
        capabilities (ModelCapabilities | None | Unset): What the model can do.
        pricing (ModelPricing | None | Unset): What the model costs. Not confirmed by the published reference.
    """

    display_name: None | str | Unset = UNSET
    type_: None | str | Unset = UNSET
    input_modalities: list[str] | None | Unset = UNSET
    output_modalities: list[str] | None | Unset = UNSET
    capabilities: ModelCapabilities | None | Unset = UNSET
    pricing: ModelPricing | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:

        display_name: None | str | Unset
        if isinstance(self.display_name, Unset):
            display_name = UNSET
        else:
            display_name = self.display_name

        type_: None | str | Unset
        if isinstance(self.type_, Unset):
            type_ = UNSET
        else:
            type_ = self.type_

        input_modalities: list[str] | None | Unset
        if isinstance(self.input_modalities, Unset):
            input_modalities = UNSET
        elif isinstance(self.input_modalities, list):
            input_modalities = self.input_modalities

        else:
            input_modalities = self.input_modalities

        output_modalities: list[str] | None | Unset
        if isinstance(self.output_modalities, Unset):
            output_modalities = UNSET
        elif isinstance(self.output_modalities, list):
            output_modalities = self.output_modalities

        else:
            output_modalities = self.output_modalities

        capabilities: dict[str, Any] | None | Unset
        if isinstance(self.capabilities, Unset):
            capabilities = UNSET
        elif isinstance(self.capabilities, ModelCapabilities):
            capabilities = self.capabilities.to_dict()
        else:
            capabilities = self.capabilities

        pricing: dict[str, Any] | None | Unset
        if isinstance(self.pricing, Unset):
            pricing = UNSET
        elif isinstance(self.pricing, ModelPricing):
            pricing = self.pricing.to_dict()
        else:
            pricing = self.pricing

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if display_name is not UNSET:
            field_dict["display_name"] = display_name
        if type_ is not UNSET:
            field_dict["type"] = type_
        if input_modalities is not UNSET:
            field_dict["input_modalities"] = input_modalities
        if output_modalities is not UNSET:
            field_dict["output_modalities"] = output_modalities
        if capabilities is not UNSET:
            field_dict["capabilities"] = capabilities
        if pricing is not UNSET:
            field_dict["pricing"] = pricing

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = dict(src_dict)

        def _parse_display_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        display_name = _parse_display_name(d.pop("display_name", UNSET))

        def _parse_type_(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        type_ = _parse_type_(d.pop("type", UNSET))

        def _parse_input_modalities(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                input_modalities_type_0 = cast(list[str], data)

                return input_modalities_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        input_modalities = _parse_input_modalities(d.pop("input_modalities", UNSET))

        def _parse_output_modalities(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                output_modalities_type_0 = cast(list[str], data)

                return output_modalities_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        output_modalities = _parse_output_modalities(d.pop("output_modalities", UNSET))

        def _parse_capabilities(data: object) -> ModelCapabilities | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                capabilities_type_0 = ModelCapabilities.from_dict(data)

                return capabilities_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ModelCapabilities | None | Unset, data)

        capabilities = _parse_capabilities(d.pop("capabilities", UNSET))

        def _parse_pricing(data: object) -> ModelPricing | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                pricing_type_0 = ModelPricing.from_dict(data)

                return pricing_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ModelPricing | None | Unset, data)

        pricing = _parse_pricing(d.pop("pricing", UNSET))

        model_details = cls(
            display_name=display_name,
            type_=type_,
            input_modalities=input_modalities,
            output_modalities=output_modalities,
            capabilities=capabilities,
            pricing=pricing,
        )

        model_details.additional_properties = d
        return model_details

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


from ..models.model_capabilities import ModelCapabilities
from ..models.model_pricing import ModelPricing
