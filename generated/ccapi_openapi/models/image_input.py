from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ImageInput")


@_attrs_define
class ImageInput:
    """A picture that is sent: give either `url` or `data`. A mask is a picture of the same size, white where the other
    picture is to be painted anew.

    Attributes:
        url (str | Unset): An address that the service can fetch the picture from.
        data (str | Unset): The picture in base64.
        mime_type (str | Unset): The kind of picture in `data`, for instance `image/png`.
    """

    url: str | Unset = UNSET
    data: str | Unset = UNSET
    mime_type: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        data = self.data

        mime_type = self.mime_type

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if url is not UNSET:
            field_dict["url"] = url
        if data is not UNSET:
            field_dict["data"] = data
        if mime_type is not UNSET:
            field_dict["mime_type"] = mime_type

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url", UNSET)

        data = d.pop("data", UNSET)

        mime_type = d.pop("mime_type", UNSET)

        image_input = cls(
            url=url,
            data=data,
            mime_type=mime_type,
        )

        return image_input
