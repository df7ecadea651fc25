"""The speech operation: speaks a text, and returns the file or its URL."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from . import unhonored
from .catalog import SpeechModel, model
from .errors import ApiError
from .gateway import Answer, Call, File, Gateway
from .speak import DEFAULT_VOICE, VOICES, SpeedError, speak

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",  # of its container
    "flac": "audio/flac",
    "pcm": "audio/pcm",
}
FORMATS = {kind: name for name, kind in reversed(MEDIA_TYPES.items())} | {"audio/mp3": "mp3"}
"""The formats by the media types that a client accepts."""
SOUND = ("audio/*", "application/octet-stream")
"""The media types of any format."""
IN_JSON = ("url", "b64_json")
"""The response formats that are JSON; the others are the file itself."""


async def create_speech(gateway: Gateway, call: Call) -> Answer:
    """`createSpeech`: a text as a sound file."""
    body = call.body
    unhonored.refuse({**unhonored.SPEECH, **unhonored.SPEECH_OF_OPENAI}, body, call.defaults)
    speaker = model(SpeechModel, body["model"])
    text, voice = body["input"], body.get("voice", DEFAULT_VOICE)
    given = body.get("response_format") or _accepted(call.accept, body.get("output_format"))
    kind = _format(body, given)
    field = "input" if voice in VOICES else "voice"
    try:
        content = await gateway.work(speak, text, voice, kind, body.get("speed", 1))
    except SpeedError as error:
        raise ApiError.bad_request(f"speed: {error}", field="speed") from None
    except ValueError as error:
        raise ApiError.bad_request(f"{field}: {error}", field=field) from None
    document = {
        "id": gateway.new_id("speech"),
        "created": int(gateway.now()),
        "model": speaker.id,
        "provider": speaker.provider,
        "output_format": kind,
    }
    cost, file = speaker.price * len(text) / 1000, File(MEDIA_TYPES[kind], lambda: content)
    if given not in IN_JSON or (call.fault and call.fault.kind == "raw-audio"):
        return Answer(document, file=file, cost=cost)
    if given == "b64_json":
        document["b64_json"] = base64.b64encode(content).decode()
    else:
        document["url"] = gateway.hand_out(f"{document['id']}.{kind}", file, call.origin, len(content))
    return Answer(document, cost=cost)


def _accepted(accept: str, named: str | None) -> str:
    """The response format for what a client accepts: `url`, or a format of sound if it prefers the sound to JSON.

    OpenAI's clients accept `application/octet-stream`.
    """
    best, found = 0.0, "url"
    for entry in accept.lower().split(","):
        kind, _, settings = (part.strip() for part in entry.partition(";"))
        weight = _weight(settings)
        if weight > best:
            if kind in ("*/*", "application/*", "application/json"):
                best, found = weight, "url"
            elif kind in SOUND:
                best, found = weight, named or "mp3"
            elif kind in FORMATS:
                best, found = weight, named or FORMATS[kind]
    return found


def _weight(settings: str) -> float:
    """The `q` of an entry of `Accept`; 1 without one, 0 if it is no number."""
    for setting in settings.split(";"):
        name, _, value = setting.partition("=")
        if name.strip() == "q":
            return float(value) if re.fullmatch(r"\s*[01](\.[0-9]{0,3})?\s*", value) else 0
    return 1


def _format(body: Mapping[str, Any], given: str) -> str:
    """The format of the file, by `output_format` or `response_format`.

    Raises:
        ApiError: 400 if there is no such format, or if the two differ.
    """
    named = body.get("output_format")
    if given in IN_JSON:
        return str(named or "mp3")
    if given not in MEDIA_TYPES:
        reason = f"no {given!r} here; there are {', '.join([*IN_JSON, *MEDIA_TYPES])}"
        raise ApiError.bad_request(f"response_format: {reason}", field="response_format")
    if named not in (None, given):
        reason = f"{named} is not {given}, the response_format; leave one of them out"
        raise ApiError.bad_request(f"output_format: {reason}", field="output_format")
    return given
