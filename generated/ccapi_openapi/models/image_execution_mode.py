from typing import Literal

ImageExecutionMode = Literal["async", "sync"]

IMAGE_EXECUTION_MODE_VALUES: set[ImageExecutionMode] = {
    "async",
    "sync",
}


def check_image_execution_mode(value: str) -> ImageExecutionMode:
    if value in IMAGE_EXECUTION_MODE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {IMAGE_EXECUTION_MODE_VALUES!r}")
