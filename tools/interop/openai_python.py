"""The calls of the official `openai` package for Python; its chats are in `openai_chat`."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import openai

from . import rows
from .openai_chat import HELLO, chat, client, said
from .rows import MODEL, check_text, row
from .sounds import check_sound

IMAGE_MODEL = "stabilityai/stable-diffusion-xl-1024-v1-0"
SPEECH_MODEL, VOICE = "openai/tts-1", "alloy"


def image(**more: Any) -> bytes:
    found = client.images.generate(model=IMAGE_MODEL, prompt="a fox", **more).data
    assert found
    return base64.b64decode(found[0].b64_json) if found[0].b64_json else rows.fetched(found[0].url)


@row("image")
def _() -> None:
    rows.check_image(image(size="auto"), "JPEG", (1024, 1024))


@row("image-png")
def _() -> None:
    rows.check_image(image(size="256x256", output_format="png", response_format="b64_json"), "PNG", (256, 256))


@row("image-quality")
def _() -> None:
    assert image(size="256x256", quality="hd") != image(size="256x256", quality="low")


@row("image-style")
def _() -> None:
    assert image(size="256x256", style="vivid") != image(size="256x256", style="natural")


@row("image-background")
def _() -> None:
    found = image(size="256x256", background="transparent", output_format="webp")
    rows.check_image(found, "WEBP", (256, 256), "RGBA")


@row("image-stream")
def _() -> None:
    stream = client.images.generate(model=IMAGE_MODEL, prompt="a fox", stream=True)
    assert [event.type for event in stream][-1] == "image_generation.completed"


@row("image-edit")
def _() -> None:
    client.images.edit(model=IMAGE_MODEL, image=("fox.png", image(size="64x64", output_format="png")), prompt="a fox")


for kind in ("mp3", "wav", "opus", "flac", "aac", "pcm"):

    @row(f"speech-{kind}")
    def _(kind: Any = kind) -> None:
        found = client.audio.speech.create(model=SPEECH_MODEL, voice=VOICE, input="Hello there.", response_format=kind)
        check_sound(found.content, kind)


@row("speech-stream")
def _() -> None:
    speech = client.audio.speech.with_streaming_response
    with speech.create(model=SPEECH_MODEL, voice=VOICE, input="Hello there.") as response:
        check_sound(b"".join(response.iter_bytes()), "mp3")


@row("speech-instructions")
def _() -> None:
    client.audio.speech.create(model=SPEECH_MODEL, voice=VOICE, input="Hello.", instructions="Whisper.")


@row("transcription")
def _() -> None:
    client.audio.transcriptions.create(model="openai/whisper-1", file=("a.wav", BytesIO(b"RIFF")))


@row("models")
def _() -> None:
    assert {MODEL, IMAGE_MODEL} <= {each.id for each in client.models.list()}


@row("model")
def _() -> None:
    found = client.models.retrieve(MODEL)
    assert (found.id, found.object) == (MODEL, "model")


@row("responses")
def _() -> None:
    check_text(client.responses.create(model=MODEL, input="Hello.").output_text)


@row("embeddings")
def _() -> None:
    assert client.embeddings.create(model="openai/text-embedding-3-small", input="fox").data[0].embedding


@row("moderations")
def _() -> None:
    assert client.moderations.create(input="fox").results


@row("files")
def _() -> None:
    client.files.list()


@row("wrong-key")
def _() -> None:
    rows.raises(openai.AuthenticationError, lambda: list(client.with_options(api_key="wrong").models.list()))


@row("unknown-model")
def _() -> None:
    client.chat.completions.create(model="gpt-99", messages=HELLO)


@row("model-missing")
def _() -> None:
    client.models.retrieve("gpt-99")


@row("retry")
def _() -> None:
    rows.fail_next("429;retry-after=0.01;times=2")
    said(chat())


@row("rate-limit")
def _() -> None:
    rows.fail_next("429")
    rows.raises(openai.RateLimitError, lambda: client.with_options(max_retries=0).models.list())


@row("server-error")
def _() -> None:
    rows.fail_next("500")
    rows.raises(openai.InternalServerError, lambda: client.with_options(max_retries=0).models.list())


@row("timeout")
def _() -> None:
    rows.fail_next("stall")
    rows.raises(openai.APITimeoutError, lambda: client.with_options(max_retries=0, timeout=0.5).models.list())


@row("idempotency-key")
def _() -> None:
    key = {"Idempotency-Key": f"openai-python-{MODEL}"}
    assert chat(extra_headers=key).id == chat(extra_headers=key).id != chat().id


if __name__ == "__main__":
    rows.run()
