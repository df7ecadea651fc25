"""Pictures and texts as inputs of image models."""

import base64
import io
import os
from pathlib import Path

import pytest
from ccapi_client import CCAPI, CCAPIError, ConfigurationError, InvalidRequestError, media
from ccapi_client.models import ImageInput
from PIL import Image


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, format=kind)
    return file.getvalue()


def content_of(given: object) -> bytes:
    assert isinstance(given, ImageInput)
    assert isinstance(given.data, str)
    return base64.b64decode(given.data, validate=True)


@pytest.mark.parametrize(("kind", "mime_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_the_kind_follows_from_the_content(tmp_path: Path, kind: str, mime_type: str) -> None:
    path = tmp_path / "picture.txt"
    path.write_bytes(picture(kind))
    for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
        found = media.image(source).image  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert isinstance(found, ImageInput)
        assert (content_of(found), found.mime_type, found.url) == (picture(kind), mime_type, None)


def test_an_address_is_for_the_service_to_fetch() -> None:
    found = media.image("https://x.example/a.png").image
    assert found == ImageInput(url="https://x.example/a.png")


def test_a_data_url_is_a_file() -> None:
    url = f"data:text/plain;base64,{base64.b64encode(picture()).decode()}"
    found = media.image(url).image
    assert content_of(found) == picture()
    assert isinstance(found, ImageInput)
    assert found.mime_type == "image/png"


def test_a_pillow_image() -> None:
    with Image.open(io.BytesIO(picture("JPEG"))) as image:
        found = media.image(image, mask=Image.new("L", image.size), text="in winter")
    assert Image.open(io.BytesIO(content_of(found.image))).size == (8, 6)
    assert Image.open(io.BytesIO(content_of(found.mask))).mode == "L"
    assert found.text == "in winter"


def test_what_is_no_picture_is_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "note.png").write_text("not a picture")
    (tmp_path / "empty.png").touch()
    (tmp_path / "sound.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    (tmp_path / "large.png").write_bytes(picture() + b"x" * 1000)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for source, reason in [
        (tmp_path / "note.png", "note.png is not a picture"),
        (tmp_path / "empty.png", "empty.png is not a picture"),
        (tmp_path / "sound.wav", "sound.wav is not a picture"),
        (tmp_path / "missing.png", "missing.png can't be read: No such file"),
        (tmp_path, "can't be read: Is a directory"),
        (tmp_path / "large.png", "large.png is larger than max_bytes, 1,000 bytes"),
        (picture() + b"x" * 1000, "larger than max_bytes"),
        (b"", "not a picture"),
        ("data:image/png,x", "the data: URL is not a picture"),
        ("data:image/png", "a data: URL that can be read is expected"),
        ("data:image/png;base64,!", "a data: URL that can be read is expected"),
        ("a\0b", "can't be read"),
        ("", "a path is expected, not an empty text"),
        ("file:///a.png", "not a file: URL"),
        (fifo, "not a picture"),
        ("A" * 100_000, "AAAA… can't be read"),
        (7, "a path, bytes, a URL or a Pillow image is expected, not int"),
        (None, "not NoneType"),
    ]:
        with pytest.raises(InvalidRequestError) as caught:
            media.image(source, max_bytes=1000)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert str(caught.value).startswith("image: ")
        assert reason in str(caught.value)
    with pytest.raises(InvalidRequestError, match=r"mask: .*missing.png"):
        media.image(picture(), mask=tmp_path / "missing.png")
    with pytest.raises(ConfigurationError, match="max_bytes"):
        media.image(picture(), max_bytes=0)


def test_a_text() -> None:
    assert media.text("a fox").to_dict() == {"text": "a fox"}
    for nothing in ("", "  ", None, 7):
        with pytest.raises(CCAPIError, match="text"):
            media.text(nothing)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_pictures_in_and_out_of_the_sandbox(client: CCAPI, tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    source.write_bytes(picture(size=(64, 48)))
    mask = Image.new("L", (64, 48))
    contents = [media.image(source, mask=mask), media.text("the same in winter")]
    job = client.wait_for_image_job(client.generate_images(contents=contents))
    (path,) = client.save(job, tmp_path / "out.png")
    with Image.open(path) as found:
        assert found.size == (64, 48)
    assert job.execution
    assert job.execution.operation == "inpainting"
