"""Speaks a text, as a sound file. The same arguments give the same sound.

They also give the same file, except for the random serial number in an Ogg file.

eSpeak NG speaks, with English voices: it spells out what it can't read. It keeps state from one text to the next that
nothing resets, such as the phase of the pitch's vibrato. So each text gets a process of its own, which runs this file
as a program. Threads need no lock then, and a text that crashes eSpeak NG affects nothing else.
"""

from __future__ import annotations

import ctypes
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

# Functions import the other packages: soundfile imports numpy, which takes 0.1 s, and the program needs none of them.

MAX_TEXT = 4096
"""The longest text, in characters."""

SAMPLE_RATE = 22050
"""The sample rate that eSpeak NG gives, in Hz: that of every file but `pcm` and `opus`."""

PCM_RATE = 24_000
"""The sample rate of `pcm` and `opus`, in Hz. `pcm` does not state its rate, so programs assume OpenAI's. Opus does not
support `SAMPLE_RATE`."""

MP3_BIT_RATE = 64
"""In kbit/s; ample for one voice."""

MAX_SECONDS = 600
"""The longest speech, in seconds. Long numbers take that long, and as Opus a minute to encode."""

SECONDS = 60
"""How long one text may take, in seconds. The slowest take one second."""


class Voice(NamedTuple):
    """The settings of a voice in eSpeak NG.

    Attributes:
        espeak: eSpeak NG's name for it: language, `+`, variant.
        pitch: From 0 to 99; 50 is the variant's own.
        pace: In words per minute.
    """

    espeak: str
    pitch: int
    pace: int


DEFAULT_VOICE = "aria"

VOICES: Mapping[str, Voice] = MappingProxyType(
    {
        "aria": Voice("en-us+f3", 50, 175),
        "roger": Voice("en-us+m7", 45, 170),
        "sarah": Voice("en-us+f2", 35, 165),
        "charlie": Voice("en-gb-x-gbclan+m2", 60, 185),
        "alloy": Voice("en-us+m3", 85, 175),
        "ash": Voice("en-us+m2", 30, 170),
        "ballad": Voice("en-gb-x-rp+m5", 45, 160),
        "coral": Voice("en-us+f1", 60, 180),
        "echo": Voice("en-us+m6", 35, 180),
        "fable": Voice("en-gb-scotland+m3", 65, 160),
        "onyx": Voice("en-us+m1", 20, 150),
        "nova": Voice("en-us+f5", 60, 195),
        "sage": Voice("en-us+f4", 45, 175),
        "shimmer": Voice("en-gb-x-rp+f4", 65, 165),
        "verse": Voice("en-us+m4", 55, 180),
    }
)
"""The voices by their names. aria, sarah, coral, nova, sage and shimmer are female."""


LEAST_SPEED, MOST_SPEED = 0.25, 4.0
SLOWEST = 80
"""The slowest pace, in words per minute. eSpeak NG raises anything slower to it."""


class SpeedError(ValueError):
    """A speed that a voice does not support."""


def speak(text: str, voice: str, format: str, speed: float = 1) -> bytes:
    """The text as a sound file of one channel, at `SAMPLE_RATE`, or at `PCM_RATE` for `opus` and `pcm`.

    Args:
        text: Up to `MAX_TEXT` characters; control characters count as spaces.
        voice: One of `VOICES`.
        format: One of `FORMATS`.
        speed: A factor of the voice's own pace, `LEAST_SPEED` to `MOST_SPEED`. The pace can't be below `SLOWEST`.

    Raises:
        SpeedError: The voice can't speak that fast or that slowly.
        ValueError: The text is too long or has nothing to speak, or there is no such voice or format.
        RuntimeError: eSpeak NG failed.
    """
    if voice not in VOICES:
        raise ValueError(f"no voice {voice!r}; there are {', '.join(VOICES)}")
    if format not in FORMATS:
        raise ValueError(f"no format {format!r}; there are {', '.join(FORMATS)}")
    if len(text) > MAX_TEXT:
        raise ValueError(f"a text of {len(text)} characters; {MAX_TEXT} are the most")
    samples = _samples(text, _paced(voice, speed))
    if len(samples) > MAX_SECONDS * 2 * SAMPLE_RATE:
        raise ValueError(f"it takes more than {MAX_SECONDS} seconds to speak the text, the maximum here")
    if not samples.strip(b"\0"):  # eSpeak NG makes silence of a text of periods
        raise ValueError("there is nothing to speak in the text")
    return FORMATS[format](samples)


def _paced(name: str, speed: float) -> Voice:
    voice = VOICES[name]
    least = max(LEAST_SPEED, SLOWEST / voice.pace)
    if speed == 1:
        return voice
    if not least <= speed <= MOST_SPEED:
        raise SpeedError(f"the voice {name} speaks at {least:.2f} to {MOST_SPEED:g} times its pace, not {speed}")
    return voice._replace(pace=round(voice.pace * speed))


def _samples(text: str, voice: Voice) -> bytes:
    """The text as 16-bit samples."""
    import espeakng_loader  # type: ignore[import-untyped]

    # A NUL would end the text, a Ctrl-A starts a command to eSpeak NG, and half a surrogate pair has no UTF-8.
    text = re.sub(r"[\0-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", " ", text)
    library = espeakng_loader.get_library_path()
    program = [sys.executable, "-I", "-S", __file__, library, voice.espeak, str(voice.pitch), str(voice.pace)]
    # eSpeak NG finds its data in the current directory, since its buffer for a path only holds 160 bytes.
    data = espeakng_loader.get_data_path()
    try:
        done = subprocess.run(  # noqa: S603 - the text is not an argument
            program, cwd=data, input=text.encode(), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"eSpeak NG was not done after {SECONDS} seconds") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
        raise RuntimeError(f"eSpeak NG failed: {reason}")
    return done.stdout


def _mp3(samples: bytes) -> bytes:
    import lameenc  # type: ignore[import-not-found]

    encoder = lameenc.Encoder()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_bit_rate(MP3_BIT_RATE)
    encoder.set_quality(5)
    return bytes(encoder.encode(samples) + encoder.flush())


def _wav(samples: bytes) -> bytes:
    return _by_soundfile(samples, "WAV", "PCM_16")


def _ogg(samples: bytes) -> bytes:
    return _by_soundfile(samples, "OGG", "VORBIS")


def _flac(samples: bytes) -> bytes:
    return _by_soundfile(samples, "FLAC", "PCM_16")


def _opus(samples: bytes) -> bytes:
    return _by_soundfile(_pcm(samples), "OGG", "OPUS", PCM_RATE)


def _pcm(samples: bytes) -> bytes:
    import numpy as np

    given = np.frombuffer(samples, "=i2")  # from eSpeak NG, in the machine's byte order
    found, length = bytearray(), len(given) * PCM_RATE // SAMPLE_RATE
    for start in range(0, length, PCM_RATE):  # a second at a time: minutes of floats take a gigabyte
        times = np.arange(start, min(start + PCM_RATE, length)) * (SAMPLE_RATE / PCM_RATE)
        near = np.arange(int(times[0]), min(int(times[-1]) + 2, len(given)))
        found += np.interp(times, near, given[near]).round().astype("<i2").tobytes()
    return bytes(found)


FORMATS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {"mp3": _mp3, "wav": _wav, "ogg": _ogg, "opus": _opus, "flac": _flac, "pcm": _pcm}
)
"""The functions that turn samples into a file, by its format. `ogg` is Vorbis, `opus` is Opus in an Ogg file, `pcm` is
only 16-bit numbers, low byte first."""


def _by_soundfile(samples: bytes, container: str, coding: str, rate: int = SAMPLE_RATE) -> bytes:
    import soundfile  # type: ignore[import-untyped]

    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", rate, 1, coding, format=container) as file:
        second = 2 * rate
        for start in range(0, len(samples), second):  # minutes of Vorbis at once overflow libsndfile's stack
            file.buffer_write(samples[start : start + second], "int16")
    return out.getvalue()


# From here on, the program. The numbers are those of eSpeak NG's speak_lib.h.

SYNCHRONOUS, DONT_EXIT = 2, 0x8000
RATE, PITCH = 1, 3
UTF_8 = 1
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def _espeak(library: str) -> ctypes.CDLL:
    """The library, with the types of the functions that are called."""
    number, unsigned, size = ctypes.c_int, ctypes.c_uint, ctypes.c_size_t
    string, pointer = ctypes.c_char_p, ctypes.c_void_p
    espeak = ctypes.CDLL(library)
    for name, types in {
        "espeak_Initialize": [number, number, string, number],
        "espeak_SetVoiceByName": [string],
        "espeak_SetParameter": [number, number, number],
        "espeak_ng_SetRandSeed": [ctypes.c_long],
        "espeak_Synth": [string, size, unsigned, number, unsigned, unsigned, pointer, pointer],
    }.items():
        function = getattr(espeak, name)
        function.argtypes, function.restype = types, number
    espeak.espeak_SetSynthCallback.argtypes, espeak.espeak_SetSynthCallback.restype = [_Callback], None
    return espeak


def _main(library: str, voice: str, pitch: str, pace: str) -> None:
    """Speaks the UTF-8 text of standard input, and writes the samples to standard output."""
    espeak = _espeak(library)
    rate = espeak.espeak_Initialize(SYNCHRONOUS, 0, b".", DONT_EXIT)
    if rate != SAMPLE_RATE:
        sys.exit(f"its data in {os.getcwd()} gave {rate}, not {SAMPLE_RATE} samples a second")
    samples = bytearray()

    def receive(wave: int | None, count: int, _events: int | None) -> int:
        if wave:  # none at the end
            samples.extend(ctypes.string_at(wave, 2 * count))
        return int(len(samples) > MAX_SECONDS * 2 * SAMPLE_RATE)  # 0 to continue

    callback = _Callback(receive)  # ctypes keeps no reference to it: it needs a name
    espeak.espeak_SetSynthCallback(callback)
    text = sys.stdin.buffer.read()
    _check(f"voice {voice}", espeak.espeak_SetVoiceByName(voice.encode()))
    _check("pitch", espeak.espeak_SetParameter(PITCH, int(pitch), 0))
    _check("pace", espeak.espeak_SetParameter(RATE, int(pace), 0))
    _check("seed", espeak.espeak_ng_SetRandSeed(0))  # for the noise of breath; by default, it is the time
    _check("text", espeak.espeak_Synth(text, len(text) + 1, 0, 0, 0, UTF_8, None, None))
    sys.stdout.buffer.write(samples)


def _check(what: str, status: int) -> None:
    if status:
        sys.exit(f"{what}: status {status}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
