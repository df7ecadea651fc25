from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.audio_format import AudioFormat
    from ..models.speech_response_format import SpeechResponseFormat


@define(kw_only=True, repr=False)
class AudioSpeechRequest(Model):
    """A text to be spoken. Fields that are not listed go to the provider as they are.

    Attributes:
        model: The model, as `provider/model`.
        input_: The text to speak.
        voice: The name of the voice; the voices depend on the model.
        output_format: The format of the audio file. Left out, the model decides.
        response_format: How to give the audio file: `url` for a link, `b64_json` for base64 inside the JSON
            response. OpenAI's meaning is taken too: the name of an audio format gives the file itself, under its media
            type. Left out, the header `Accept` decides: `audio/*` or `application/octet-stream` for the file itself,
            else JSON.
        speed: How fast to speak, 0.25 to 4; 1 is the voice's own pace. Left out, 1.
        instructions: How to speak, in words, where the model takes it.
    """

    model: str
    input_: str
    voice: str | None = None
    output_format: AudioFormat | None = None
    response_format: SpeechResponseFormat | str | None = None
    speed: float | None = None
    instructions: str | None = None
