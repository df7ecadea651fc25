"""Speech, from a text to a file that sounds."""

import io
from pathlib import Path

import httpx
import pytest
import soundfile  # type: ignore[import-untyped]
from ccapi_client import CCAPI, AsyncCCAPI, BadRequestError
from ccapi_sandbox import Sandbox

MODEL = "elevenlabs/eleven_turbo_v2"


@pytest.mark.parametrize(("kind", "format"), [("mp3", "MP3"), ("wav", "WAV"), ("ogg", "OGG")])
@pytest.mark.parametrize("inside", [False, True])
def test_each_format_behind_a_link_and_inside(
    client: CCAPI, tmp_path: Path, kind: str, format: str, inside: bool
) -> None:
    speech = client.create_speech(
        model=MODEL,
        input="Good morning, and welcome aboard.",
        voice="sarah",
        output_format=kind,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        response_format="b64_json" if inside else "url",
    )
    assert (bool(speech.b64_json), bool(speech.url), speech.output_format) == (inside, not inside, kind)
    path = client.save(speech, tmp_path / "hello")
    assert path.name == f"hello.{kind}"
    assert soundfile.info(str(path)).format == format
    samples, rate = soundfile.read(str(path))
    assert 1 < len(samples) / rate < 5
    assert abs(samples).max() > 0.05


@pytest.mark.parametrize(
    ("kind", "media_type", "start"),
    [
        ("mp3", "audio/mpeg", b"\xff"),
        ("wav", "audio/wav", b"RIFF"),
        ("ogg", "audio/ogg", b"OggS"),
        ("opus", "audio/ogg", b"OggS"),
        ("flac", "audio/flac", b"fLaC"),
        ("pcm", "audio/pcm", b""),
    ],
)
def test_the_sound_itself_as_openai_gives_it(
    http: httpx.Client, sandbox: Sandbox, kind: str, media_type: str, start: bytes
) -> None:
    sandbox.reset()
    body = {"model": MODEL, "input": "Good morning.", "response_format": kind}
    response = http.post("/audio/speech", json=body)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.content.startswith(start)
    assert len(response.content) > 3000
    named = body | {"output_format": kind}
    if kind in ("mp3", "wav", "ogg"):
        assert http.post("/audio/speech", json=named).headers["content-type"] == media_type
    assert [(each.executed, each.model) for each in sandbox.requests] == [(True, MODEL)] * len(sandbox.requests)
    assert sandbox.requests[0].billed > 0


def test_speed_as_a_request_asks_for_it(http: httpx.Client) -> None:
    body = {"model": MODEL, "input": "Good morning, and welcome aboard.", "response_format": "wav"}
    usual, fast = (len(http.post("/audio/speech", json=body | {"speed": speed}).content) for speed in (1, 2))
    assert fast * 2 == pytest.approx(usual, rel=0.1)


@pytest.mark.anyio
async def test_speech_asynchronously(async_client: AsyncCCAPI) -> None:
    content = await async_client.download(await async_client.create_speech(model="openai/tts-1", input="Hello."))
    assert len(soundfile.read(io.BytesIO(content))[0]) > 5000


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"model": "openai/gpt-4o-mini"}, "model"),
        ({"voice": "nobody"}, "voice"),
        ({"input": ""}, "input"),
        ({"input": "x" * 4097}, "input"),
    ],
)
def test_what_is_wrong_is_named(client: CCAPI, arguments: dict[str, str], field: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        client.create_speech(**{"model": MODEL, "input": "Hello.", **arguments})  # type: ignore[arg-type]
    assert caught.value.details == {"field": field}


def test_what_no_encoder_here_can_write(http: httpx.Client) -> None:
    response = http.post("/audio/speech", json={"model": MODEL, "input": "Hi.", "response_format": "aac"})
    error = response.json()["error"]
    assert (response.status_code, error["details"]) == (400, {"field": "response_format"})
    assert "'aac'" in error["message"]
    assert error["message"].endswith("there are url, b64_json, mp3, wav, ogg, opus, flac, pcm")


# Without `response_format`, `Accept` decides.


@pytest.mark.parametrize(
    ("accept", "more", "media_type"),
    [
        (None, {}, "application/json"),
        ("*/*", {}, "application/json"),
        ("application/json", {}, "application/json"),
        ("text/html, nonsense;q=x, */*;q=0.1", {}, "application/json"),
        ("application/json, audio/*", {}, "application/json"),
        ("audio/*;q=0, */*", {}, "application/json"),
        ("application/octet-stream", {}, "audio/mpeg"),
        ("Application/Octet-Stream", {"output_format": "wav"}, "audio/wav"),
        ("audio/*", {}, "audio/mpeg"),
        ("audio/mpeg", {}, "audio/mpeg"),
        ("audio/wav", {}, "audio/wav"),
        ("audio/ogg", {}, "audio/ogg"),
        ("audio/flac, */*;q=0.1", {}, "audio/flac"),
        ("application/json;q=0.2, audio/*;q=0.9", {}, "audio/mpeg"),
        ("application/octet-stream", {"response_format": "url"}, "application/json"),
        ("application/octet-stream", {"response_format": "b64_json"}, "application/json"),
        ("application/json", {"response_format": "wav"}, "audio/wav"),
    ],
)
def test_what_a_client_accepts(http: httpx.Client, accept: str | None, more: dict[str, str], media_type: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    response = http.post("/audio/speech", json={"model": MODEL, "input": "Hi."} | more, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert (response.content[:1] == b"{") is (media_type == "application/json")
