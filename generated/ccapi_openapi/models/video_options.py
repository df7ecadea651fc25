from __future__ import annotations

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class VideoOptions(Model):
    """More about a video. Fields that are not listed go to the provider as they are.

    Attributes:
        negative_prompt: What the video must not show.
        style: The style of the video.
        quality_level: The quality of the video.
    """

    negative_prompt: str | None = None
    style: str | None = None
    quality_level: str | None = None
