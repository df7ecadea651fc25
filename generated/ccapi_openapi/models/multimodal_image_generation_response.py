from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, field

from ..display import Pictures
from ..model import Label, Model

if TYPE_CHECKING:
    from ..models.error_object import ErrorObject
    from ..models.image_datum import ImageDatum
    from ..models.image_execution import ImageExecution
    from ..models.image_job_status import ImageJobStatus


@define(kw_only=True, repr=False)
class MultimodalImageGenerationResponse(Pictures, Model):
    """An image job, finished or still running.

    Attributes:
        id: The id of the job; empty where the service gives finished pictures without one.
        status: Where the job is. `completed`, `failed` and `cancelled` are final, and so are other words for them;
            with any other status, the job is still running.
        created: When it was made, in Unix seconds.
        model: The model that paints.
        execution: How the request was executed.
        data: The pictures, once the status is `completed`.
        poll_url: The address to poll while the job is running.
        estimated_time: How long the job will take from now, in seconds, as far as the provider knows.
        error: Why the job failed, once the status is `failed`.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["execution", "data", "poll_url", "estimated_time", "error"])

    _labels: ClassVar[tuple[Label, ...]] = (
        Label("id", ("task_id", "job_id"), (("data", ""),), False),
        Label(
            "status", ("task_status", "state"), (("data", "completed"), ("error", "failed"), ("id", "pending")), False
        ),
    )

    id: str
    status: ImageJobStatus | str
    created: int | None = None
    model: str | None = None
    execution: ImageExecution | None = None
    data: list[ImageDatum] = field(factory=list)
    poll_url: str | None = None
    estimated_time: float | None = None
    error: ErrorObject | None = None
