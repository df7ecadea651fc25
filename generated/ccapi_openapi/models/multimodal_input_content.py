from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.image_input import ImageInput


@define(kw_only=True, repr=False)
class MultimodalInputContent(Model):
    """One piece of the input, a text, a picture, or both.

    Attributes:
        text: What the picture should show, or what should be changed.
        image: A picture that is sent: give either `url` or `data`. A mask is a picture of the same size, white
            where the other picture is to be painted again.
        mask: A picture that is sent: give either `url` or `data`. A mask is a picture of the same size, white where
            the other picture is to be painted again.
    """

    _is_open: ClassVar[bool] = False

    text: str | None = None
    image: ImageInput | None = None
    mask: ImageInput | None = None
