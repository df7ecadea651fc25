from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.image_quality import ImageQuality, check_image_quality
from ..models.response_format import ResponseFormat, check_response_format
from ..types import UNSET, Unset

T = TypeVar("T", bound="MultimodalImageParameters")


@_attrs_define
class MultimodalImageParameters:
    """How to make the pictures. What is left out is for the model to decide.

    Attributes:
        num_images (int | Unset): How many pictures to make, 1 or more; the model sets the upper bound. Left out, 1.
        width (int | Unset): Width in pixels.
        height (int | Unset): Height in pixels.
        aspect_ratio (str | Unset): Width to height, as `16:9`; used where width and height are not both given.
        quality (ImageQuality | Unset): How much effort to spend on a picture. Left out, `standard`.
        seed (int | Unset): The start of the random numbers; the same seed and input give the same picture, where the
            model can.
        steps (int | Unset): How many steps of refinement to take, 1 or more.
        guidance_scale (float | Unset): How closely to follow the text; higher is closer, and the range depends on the
            model.
        negative_prompt (str | Unset): What the picture should not show.
        strength (float | Unset): How far to go from the picture sent, 0 (not at all) to 1 (forget it).
        response_format (ResponseFormat | Unset): How to give a file: behind a link, or in base64 inside the answer.
            Left out, `url` for `generateImages`, and what the service decides elsewhere. That `b64_json` is one, and `url`
            for `createImage`, is not confirmed by the published reference.
    """

    num_images: int | Unset = UNSET
    width: int | Unset = UNSET
    height: int | Unset = UNSET
    aspect_ratio: str | Unset = UNSET
    quality: ImageQuality | Unset = UNSET
    seed: int | Unset = UNSET
    steps: int | Unset = UNSET
    guidance_scale: float | Unset = UNSET
    negative_prompt: str | Unset = UNSET
    strength: float | Unset = UNSET
    response_format: ResponseFormat | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        num_images = self.num_images

        width = self.width

        height = self.height

        aspect_ratio = self.aspect_ratio

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        seed = self.seed

        steps = self.steps

        guidance_scale = self.guidance_scale

        negative_prompt = self.negative_prompt

        strength = self.strength

        response_format: str | Unset = UNSET
        if not isinstance(self.response_format, Unset):
            response_format = self.response_format

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if num_images is not UNSET:
            field_dict["num_images"] = num_images
        if width is not UNSET:
            field_dict["width"] = width
        if height is not UNSET:
            field_dict["height"] = height
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if quality is not UNSET:
            field_dict["quality"] = quality
        if seed is not UNSET:
            field_dict["seed"] = seed
        if steps is not UNSET:
            field_dict["steps"] = steps
        if guidance_scale is not UNSET:
            field_dict["guidance_scale"] = guidance_scale
        if negative_prompt is not UNSET:
            field_dict["negative_prompt"] = negative_prompt
        if strength is not UNSET:
            field_dict["strength"] = strength
        if response_format is not UNSET:
            field_dict["response_format"] = response_format

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        num_images = d.pop("num_images", UNSET)

        width = d.pop("width", UNSET)

        height = d.pop("height", UNSET)

        aspect_ratio = d.pop("aspect_ratio", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: ImageQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_image_quality(_quality)

        seed = d.pop("seed", UNSET)

        steps = d.pop("steps", UNSET)

        guidance_scale = d.pop("guidance_scale", UNSET)

        negative_prompt = d.pop("negative_prompt", UNSET)

        strength = d.pop("strength", UNSET)

        _response_format = d.pop("response_format", UNSET)
        response_format: ResponseFormat | Unset
        if isinstance(_response_format, Unset):
            response_format = UNSET
        else:
            response_format = check_response_format(_response_format)

        multimodal_image_parameters = cls(
            num_images=num_images,
            width=width,
            height=height,
            aspect_ratio=aspect_ratio,
            quality=quality,
            seed=seed,
            steps=steps,
            guidance_scale=guidance_scale,
            negative_prompt=negative_prompt,
            strength=strength,
            response_format=response_format,
        )

        return multimodal_image_parameters
