from typing import Any

from ...models.multimodal_image_generation_request import (
    MultimodalImageGenerationRequest,
)


def _get_kwargs(
    *,
    body: MultimodalImageGenerationRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/images/generate",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs
