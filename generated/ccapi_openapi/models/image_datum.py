from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..display import Picture
from ..model import Model


@define(kw_only=True, repr=False)
class ImageDatum(Picture, Model):
    """One picture.

    Attributes:
        url: Where the picture is, when `response_format` was `url`.
        b64_json: The picture in base64, when `response_format` was `b64_json`.
        revised_prompt: The prompt as the model read it, where it was changed.
        seed: The seed that the picture was made with.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["url", "b64_json", "revised_prompt", "seed"])

    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None
    seed: int | None = None
