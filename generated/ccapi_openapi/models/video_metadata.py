from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class VideoMetadata(Model):
    """What the provider adds to a video; the keys depend on it.

    Attributes:
        url: Where the video is, once the status is `completed`.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["url"])

    url: str | None = None
