"""Speech, from a text to a file that sounds."""

import io
from pathlib import Path

import pytest
import soundfile  # type: ignore[import-untyped]
from ccapi_client import CCAPI, AsyncCCAPI, BadRequestError

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
