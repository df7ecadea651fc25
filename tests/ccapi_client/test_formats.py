"""Formats are told by the content, for files that real programs wrote."""

import io
import json

import pytest
from ccapi_client._files.formats import HEAD, format_of, is_text
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
