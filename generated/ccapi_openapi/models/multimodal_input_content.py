from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset


T = TypeVar("T", bound="MultimodalInputContent")


@_attrs_define
class MultimodalInputContent:
    """One piece of the input, a text, a picture, or both.

    Attributes:
        text (str | Unset): What the picture should show, or what should be changed.
        image (ImageInput | Unset): A picture that is sent: give either `url` or `data`. A mask is a picture of the same
            size, white where the other picture is to be painted anew.
        mask (ImageInput | Unset): A picture that is sent: give either `url` or `data`. A mask is a picture of the same
            size, white where the other picture is to be painted anew.
    """

    text: str | Unset = UNSET
    image: ImageInput | Unset = UNSET
    mask: ImageInput | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        image: dict[str, Any] | Unset = UNSET
        if not isinstance(self.image, Unset):
            image = self.image.to_dict()

        mask: dict[str, Any] | Unset = UNSET
        if not isinstance(self.mask, Unset):
            mask = self.mask.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if text is not UNSET:
            field_dict["text"] = text
        if image is not UNSET:
            field_dict["image"] = image
        if mask is not UNSET:
            field_dict["mask"] = mask

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = dict(src_dict)
        text = d.pop("text", UNSET)

        _image = d.pop("image", UNSET)
        image: ImageInput | Unset
        if isinstance(_image, Unset):
            image = UNSET
        else:
            image = ImageInput.from_dict(_image)

        _mask = d.pop("mask", UNSET)
        mask: ImageInput | Unset
        if isinstance(_mask, Unset):
            mask = UNSET
        else:
            mask = ImageInput.from_dict(_mask)

        multimodal_input_content = cls(
            text=text,
            image=image,
            mask=mask,
        )

        return multimodal_input_content


from ..models.image_input import ImageInput
