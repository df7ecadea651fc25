"""The event-stream decoder against the HTML standard's own examples and against streams cut anywhere."""

import base64
import json
from itertools import pairwise
from pathlib import Path

import ccapi_client._chat.sse
import pytest
from ccapi_client._chat.sse import Decoder, Event, EventTooLarge
from hypothesis import given
from hypothesis import strategies as st


def decode(stream: bytes, cuts: list[int] | None = None) -> list[tuple[str, str]]:
    decoder = Decoder()
    edges = sorted({min(cut, len(stream)) for cut in cuts or []} | {0, len(stream)})
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    return [(event.type, event.data) for piece in pieces for event in decoder.feed(piece)]


# The examples of section 9.2.6 of the HTML standard, then what its grammar and its rules say otherwise.
CASES = [
    (
        base64.b64decode(case["base64"]) if "base64" in case else case["stream"].encode(),
        [(event["type"], event["data"]) for event in case["events"]],
    )
    for case in json.loads((Path(__file__).parents[1] / "vectors" / "sse.json").read_text("utf-8"))
]


@pytest.mark.parametrize(("stream", "events"), CASES)
def test_streams_of_the_standard(stream: bytes, events: list[tuple[str, str]]) -> None:
    assert decode(stream) == events
    assert decode(stream, list(range(len(stream)))) == events


@given(st.sampled_from([case for case in CASES if len(case[0]) > 2]), st.lists(st.integers(0, 90)))
def test_streams_of_the_standard_cut_anywhere(case: tuple[bytes, list[tuple[str, str]]], cuts: list[int]) -> None:
    assert decode(case[0], cuts) == case[1]


line = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))
name = line.filter(bool)


@given(
    st.lists(st.tuples(name, st.lists(line, min_size=1, max_size=4)), max_size=6),
    st.sampled_from(["\n", "\r", "\r\n"]),
    st.lists(st.integers(0, 400)),
    st.booleans(),
)
def test_what_is_written_is_read(
    events: list[tuple[str, list[str]]], end: str, cuts: list[int], has_mark: bool
) -> None:
    lines = [f"event: {kind}{end}" + "".join(f"data: {each}{end}" for each in data) + end for kind, data in events]
    stream = ("\ufeff" if has_mark else "") + ": hello" + end + "".join(lines)
    assert decode(stream.encode(), cuts) == [(kind, "\n".join(data)) for kind, data in events]


@given(
    st.binary(max_size=300) | st.text("data:eventid \r\n\0", max_size=300).map(str.encode),
    st.lists(st.integers(0, 300)),
)
def test_cuts_change_nothing(stream: bytes, cuts: list[int]) -> None:
    assert decode(stream, cuts) == decode(stream)


def test_an_event_comes_as_soon_as_it_has_ended() -> None:
    decoder = Decoder()
    assert list(decoder.feed(b"data: a\r\r")) == [Event("a")]
    assert list(decoder.feed(b"\ndata: b\n\n")) == [Event("b")]


@pytest.mark.parametrize(
    ("stream", "event"),
    [
        (b"data: a\n\n", None),
        (b"data: a\n", Event("a")),
        (b"data: a\ndata: b", Event("a\nb")),
        (b"data: a\n\ndata:b\r", Event("b")),
        (b"event: error\ndata: x", Event("x", "error")),
        (b"data: a\n\nevent: x\n", Event("", "x")),
        (b"data: a\n\nda", Event("")),
        (b"data: a\n\n: ping", None),
        (b"", None),
        (b"\xef\xbb", Event("")),
    ],
)
def test_the_event_that_a_stream_ends_in(stream: bytes, event: Event | None) -> None:
    for pieces in ([stream], [bytes([byte]) for byte in stream]):
        decoder = Decoder()
        for piece in pieces:
            list(decoder.feed(piece))
        assert decoder.end() == event


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_client._chat.sse, "MAX_EVENT_BYTES", 100)
    decoder = Decoder()
    for _ in range(20):  # many small events are no large one
        assert len(list(decoder.feed(b"data: " + b"x" * 50 + b"\n\n"))) == 1
    for stream in (b"x" * 30, b"data: " + b"x" * 24 + b"\n"):
        decoder = Decoder()
        with pytest.raises(EventTooLarge):
            for _ in range(4):
                list(decoder.feed(stream))
