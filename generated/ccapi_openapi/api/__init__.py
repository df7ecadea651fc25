"""Every operation of the contract, as the methods of one class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..operations import JobOperation
from .audio import AsyncAudioApi, AudioApi
from .catalog import AsyncCatalogApi, CatalogApi
from .chat import AsyncChatApi, ChatApi
from .images import AsyncImagesApi, ImagesApi, get_image_job_operation
from .video import AsyncVideoApi, VideoApi, get_video_job_operation

__all__ = ["Api", "AsyncApi"]

if TYPE_CHECKING:
    from .. import models
    from ..model import Model

    AnyJob = models.MultimodalImageGenerationResponse | models.VideoJob
    """A job of any kind, as a poll gives it."""

    JobOfFiles = models.MultimodalImageGenerationResponse
    """A job whose result is a list of files."""

    JobOfFile = models.VideoJob
    """A job whose result is one file."""


def job_operations() -> tuple[JobOperation[Any], ...]:
    """The operations that poll a job, one of each kind; their models are loaded when they are first called."""
    return (
        get_image_job_operation(),
        get_video_job_operation(),
    )


class Api(
    AudioApi,
    CatalogApi,
    ChatApi,
    ImagesApi,
    VideoApi,
):
    """Every operation of the contract."""


class AsyncApi(
    AsyncAudioApi,
    AsyncCatalogApi,
    AsyncChatApi,
    AsyncImagesApi,
    AsyncVideoApi,
):
    """Every operation of the contract, asynchronous."""
