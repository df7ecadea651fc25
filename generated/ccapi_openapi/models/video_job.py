from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Label, Model

if TYPE_CHECKING:
    from ..models.error_object import ErrorObject
    from ..models.video_metadata import VideoMetadata
    from ..models.video_status import VideoStatus


@define(kw_only=True, repr=False)
class VideoJob(Model):
    """A video job, finished or still running.

    Attributes:
        id: The id of the job.
        status: Where the job is. `completed`, `failed` and `cancelled` are final, and so are other words for them;
            with any other status, the job is still running.
        object_: What this object is, `video`.
        model: The model that makes the video.
        progress: How much of the work is done, 0 to 100.
        created_at: When the job was accepted, in Unix seconds.
        completed_at: When it finished, in Unix seconds.
        expires_at: Until when its file can be downloaded, in Unix seconds.
        seconds: How long the video is, in seconds, as a text.
        size: The width and height of the video in pixels, for instance `640x360`.
        error: Why the job failed, once the status is `failed`.
        metadata: Where the video is, and what else the provider says of it.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(
        [
            "object",
            "model",
            "progress",
            "created_at",
            "completed_at",
            "expires_at",
            "seconds",
            "size",
            "error",
            "metadata",
        ]
    )

    _labels: ClassVar[tuple[Label, ...]] = (
        Label("id", ("task_id", "job_id"), (), False),
        Label("status", ("task_status", "state"), (("error", "failed"), ("id", "queued")), False),
    )

    id: str
    status: VideoStatus | str
    object_: str | None = None
    model: str | None = None
    progress: int | None = None
    created_at: int | None = None
    completed_at: int | None = None
    expires_at: int | None = None
    seconds: str | None = None
    size: str | None = None
    error: ErrorObject | None = None
    metadata: VideoMetadata | None = None
