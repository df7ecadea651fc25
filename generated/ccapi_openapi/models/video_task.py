from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Label, Model

if TYPE_CHECKING:
    from ..models.video_status import VideoStatus


@define(kw_only=True, repr=False)
class VideoTask(Model):
    """A video job that has just been accepted.

    Attributes:
        task_id: The id of the job.
        status: Where the job is.
    """

    _labels: ClassVar[tuple[Label, ...]] = (
        Label("task_id", ("id", "job_id"), (), False),
        Label("status", ("task_status", "state"), (("task_id", "queued"),), False),
    )

    task_id: str
    status: VideoStatus | str
