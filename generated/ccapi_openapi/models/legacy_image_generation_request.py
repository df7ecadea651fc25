from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.response_format import ResponseFormat, check_response_format
from ..types import UNSET, Unset

T = TypeVar("T", bound="LegacyImageGenerationRequest")


@_attrs_define
class LegacyImageGenerationRequest:
    """A picture to be made from a prompt. Fields that are not listed go to the provider as they are (not confirmed by the
    published reference).

    Attributes:
        prompt (str): What the picture should show.
        model (str | Unset): The model to paint with, as `provider/model`. Left out, the service picks one.
        n (int | Unset): How many pictures to make, 1 or more; the model sets the upper bound. Left out, the service
            decides.
        size (str | Unset): Width and height in pixels, as `1024x1024`. Left out, the model decides.
        response_format (ResponseFormat | Unset): How to give a file: behind a link, or in base64 inside the answer.
            Left out, `url` for `generateImages`, and what the service decides elsewhere. That `b64_json` is one, and `url`
            for `createImage`, is not confirmed by the published reference.
    """

    prompt: str
    model: str | Unset = UNSET
    n: int | Unset = UNSET
    size: str | Unset = UNSET
    response_format: ResponseFormat | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        prompt = self.prompt

        model = self.model

        n = self.n

        size = self.size

        response_format: str | Unset = UNSET
        if not isinstance(self.response_format, Unset):
            response_format = self.response_format

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "prompt": prompt,
            }
        )
        if model is not UNSET:
            field_dict["model"] = model
        if n is not UNSET:
            field_dict["n"] = n
        if size is not UNSET:
            field_dict["size"] = size
        if response_format is not UNSET:
            field_dict["response_format"] = response_format

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt = d.pop("prompt")

        model = d.pop("model", UNSET)

        n = d.pop("n", UNSET)

        size = d.pop("size", UNSET)

        _response_format = d.pop("response_format", UNSET)
        response_format: ResponseFormat | Unset
        if isinstance(_response_format, Unset):
            response_format = UNSET
        else:
            response_format = check_response_format(_response_format)

        legacy_image_generation_request = cls(
            prompt=prompt,
            model=model,
            n=n,
            size=size,
            response_format=response_format,
        )

        legacy_image_generation_request.additional_properties = d
        return legacy_image_generation_request

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
