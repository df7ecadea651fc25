"""Builds the inputs of image models: `media.image("photo.png")` and `media.text("in winter")`.

```python
from ccapi_client import CCAPI, media

with CCAPI() as client:
    job = client.generate_images(contents=[media.image("photo.png", text="the same in winter")])
```
"""

from __future__ import annotations

import base64
import os
from typing import Any, Protocol

from . import _checks, models
from ._files.formats import HEAD, format_of
from ._files.source import parts_of
from ._lazily import pixels
from .errors import InvalidRequestError

MAX_BYTES = 20 * 1024 * 1024
"""The default of the largest picture that is sent, in bytes."""


class PillowImage(Protocol):
    """The part of a `PIL.Image.Image` that this module uses."""

    def save(self, fp: Any, format: str | None = None) -> None:
        """Writes the image to a file object."""


class BinaryFile(Protocol):
    """The part of a file that is open for reading bytes which this module uses."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many."""
        ...


Picture = str | os.PathLike[str] | bytes | BinaryFile | PillowImage
"""A picture to send: a path, a URL (https, http, data), the bytes of a file, an open binary file, or a Pillow image."""


def text(text: str) -> models.MultimodalInputContent:
    """A text as input: what the picture should show, or what should change in it.

    Raises:
        InvalidRequestError: It is not a text, or it is empty.
    """
    if not isinstance(text, str) or not text.strip():
        raise InvalidRequestError(f"text: a text is expected, not {text!r}")
    return models.MultimodalInputContent(text=text)


def image(
    source: Picture, *, mask: Picture | None = None, text: str | None = None, max_bytes: int = MAX_BYTES
) -> models.MultimodalInputContent:
    """A picture as input, for the model to start from.

    A path, bytes, an open file or a Pillow image is sent inside the request, in base64. A URL of http or https is sent
    as it is, and the service fetches it. A JPEG with an EXIF rotation is rotated before it is sent, and one with CMYK
    colors is converted to RGB; this needs `ccapi-client[images]`. All other files are sent unchanged. A Pillow image is
    sent as JPEG if it was read from a JPEG, otherwise as PNG.

    Args:
        source: A path, a URL (https, http, data), the bytes of a picture file, a binary file that is open for reading
            (`io.BytesIO` too), or a Pillow image.
        mask: A picture of the same size, white where the model should repaint `source`; takes what `source` takes.
        text: What should change.
        max_bytes: The largest file to accept, in bytes.

    Raises:
        InvalidRequestError: The source or the mask is not a picture, can't be read, or is too large; the message says
            which.
    """
    _checks.argument("max_bytes", max_bytes, _checks.whole(1))
    return models.MultimodalInputContent(
        image=_input("image", source, max_bytes),
        mask=None if mask is None else _input("mask", mask, max_bytes),
        text=text,
    )


def _input(field: str, source: Picture, max_bytes: int) -> models.ImageInput:
    if isinstance(source, str) and source.lower().startswith(("https://", "http://")):
        return models.ImageInput(url=source)
    content, name = _read(field, source, max_bytes)
    if len(content) > max_bytes:
        raise InvalidRequestError(f"{field}: {name} is larger than max_bytes, {max_bytes:,} bytes")
    found = format_of(content[:HEAD])
    if found is None or not found.mime_type.startswith("image/"):
        raise InvalidRequestError(f"{field}: {name} is not a picture (PNG, JPEG, WebP, GIF …)")
    if found.mime_type == "image/jpeg":
        content = pixels.as_seen(content, f"{field}: {name}")
    return models.ImageInput(data=base64.b64encode(content).decode("ascii"), mime_type=found.mime_type)


def _open_file(path: str, flags: int) -> int:
    """Opens a file without blocking, as opening a named pipe would until another program writes to it."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(descriptor, True)
    return descriptor


def _read(field: str, source: Picture, max_bytes: int) -> tuple[bytes, str]:
    """The content of a source, and its name for messages."""
    if isinstance(source, str) and source.lower().startswith("data:"):
        try:
            return b"".join(parts_of(source)[0].pieces(max_bytes)), "the data: URL"
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{field}: a data: URL that can be read is expected: {error}") from None
    if isinstance(source, str) and (not source or source.lower().startswith("file:")):
        raise InvalidRequestError(
            f"{field}: a path is expected, not {'an empty text' if not source else 'a file: URL'}"
        )
    if isinstance(source, str | os.PathLike):
        name = str(source) if len(str(source)) <= 300 else f"{str(source)[:60]}…"  # base64, taken for a path
        try:
            with open(os.path.expanduser(source), "rb", opener=_open_file) as file:
                return file.read(max_bytes + 1), name
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InvalidRequestError(f"{field}: {name} can't be read: {reason}") from error
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), "what was given"
    if callable(getattr(source, "save", None)):
        try:
            return pixels.written(source), "the Pillow image"  # type: ignore[arg-type]
        except Exception as error:
            raise InvalidRequestError(f"{field}: the Pillow image can't be written: {error}") from error
    if callable(getattr(source, "read", None)):
        return _read_open(field, source, max_bytes)
    raise InvalidRequestError(
        f"{field}: a path, bytes, a URL, an open file or a Pillow image is expected, not {type(source).__name__}"
    )


def _read_open(field: str, source: Any, max_bytes: int) -> tuple[bytes, str]:
    """What is left of an open file, and its name."""
    name = source.name if isinstance(getattr(source, "name", None), str) else "the open file"
    content = bytearray()
    try:
        # A raw file, a pipe say, may give less than it has.
        while len(content) <= max_bytes and (piece := source.read(max_bytes + 1 - len(content))):
            content += piece
    except Exception as error:
        why = "open it with 'rb'" if isinstance(error, TypeError | UnicodeError) else str(error)
        raise InvalidRequestError(f"{field}: {name} can't be read: {why}") from error
    if not content:
        raise InvalidRequestError(f"{field}: {name} is at its end: call seek(0) first")
    return bytes(content), name
