"""The speech operation: speaks a text, and hands the file out."""

from __future__ import annotations

import base64

from starlette.concurrency import run_in_threadpool

from .catalog import SpeechModel, model
from .errors import ApiError
from .gateway import Answer, Call, File, Gateway
from .speak import DEFAULT_VOICE, VOICES, speak

MEDIA_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg"}


async def create_speech(gateway: Gateway, call: Call) -> Answer:
    """`createSpeech`: a text as a sound file."""
    body = call.body
    speaker = model(SpeechModel, body["model"])
    text, voice, kind = body["input"], body.get("voice", DEFAULT_VOICE), body.get("output_format", "mp3")
    field = "input" if voice in VOICES else "voice"
    try:
        file = await run_in_threadpool(speak, text, voice, kind)
    except ValueError as error:
        raise ApiError.bad_request(f"{field}: {error}", field=field) from None
    answer = {
        "id": gateway.new_id("speech"),
        "created": int(gateway.now()),
        "model": speaker.id,
        "provider": speaker.provider,
        "output_format": kind,
    }
    if body.get("response_format") == "b64_json":
        answer["b64_json"] = base64.b64encode(file).decode()
    else:
        kept = File(MEDIA_TYPES[kind], lambda: file)
        answer["url"] = gateway.hand_out(f"{answer['id']}.{kind}", kept, call.origin, len(file))
    return Answer(answer, cost=speaker.price * len(text) / 1000)
