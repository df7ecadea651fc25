"""Recognizes the format of a file by its first bytes, whatever its name or its media type says."""

from __future__ import annotations

import re
from typing import NamedTuple

HEAD = 16
"""How many bytes of a file `format_of` needs."""


class Format(NamedTuple):
    """The format of a file.

    Attributes:
        mime_type: The media type (IANA).
        extension: The extension of file names, with its dot.
    """

    mime_type: str
    extension: str


_FORMATS = (
    (rb"\x89PNG\r\n\x1a\n", Format("image/png", ".png")),
    (rb"\xff\xd8\xff", Format("image/jpeg", ".jpg")),
    (rb"RIFF....WEBP", Format("image/webp", ".webp")),
    (rb"GIF8[79]a", Format("image/gif", ".gif")),
    (rb"....ftypavi[fs]", Format("image/avif", ".avif")),
    (rb"....ftyp(heic|heix|mif1)", Format("image/heic", ".heic")),
    (rb"II\*\0|MM\0\*", Format("image/tiff", ".tiff")),
    (rb"BM....\0\0\0\0", Format("image/bmp", ".bmp")),
    (rb"RIFF....WAVE", Format("audio/wav", ".wav")),
    (rb"OggS", Format("audio/ogg", ".ogg")),
    (rb"fLaC", Format("audio/flac", ".flac")),
    (rb"....ftypM4A", Format("audio/mp4", ".m4a")),
    (rb"\xff[\xf0\xf1\xf8\xf9]", Format("audio/aac", ".aac")),
    (rb"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]", Format("audio/mpeg", ".mp3")),
)
_KNOWN = tuple((re.compile(start, re.DOTALL), known) for start, known in _FORMATS)


def format_of(head: bytes) -> Format | None:
    """The format of the picture or sound that starts with these bytes; None where it is not known."""
    return next((known for start, known in _KNOWN if start.match(head)), None)
