"""Formats are told by the content, for files that real programs wrote."""

import io
import json
from typing import Any

import av
import pytest
from ccapi_client._files.formats import HEAD, Format, format_of, is_named_as_media, is_text, unlike_its_name
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_pictures(name: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (3, 2)).save(file, format=name)
    found = format_of(file.getvalue()[:HEAD])
    assert found
    assert found.mime_type == f"image/{name.lower()}"
    assert found.extension == {"JPEG": ".jpg"}.get(name, f".{name.lower()}")


@pytest.mark.parametrize(
    ("head", "mime_type"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"OggS\0\2", "audio/ogg"),
        (b"ID3\4\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf3\x90\x64", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
    ],
)
def test_sounds(head: bytes, mime_type: str) -> None:
    found = format_of(head)
    assert found
    assert found.mime_type == mime_type


@pytest.mark.parametrize(
    ("name", "codec", "mime_type"),
    [("mp4", "libx264", "video/mp4"), ("webm", "libvpx", "video/webm"), ("matroska", "libvpx", None)],
)
def test_videos(name: str, codec: str, mime_type: str | None) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format=name) as container:
        stream: Any = container.add_stream(codec, 8)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        frame: Any = av.VideoFrame  # in part without types
        container.mux(stream.encode(frame.from_image(Image.new("RGB", (32, 16)))))
        container.mux(stream.encode())
    found = format_of(file.getvalue()[:HEAD])
    assert (found.mime_type if found else None) == mime_type
    assert found is None or found.extension == f".{name}"


@pytest.mark.parametrize("brand", ["isom", "iso6", "mp41", "mp42", "avc1", "M4V ", "MSNV", "dash", "cmfc"])
def test_the_brands_of_mp4(brand: str) -> None:
    assert format_of(f"\0\0\0\x20ftyp{brand}".encode()) == Format("video/mp4", ".mp4", (".m4v", ".m4a"))


def test_a_name_that_says_something_else() -> None:
    head = b"\0\0\0\x20ftypisom"
    assert unlike_its_name("fox.webm", head) == "the content of fox.webm is video/mp4"
    assert all(unlike_its_name(name, head) for name in ("fox.png", "fox.txt"))
    assert not any(
        unlike_its_name(name, head) for name in ("fox.mp4", "fox.M4V", "song.m4a", "fox", "fox.bin", "fox.mp4.part")
    )
    assert is_named_as_media("fox.webm")


@pytest.mark.parametrize(
    "head", [b"", b"<!doctype html>", b'{"error": 1}', b"GIF87", b"RIFF....AVI ", b"\0" * 16, b"BMW is a car."]
)
def test_neither(head: bytes) -> None:
    assert format_of(head) is None


@given(
    st.dictionaries(st.text(), st.integers()) | st.lists(st.booleans() | st.text(), min_size=1),
    st.sampled_from(" \n\t"),
)
def test_json_is_text_however_it_is_laid_out(document: object, space: str) -> None:
    for indent in (None, 2):
        assert is_text(f"{space}{json.dumps(document, indent=indent)}".encode())


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_pictures_are_no_text(name: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (3, 2)).save(file, format=name)
    assert not is_text(file.getvalue())
