"""Pictures whose pixels a model would take wrongly, turned by their EXIF data or in CMYK; Pillow changes them.

Whether anything has to change is seen without Pillow, so that most pictures are sent as they are.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._extras import how_to_install
from ..errors import InvalidRequestError

if TYPE_CHECKING:
    from PIL.Image import Image

_ORIENTATION = 0x0112
_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers of JPEG without a segment (ITU T.81, table B.1)."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that start a frame: what follows tells of its size and its components."""
_OF_PRINT = frozenset(("CMYK", "YCbCr", "LAB", "HSV"))
"""Modes of Pillow that PNG, or who looks at a JPEG, has no colors for."""
QUALITY = 95
"""Of a JPEG that is written again, as Pillow counts: above it files grow and nothing is seen of it."""


def why_changed(content: bytes) -> str | None:
    """Why the pixels of a JPEG have to change before it is sent; None where they don't."""
    for marker, segment in _segments(content):
        if marker == 0xE1 and segment.startswith(b"Exif\0\0") and _orientation(segment[6:]) in range(2, 9):
            return "its EXIF data says to turn it"
        if marker in _FRAMES and len(segment) > 5 and segment[5] == 4:
            return "its colors are CMYK"
    return None


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments of a JPEG before its pixels, each with its marker."""
    place = 2
    while len(content) > place + 3 and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:  # padding
            place += 1
            continue
        if marker in _NO_LENGTH:
            place += 2
            continue
        length = int.from_bytes(content[place + 2 : place + 4])
        if marker == 0xDA or length < 2:
            return
        yield marker, content[place + 4 : place + 2 + length]
        place += 2 + length


def _orientation(tiff: bytes) -> int:
    """How a picture is to be turned, 1 for not at all, by its EXIF data (a directory of TIFF 6.0, section 2)."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    try:
        if order:
            (place,) = struct.unpack_from(f"{order}I", tiff, 4)
            (count,) = struct.unpack_from(f"{order}H", tiff, place)
            for number in range(count):
                tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, place + 2 + 12 * number)
                if tag == _ORIENTATION:
                    return int(value)
    except struct.error:  # cut off
        pass
    return 1


def as_seen(content: bytes, name: str) -> bytes:
    """A JPEG with its pixels as they are to be seen; the same bytes where they are so already.

    Raises:
        InvalidRequestError: Pillow is missing where they are not, or can't read it.
    """
    why = why_changed(content)
    if why is None:
        return content
    try:
        from PIL import Image
    except ImportError:
        reason = f"{name} has to be changed, for {why}; that needs Pillow: {how_to_install('images')}"
        raise InvalidRequestError(reason) from None
    try:
        with Image.open(io.BytesIO(content)) as image:
            return written(image)
    except Exception as error:
        raise InvalidRequestError(f"{name} can't be read as a JPEG: {error}") from error


def written(image: Image) -> bytes:
    """A Pillow image as a file: a JPEG where it came from one, else a PNG; turned as its EXIF data says.

    Raises:
        Exception: Whatever Pillow raises.
    """
    from PIL import ImageOps

    file = io.BytesIO()
    seen = ImageOps.exif_transpose(image)
    options: dict[str, Any] = {"format": "PNG"}
    if image.format in ("JPEG", "MPO"):
        options = {"format": "JPEG", "quality": QUALITY}
    if image.info.get("icc_profile") and image.mode not in _OF_PRINT:  # its colors are those of this profile
        options["icc_profile"] = image.info["icc_profile"]
    if seen.mode in _OF_PRINT:
        seen = seen.convert("RGB")
    elif image.format == "JPEG" and image.getexif().get(_ORIENTATION, 1) == 1:
        seen, options["quality"] = image, "keep"  # as it was compressed before
    seen.save(file, **options)
    return file.getvalue()
