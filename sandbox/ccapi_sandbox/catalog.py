"""The models that the sandbox serves, and how each behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .errors import ApiError

Outcome = Literal["completed", "failed", "cancelled", "never"]


@dataclass(frozen=True)
class ImageModel:
    """A model that paints.

    Attributes:
        id: `provider/model`.
        display_name: Its name for people.
        format: The file format that it gives, as Pillow names it.
        is_async: Whether `generateImages` answers with a job.
        outcome: How its jobs end.
        price: What a picture costs, in US dollars.
    """

    id: str
    display_name: str
    format: Literal["PNG", "JPEG", "WEBP"] = "PNG"
    is_async: bool = True
    outcome: Outcome = "completed"
    price: float = 0.0

    @property
    def provider(self) -> str:
        """The first part of the id."""
        return self.id.split("/")[0]


DEFAULT_JOB_MODEL = "imaginepro/nano-banana"
DEFAULT_IMAGE_MODEL = "stabilityai/stable-diffusion-xl-1024-v1-0"

MODELS = (
    ImageModel(DEFAULT_JOB_MODEL, "Nano Banana", price=0.039),
    ImageModel(DEFAULT_IMAGE_MODEL, "Stable Diffusion XL", "JPEG", is_async=False, price=0.009),
    ImageModel("black-forest-labs/flux-schnell", "FLUX schnell", "WEBP", is_async=False, price=0.003),
    # For testing what a program does when a job ends otherwise, or not at all.
    ImageModel("sandbox/job-failed", "A job that fails", outcome="failed"),
    ImageModel("sandbox/job-cancelled", "A job that is cancelled", outcome="cancelled"),
    ImageModel("sandbox/job-never-ends", "A job that never ends", outcome="never"),
)

PROVIDERS = {
    "imaginepro": "ImaginePro",
    "stabilityai": "Stability AI",
    "black-forest-labs": "Black Forest Labs",
    "sandbox": "Sandbox",
}


def image_model(id: str) -> ImageModel:
    """The model of this id.

    Raises:
        ApiError: 400, there is none.
    """
    for model in MODELS:
        if model.id == id:
            return model
    names = ", ".join(model.id for model in MODELS)
    raise ApiError.bad_request(f"model: there is no image model {id!r} here; there are {names}", field="model")


def model_entries() -> list[dict[str, Any]]:
    """Every model as `listModels` tells of it."""
    return [
        {
            "id": model.id,
            "object": "model",
            "created": 1762931229 + 86400 * position,
            "owned_by": model.provider,
            "provider": provider_entry(model.provider),
            "ccapi": {
                "display_name": model.display_name,
                "type": "image",
                "input_modalities": ["text", "image"],
                "output_modalities": ["image"],
                "pricing": {"currency": "USD", "per_image": model.price},
            },
        }
        for position, model in enumerate(MODELS)
    ]


def provider_entry(name: str) -> dict[str, Any]:
    """A provider as `listProviders` tells of it."""
    count = sum(model.provider == name for model in MODELS)
    return {"name": name, "display_name": PROVIDERS[name], "is_fundamental": True, "model_count": count}
