from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.response_format import ResponseFormat


@define(kw_only=True, repr=False)
class LegacyImageGenerationRequest(Model):
    """A picture to be made from a prompt. Fields that are not listed go to the provider as they are.

    Attributes:
        prompt: What the picture should show.
        model: The model to paint with, as `provider/model`. Left out, the service picks one.
        n: How many pictures to make, 1 or more; the model sets the upper bound. Left out, the service decides.
        size: Width and height in pixels, as `1024x1024`, or `auto`. Left out, the model decides.
        quality: How much effort to spend on an image, for instance `standard`, `hd`, `low`, `medium`, `high` or
            `auto`. Left out, the model decides.
        style: The style, for instance `vivid` or `natural`, where the model has styles.
        background: What is behind the subject, for instance `transparent`, `opaque` or `auto`.
        output_format: The format of the image file, for instance `png`, `jpeg` or `webp`. Left out, the model
            decides.
        user: A stable id of your own for the end user, to trace abuse.
        response_format: How to give a file: behind a link, or in base64 inside the response. Left out, the service
            decides.
    """

    prompt: str
    model: str | None = None
    n: int | None = None
    size: str | None = None
    quality: str | None = None
    style: str | None = None
    background: str | None = None
    output_format: str | None = None
    user: str | None = None
    response_format: ResponseFormat | None = None
