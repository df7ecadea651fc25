from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ModelCapabilities")


@_attrs_define
class ModelCapabilities:
    """What a model can do. Fields that are not listed may follow.

    Attributes:
        context_length (int | None | Unset): The longest conversation, in tokens.
        max_output_tokens (int | None | Unset): The longest answer, in tokens.
        streaming (bool | None | Unset): Whether answers can be streamed.
        function_calling (bool | None | Unset): Whether tools can be called.
    """

    context_length: int | None | Unset = UNSET
    max_output_tokens: int | None | Unset = UNSET
    streaming: bool | None | Unset = UNSET
    function_calling: bool | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        context_length: int | None | Unset
        if isinstance(self.context_length, Unset):
            context_length = UNSET
        else:
            context_length = self.context_length

        max_output_tokens: int | None | Unset
        if isinstance(self.max_output_tokens, Unset):
            max_output_tokens = UNSET
        else:
            max_output_tokens = self.max_output_tokens

        streaming: bool | None | Unset
        if isinstance(self.streaming, Unset):
            streaming = UNSET
        else:
            streaming = self.streaming

        function_calling: bool | None | Unset
        if isinstance(self.function_calling, Unset):
            function_calling = UNSET
        else:
            function_calling = self.function_calling

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if context_length is not UNSET:
            field_dict["context_length"] = context_length
        if max_output_tokens is not UNSET:
            field_dict["max_output_tokens"] = max_output_tokens
        if streaming is not UNSET:
            field_dict["streaming"] = streaming
        if function_calling is not UNSET:
            field_dict["function_calling"] = function_calling

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_context_length(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        context_length = _parse_context_length(d.pop("context_length", UNSET))

        def _parse_max_output_tokens(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_output_tokens = _parse_max_output_tokens(d.pop("max_output_tokens", UNSET))

        def _parse_streaming(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        streaming = _parse_streaming(d.pop("streaming", UNSET))

        def _parse_function_calling(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        function_calling = _parse_function_calling(d.pop("function_calling", UNSET))

        model_capabilities = cls(
            context_length=context_length,
            max_output_tokens=max_output_tokens,
            streaming=streaming,
            function_calling=function_calling,
        )

        model_capabilities.additional_properties = d
        return model_capabilities

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
