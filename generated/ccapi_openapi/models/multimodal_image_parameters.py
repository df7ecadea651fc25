from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.image_quality import ImageQuality
    from ..models.response_format import ResponseFormat


@define(kw_only=True, repr=False)
class MultimodalImageParameters(Model):
    """How to make the pictures. What is left out is for the model to decide.

    Attributes:
        num_images: How many pictures to make, 1 or more; the model sets the upper bound. Left out, 1.
        width: Width in pixels.
        height: Height in pixels.
        aspect_ratio: Width to height, as `16:9`; used where width and height are not both given.
        quality: How much effort to spend on a picture. Left out, `standard`.
        seed: The start of the random numbers; the same seed and input give the same picture, where the model can.
        steps: How many steps of refinement to take, 1 or more.
        guidance_scale: How closely to follow the text; higher is closer, and the range depends on the model.
        negative_prompt: What the picture should not show.
        strength: How far to go from the picture sent, 0 (not at all) to 1 (forget it).
        response_format: How to give a file: behind a link, or in base64 inside the response. Left out, the service
            decides.
    """

    _is_open: ClassVar[bool] = False

    num_images: int | None = None
    width: int | None = None
    height: int | None = None
    aspect_ratio: str | None = None
    quality: ImageQuality | None = None
    seed: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    negative_prompt: str | None = None
    strength: float | None = None
    response_format: ResponseFormat | None = None
