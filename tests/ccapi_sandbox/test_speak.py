"""Speech of the sandbox: files that another program can play, in voices that can be told apart."""

import io
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]
from ccapi_sandbox import speak as speaking
from ccapi_sandbox.speak import (
    DEFAULT_VOICE,
    FORMATS,
    MAX_TEXT,
    PCM_RATE,
    SAMPLE_RATE,
    VOICES,
    SpeedError,
    Voice,
    speak,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

SENTENCE = "The quick brown fox jumps over the lazy dog, and goes home."


def heard(file: bytes) -> NDArray[np.float64]:
    """The samples, from -1 to 1, at `SAMPLE_RATE` or, of Opus, `PCM_RATE`."""
    samples, rate = soundfile.read(io.BytesIO(file))
    assert samples.ndim == 1
    assert rate == (PCM_RATE if b"OpusHead" in file[:64] else SAMPLE_RATE)
    return np.asarray(samples, np.float64)


def loudness(samples: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def pitch(samples: NDArray[np.float64]) -> float:
    """Of the voice, in Hz: after how long the loud parts repeat themselves."""
    periods = range(SAMPLE_RATE // 400, SAMPLE_RATE // 60)
    parts = [samples[start : start + 1024] for start in range(0, len(samples) - 1024, 1024)]
    alike = [[part[period:] @ part[:-period] for period in periods] for part in parts if loudness(part) > 0.05]
    return float(np.median([SAMPLE_RATE / periods[int(np.argmax(each))] for each in alike]))


@pytest.mark.parametrize(
    ("format", "kind", "coding", "rate"),
    [
        ("mp3", "MP3", "MPEG_LAYER_III", SAMPLE_RATE),
        ("wav", "WAV", "PCM_16", SAMPLE_RATE),
        ("ogg", "OGG", "VORBIS", SAMPLE_RATE),
        ("flac", "FLAC", "PCM_16", SAMPLE_RATE),
        ("opus", "OGG", "OPUS", PCM_RATE),
    ],
)
def test_a_format_is_what_it_says_and_can_be_played(format: str, kind: str, coding: str, rate: int) -> None:
    file = speak(SENTENCE, DEFAULT_VOICE, format)
    info = soundfile.info(io.BytesIO(file))
    assert (info.format, info.subtype, info.channels, info.samplerate) == (kind, coding, 1, rate)
    samples = heard(file)
    assert 2 < len(samples) / rate < 6
    assert loudness(samples) > 0.02


def test_pcm_is_no_more_than_samples_as_openai_gives_them() -> None:
    wav = heard(speak(SENTENCE, "roger", "wav"))
    pcm = np.frombuffer(speak(SENTENCE, "roger", "pcm"), "<i2") / 32768
    assert len(pcm) / PCM_RATE == pytest.approx(len(wav) / SAMPLE_RATE, abs=0.001)
    times = np.arange(len(wav)) * PCM_RATE / SAMPLE_RATE
    assert np.corrcoef(wav, np.interp(times, np.arange(len(pcm)), pcm))[0, 1] > 0.98


def test_speed_is_how_fast_it_speaks() -> None:
    usual = len(heard(speak(SENTENCE, "aria", "wav")))
    for speed in (0.5, 2.0, 4.0):
        assert len(heard(speak(SENTENCE, "aria", "wav", speed))) * speed == pytest.approx(usual, rel=0.1)
    assert speak(SENTENCE, "aria", "wav", 1.0) == speak(SENTENCE, "aria", "wav")
    for speed in (0.3, 4.5, 0, -1, 10**400):
        with pytest.raises(SpeedError, match=r"aria speaks at 0.46 to 4 times its pace, not "):
            speak(SENTENCE, "aria", "wav", speed)


def test_the_formats_hold_the_same_speech() -> None:
    wav, mp3, ogg = (heard(speak(SENTENCE, "roger", each)) for each in ("wav", "mp3", "ogg"))
    assert len(ogg) == len(wav)
    start = wav[:8000]
    for other in (mp3, ogg):
        matches = np.correlate(other[:11000], start, "valid")  # MP3 begins with a little silence
        assert np.max(matches) > 0.9 * (start @ start)


@pytest.mark.parametrize("format", ["mp3", "wav"])
def test_the_same_again_is_the_same_file(format: str) -> None:
    first = speak(SENTENCE, "nova", format)
    speak("Something else in between.", "onyx", format)
    assert speak(SENTENCE, "nova", format) == first


def test_threads_get_what_one_thread_gets() -> None:
    orders = [(f"Number {number}.", voice, ["mp3", "wav"][number % 2]) for number, voice in enumerate([*VOICES][:8])]
    with ThreadPoolExecutor(len(orders)) as threads:
        at_once = list(threads.map(lambda order: speak(*order), orders))
    assert at_once == [speak(*order) for order in orders]


def test_every_voice_is_another() -> None:
    spoken = {voice: heard(speak("Good morning to you all.", voice, "wav")) for voice in VOICES}
    for one, other in combinations(spoken.values(), 2):
        length = min(len(one), len(other))
        assert loudness(one[:length] - other[:length]) > 0.5 * loudness(one)
    women = {voice for voice, samples in spoken.items() if pitch(samples) > 155}
    assert women == {"aria", "sarah", "coral", "nova", "sage", "shimmer"}


def test_a_longer_text_takes_longer() -> None:
    short, long = (len(heard(speak(SENTENCE * times, "echo", "mp3"))) for times in (1, 3))
    assert 2 * short < long < 4 * short


def test_the_longest_text_is_spoken_and_a_longer_one_refused() -> None:
    longest = (SENTENCE * 100)[:MAX_TEXT]
    assert len(heard(speak(longest, "fable", "ogg"))) > 120 * SAMPLE_RATE  # all at once, it crashed libsndfile
    with pytest.raises(ValueError, match=f"{MAX_TEXT + 1} characters; {MAX_TEXT} are the most"):
        speak(longest + ".", "fable", "ogg")


def test_a_voice_or_format_there_is_not_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no voice 'hal'; there are aria, roger, .*, shimmer"):
        speak(SENTENCE, "hal", "mp3")
    with pytest.raises(ValueError, match="no format 'MIDI'; there are mp3, wav, ogg, opus, flac, pcm"):
        speak(SENTENCE, "aria", "MIDI")


@pytest.mark.parametrize("text", ["", " \n\t", "...", "\0\x07", "\ud83d", "\u200b"])
def test_nothing_to_speak(text: str) -> None:
    with pytest.raises(ValueError, match="nothing to speak"):
        speak(text, "aria", "wav")


@pytest.mark.parametrize("between", ["\0", "\x01", "\t", "\x85", "\ud83d"])
def test_control_characters_and_half_pairs_count_as_spaces(between: str) -> None:
    assert speak(f"one{between}two", "aria", "wav") == speak("one two", "aria", "wav")


def test_what_is_no_letter_is_spoken_too() -> None:
    for text in ("🦊", "42", "Ελληνικά", "<speak>", "&amp;"):
        assert len(heard(speak(text, "aria", "wav"))) > SAMPLE_RATE / 4


@settings(max_examples=30)
@given(st.text(st.characters(), max_size=60), st.sampled_from([*VOICES]), st.sampled_from([*{*FORMATS} - {"pcm"}]))
def test_any_text_is_spoken_or_refused(text: str, voice: str, format: str) -> None:
    try:
        file = speak(text, voice, format)
    except ValueError as error:
        assert "nothing to speak" in str(error)  # noqa: PT017 - it may as well be spoken
    else:
        assert loudness(heard(file)) > 0


def test_a_failure_of_espeak_says_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "VOICES", {"ghost": Voice("nosuch", 50, 175)})
    with pytest.raises(RuntimeError, match="eSpeak NG failed: voice nosuch: status 2"):
        speak(SENTENCE, "ghost", "wav")


def test_espeak_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "SECONDS", 0.001)
    with pytest.raises(RuntimeError, match=r"not done after 0\.001 seconds"):
        speak(SENTENCE, "aria", "wav")
