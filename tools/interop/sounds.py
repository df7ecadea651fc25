"""Checks sound files by a decoder, or by their frames where there is none."""

from __future__ import annotations

from io import BytesIO

import soundfile  # type: ignore[import-untyped]

KINDS = {"mp3": "MP3", "wav": "WAV", "opus": "OGG", "flac": "FLAC"}
"""The formats as libsndfile names them."""
RATE = 24_000
"""The samples a second of `pcm`, which has 16 bits each."""


def check_sound(file: bytes, kind: str) -> None:
    """Checks that a file is a sound of a kind, a third of a second to five seconds long."""
    if kind == "pcm":
        assert file[:4] not in (b"RIFF", b"OggS", b"fLaC"), file[:4]
        seconds = len(file) / 2 / RATE
    elif kind == "aac":
        seconds = _frames(file) * 1024 / RATE
    else:
        with soundfile.SoundFile(BytesIO(file)) as sound:
            assert sound.format == KINDS[kind], sound.format
            assert kind != "opus" or sound.subtype == "OPUS", sound.subtype
            seconds = len(sound.read()) / sound.samplerate
    assert 1 / 3 < seconds < 5, seconds


def _frames(file: bytes) -> int:
    """How many frames of ADTS, the form of AAC without a container, a file has."""
    start = count = 0
    while start < len(file):
        assert int.from_bytes(file[start : start + 2], "big") & 0xFFF6 == 0xFFF0, f"no frame at {start}"
        length = int.from_bytes(file[start + 3 : start + 6], "big") >> 5 & 0x1FFF
        assert length, f"an empty frame at {start}"
        start, count = start + length, count + 1
    return count
