from typing import Literal

ImageJobStatus = Literal["cancelled", "completed", "failed", "pending", "processing"]

IMAGE_JOB_STATUS_VALUES: set[ImageJobStatus] = {
    "cancelled",
    "completed",
    "failed",
    "pending",
    "processing",
}


def check_image_job_status(value: str) -> ImageJobStatus:
    if value in IMAGE_JOB_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {IMAGE_JOB_STATUS_VALUES!r}")
