from typing import Literal

ImageOperation = Literal["image-to-image", "inpainting", "remix", "text-to-image"]

IMAGE_OPERATION_VALUES: set[ImageOperation] = {
    "image-to-image",
    "inpainting",
    "remix",
    "text-to-image",
}


def check_image_operation(value: str) -> ImageOperation:
    if value in IMAGE_OPERATION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {IMAGE_OPERATION_VALUES!r}")
