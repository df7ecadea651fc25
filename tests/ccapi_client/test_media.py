"""Pictures and texts as inputs of image models."""

import base64
import io
import os
import sys
from pathlib import Path

import pytest
from ccapi_client import CCAPI, CCAPIError, ConfigurationError, InvalidRequestError, media
from ccapi_client._files.pixels import why_changed
from ccapi_client.models import ImageInput
from hypothesis import given
from hypothesis import strategies as st
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
        (7, "a path, bytes, a URL, an open file or a Pillow image is expected, not int"),
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


class Dribbling(io.RawIOBase):
    """A raw file that gives a few bytes at a time, as a pipe may."""

    def __init__(self, content: bytes) -> None:
        self.rest = io.BytesIO(content)

    def read(self, size: int = -1, /) -> bytes:
        return self.rest.read(min(size, 7))


def test_open_files(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(picture())
    with path.open("rb") as file:
        assert content_of(media.image(file).image) == picture()
        with pytest.raises(InvalidRequestError, match=r"image: \S+picture\.png is at its end: call seek"):
            media.image(file)
    assert content_of(media.image(io.BytesIO(picture())).image) == picture()
    assert content_of(media.image(Dribbling(picture())).image) == picture()
    with path.open(encoding="utf-8") as text, pytest.raises(InvalidRequestError, match="open it with 'rb'"):
        media.image(text)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidRequestError, match="open it with 'rb'"):
        media.image(io.StringIO("x"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidRequestError, match="the open file is larger than max_bytes, 10 bytes"):
        media.image(Dribbling(picture()), max_bytes=10)
    with path.open("rb") as file:
        file.close()
        with pytest.raises(InvalidRequestError, match="closed file"):
            media.image(file)


def test_a_path_below_the_home_of_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "picture.png").write_bytes(picture())
    assert content_of(media.image("~/picture.png").image) == picture()


def jpeg(mode: str = "RGB", *, orientation: int | None = None, kind: str = "JPEG") -> bytes:
    """A picture, red on the left and blue on the right."""
    image = Image.new("RGB", (64, 32), "red")
    image.paste("blue", (32, 0, 64, 32))
    exif = Image.Exif()
    exif[0x010E] = "a description before it"
    if orientation:
        exif[0x0112] = orientation
    file = io.BytesIO()
    image.convert(mode).save(file, format=kind, quality=90, **({"exif": exif} if kind == "JPEG" else {}))
    return file.getvalue()


def seen(content: bytes) -> Image.Image:
    """A picture as a program shows it that knows nothing of EXIF data."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def is_red(image: Image.Image, place: tuple[int, int]) -> bool:
    red, green, blue = image.convert("RGB").getpixel(place)  # type: ignore[misc]  # pyright: ignore
    return bool(red > 200 and green < 60 and blue < 60)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_turned_as_its_exif_data_says(orientation: int) -> None:
    content = jpeg(orientation=orientation)
    with Image.open(io.BytesIO(content)) as image:
        for source in (content, image):
            found = media.image(source).image
            assert isinstance(found, ImageInput)
            assert found.mime_type == "image/jpeg"
            sent = seen(content_of(found))
            assert sent.size == ((64, 32) if orientation < 5 else (32, 64))
            assert sent.getexif().get(0x0112, 1) == 1
            red = {1: (5, 5), 2: (60, 5), 3: (60, 5), 4: (5, 5), 5: (5, 5), 6: (5, 5), 7: (5, 60), 8: (5, 60)}
            assert is_red(sent, red[orientation])
    if orientation == 1:
        assert content_of(media.image(content).image) == content


def test_colors_of_print_are_sent_as_rgb() -> None:
    content = jpeg("CMYK")
    for source in (content, Image.open(io.BytesIO(content))):
        sent = seen(content_of(media.image(source).image))
        assert (sent.mode, sent.format) == ("RGB", "JPEG")
        assert is_red(sent, (5, 5))
    sent = seen(content_of(media.image(Image.new("CMYK", (8, 6))).image))
    assert (sent.mode, sent.format) == ("RGB", "PNG")


def test_a_pillow_image_that_was_a_jpeg_is_sent_as_one_not_compressed_anew() -> None:
    content = jpeg()
    with Image.open(io.BytesIO(content)) as image:
        found = media.image(image).image
    assert isinstance(found, ImageInput)
    assert found.mime_type == "image/jpeg"
    sent, source = Image.open(io.BytesIO(content_of(found))), Image.open(io.BytesIO(content))
    assert sent.quantization == source.quantization  # type: ignore[attr-defined] # pyright: ignore
    broken = Image.open(io.BytesIO(content[:-40]))
    with pytest.raises(InvalidRequestError, match="image: the Pillow image can't be written"):
        media.image(broken)


def test_without_pillow_what_need_not_change_is_sent_and_the_rest_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turned, of_print = jpeg(orientation=6), jpeg("CMYK")
    unchanged = (jpeg(), jpeg(orientation=1), picture(), jpeg(kind="WEBP"))
    monkeypatch.setitem(sys.modules, "PIL", None)
    for content in unchanged:
        assert content_of(media.image(content).image) == content
    for content, why in ((turned, "its EXIF data"), (of_print, "CMYK")):
        with pytest.raises(InvalidRequestError, match=rf"^image: .*{why}.*pip install 'ccapi-client\[images\]'"):
            media.image(content)
    with pytest.raises(InvalidRequestError, match="mask"):
        media.image(unchanged[0], mask=turned)


def test_a_jpeg_that_is_damaged_is_refused_where_it_would_have_to_change() -> None:
    with pytest.raises(InvalidRequestError, match="image: what was given can't be read as a JPEG"):
        media.image(jpeg(orientation=6)[:300])


@given(st.binary(max_size=200), st.integers(0, 400))
def test_what_follows_the_start_of_a_jpeg_may_be_anything(noise: bytes, cut: int) -> None:
    for content in (
        b"\xff\xd8\xff" + noise,
        jpeg(orientation=6)[:cut] + noise,
        b"\xff\xd8\xff\xe1\0\x50Exif\0\0II*\0" + noise,
    ):
        assert why_changed(content) in (None, "its EXIF data says to turn it", "its colors are CMYK")
