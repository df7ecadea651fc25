"""The models that the sandbox serves, and how each behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

from .errors import ApiError

Outcome = Literal["completed", "failed", "cancelled", "never", "unknown"]


@dataclass(frozen=True)
class Model:
    """A model.

    Attributes:
        id: `provider/model`.
        display_name: The name to show to people.
        price: The price of a picture, a second of video, a thousand tokens or a thousand characters, in US dollars.
    """

    id: str
    display_name: str
    price: float = 0.0

    type: ClassVar[str]
    input_modalities: ClassVar[list[str]] = ["text"]
    output_modalities: ClassVar[list[str]]
    unit: ClassVar[str]

    @property
    def provider(self) -> str:
        """The first part of the id."""
        return self.id.split("/")[0]


@dataclass(frozen=True)
class ImageModel(Model):
    """A model that makes pictures.

    Attributes:
        format: The file format of its pictures, as Pillow names it.
        is_async: Whether `generateImages` responds with a job.
        outcome: How its jobs end.
    """

    format: Literal["PNG", "JPEG", "WEBP"] = "PNG"
    is_async: bool = True
    outcome: Outcome = "completed"

    type = "image"
    input_modalities = ["text", "image"]  # noqa: RUF012 - a ClassVar of Model
    output_modalities = ["image"]  # noqa: RUF012
    unit = "per_image"


@dataclass(frozen=True)
class ChatModel(Model):
    """A model that writes text.

    Attributes:
        is_up: Whether it is available. A model that is down is for testing fallbacks.
        is_babble: Whether the text generator always answers, even if a language model is installed.
    """

    is_up: bool = True
    is_babble: bool = False

    type = "chat"
    output_modalities = ["text"]  # noqa: RUF012
    unit = "per_1k_tokens"


@dataclass(frozen=True)
class SpeechModel(Model):
    """A model that speaks."""

    type = "audio"
    output_modalities = ["audio"]  # noqa: RUF012
    unit = "per_1k_characters"


@dataclass(frozen=True)
class VideoModel(Model):
    """A model that makes videos.

    Attributes:
        outcome: How its jobs end.
    """

    outcome: Outcome = "completed"

    type = "video"
    input_modalities = ["text", "image"]  # noqa: RUF012 - a ClassVar of Model
    output_modalities = ["video"]  # noqa: RUF012
    unit = "per_second"


DEFAULT_JOB_MODEL = "imaginepro/nano-banana"
DEFAULT_IMAGE_MODEL = "stabilityai/stable-diffusion-xl-1024-v1-0"
DEFAULT_VIDEO_MODEL = "kling/kling-v1"

MODELS: tuple[Model, ...] = (
    ImageModel(DEFAULT_JOB_MODEL, "Nano Banana", 0.039),
    ImageModel(DEFAULT_IMAGE_MODEL, "Stable Diffusion XL", 0.009, "JPEG", is_async=False),
    ImageModel("black-forest-labs/flux-schnell", "FLUX schnell", 0.003, "WEBP", is_async=False),
    ChatModel("openai/gpt-4o-mini", "GPT-4o mini", 0.0004),
    ChatModel("anthropic/claude-3-5-haiku", "Claude 3.5 Haiku", 0.002),
    SpeechModel("elevenlabs/eleven_turbo_v2", "Eleven Turbo v2", 0.05),
    SpeechModel("openai/tts-1", "TTS 1", 0.015),
    VideoModel(DEFAULT_VIDEO_MODEL, "Kling 1", 0.05),
    # For tests: a model that gives the same text each time, a model that is down, and jobs that fail, are cancelled or
    # never finish.
    ChatModel("sandbox/babble", "A text generator, not a language model", is_babble=True),
    ChatModel("sandbox/unavailable", "A model that is down", is_up=False),
    ImageModel("sandbox/job-failed", "A job that fails", outcome="failed"),
    ImageModel("sandbox/job-cancelled", "A job that is cancelled", outcome="cancelled"),
    ImageModel("sandbox/job-never-ends", "A job that never ends", outcome="never"),
    VideoModel("sandbox/video-failed", "A video job that fails", outcome="failed"),
)

PROVIDERS = {
    "imaginepro": "ImaginePro",
    "stabilityai": "Stability AI",
    "black-forest-labs": "Black Forest Labs",
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "elevenlabs": "ElevenLabs",
    "kling": "Kling",
    "sandbox": "Sandbox",
}

M = TypeVar("M", bound=Model)


def find(kind: type[M], id: str) -> M | None:
    """The model of this kind and id, or the only one whose id ends in it after the provider, such as `gpt-4o-mini`."""
    known = [each for each in MODELS if isinstance(each, kind)]
    found = [each for each in known if each.id == id] or [each for each in known if each.id.partition("/")[2] == id]
    return found[0] if len(found) == 1 else None


def model(kind: type[M], id: str) -> M:
    """The model of this kind, as `find` finds it.

    Raises:
        ApiError: 400 if there is none.
    """
    found = find(kind, id)
    if found is None:
        reason = f"there is no {kind.type} model {id[:100]!r} here; there are {names(kind)}"
        raise ApiError.bad_request(f"model: {reason}", field="model")
    return found


def names(kind: type[Model]) -> str:
    """The ids of the models of this kind, to show to people."""
    return ", ".join(each.id for each in MODELS if isinstance(each, kind))


def model_entries() -> list[dict[str, Any]]:
    """Every model, as `listModels` returns it."""
    return [
        {
            "id": model.id,
            "object": "model",
            "created": 1762931229 + 86400 * position,
            "owned_by": model.provider,
            "provider": provider_entry(model.provider),
            "ccapi": {
                "display_name": model.display_name,
                "type": model.type,
                "input_modalities": model.input_modalities,
                "output_modalities": model.output_modalities,
                "capabilities": dict.fromkeys(("streaming", "function_calling"), isinstance(model, ChatModel)),
                "pricing": {"currency": "USD", model.unit: model.price},
            },
        }
        for position, model in enumerate(MODELS)
    ]


def provider_entry(name: str) -> dict[str, Any]:
    """A provider, as `listProviders` returns it."""
    count = sum(model.provider == name for model in MODELS)
    return {"name": name, "display_name": PROVIDERS[name], "is_fundamental": True, "model_count": count}
