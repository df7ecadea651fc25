from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..display import Sound
from ..model import Model

if TYPE_CHECKING:
    from ..models.audio_format import AudioFormat


@define(kw_only=True, repr=False)
class AudioSpeechResponse(Sound, Model):
    """Speech as an audio file.

    Attributes:
        id: The id of the speech.
        created: When it was made, in Unix seconds.
        model: The model that spoke.
        provider: The provider that served the request.
        url: Where the audio file is, when `response_format` was `url`.
        b64_json: The audio file in base64, when `response_format` was `b64_json`.
        output_format: The format of the audio file.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["provider", "url", "b64_json", "output_format"])

    id: str | None = None
    created: int | None = None
    model: str | None = None
    provider: str | None = None
    url: str | None = None
    b64_json: str | None = None
    output_format: AudioFormat | str | None = None
