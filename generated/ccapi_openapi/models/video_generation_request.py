from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.video_options import VideoOptions


@define(kw_only=True, repr=False)
class VideoGenerationRequest(Model):
    """A video to be made. Fields that are not listed go to the provider as they are.

    Attributes:
        prompt: What the video shows.
        model: The model that makes it, as `provider/model`. Left out, the service decides.
        image: A picture to start from, its address or the picture itself in base64.
        duration: How long the video is, in seconds.
        width: The width, in pixels.
        height: The height, in pixels.
        fps: How many frames a second has.
        seed: The same seed and prompt give the same video, where the model can.
        n: How many videos to make.
        response_format: How the response has the video, for instance `url`.
        user: Who the video is for, as an id of yours.
        metadata: More about a video. Fields that are not listed go to the provider as they are.
    """

    prompt: str
    model: str | None = None
    image: str | None = None
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: int | None = None
    seed: int | None = None
    n: int | None = None
    response_format: str | None = None
    user: str | None = None
    metadata: VideoOptions | None = None
