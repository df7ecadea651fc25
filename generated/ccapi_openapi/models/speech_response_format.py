from typing import Literal

SpeechResponseFormat = Literal["aac", "b64_json", "flac", "mp3", "opus", "pcm", "url", "wav"]

SPEECH_RESPONSE_FORMAT_VALUES: set[SpeechResponseFormat] = {
    "aac",
    "b64_json",
    "flac",
    "mp3",
    "opus",
    "pcm",
    "url",
    "wav",
}


def check_speech_response_format(value: str) -> SpeechResponseFormat:
    if value in SPEECH_RESPONSE_FORMAT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SPEECH_RESPONSE_FORMAT_VALUES!r}")
