from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ImageInput(Model):
    """A picture that is sent: give either `url` or `data`. A mask is a picture of the same size, white where the
    other picture is to be painted again.

    Attributes:
        url: An address that the service can fetch the picture from.
        data: The picture in base64.
        mime_type: The kind of picture in `data`, for instance `image/png`.
    """

    _is_open: ClassVar[bool] = False

    url: str | None = None
    data: str | None = None
    mime_type: str | None = None
