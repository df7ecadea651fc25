"""Recognizes the format of a file by its first bytes, whatever its name or its media type says."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

HEAD = 64
"""How many bytes of a file `format_of` needs."""


class Format(NamedTuple):
    """The format of a file.

    Attributes:
        mime_type: The media type (IANA).
        extension: The extension of file names, with its dot.
        others: Other extensions that files of this format have.
    """

    mime_type: str
    extension: str
    others: tuple[str, ...] = ()


_FORMATS = (
    (rb"\x89PNG\r\n\x1a\n", Format("image/png", ".png")),
    (rb"\xff\xd8\xff", Format("image/jpeg", ".jpg", (".jpeg", ".jpe", ".jfif"))),
    (rb"RIFF....WEBP", Format("image/webp", ".webp")),
    (rb"GIF8[79]a", Format("image/gif", ".gif")),
    (rb"....ftypavi[fs]", Format("image/avif", ".avif")),
    (rb"....ftyp(heic|heix|mif1)", Format("image/heic", ".heic", (".heif",))),
    (rb"II\*\0|MM\0\*", Format("image/tiff", ".tiff", (".tif",))),
    (rb"BM....\0\0\0\0", Format("image/bmp", ".bmp")),
    (rb"RIFF....WAVE", Format("audio/wav", ".wav", (".wave",))),
    (rb"OggS", Format("audio/ogg", ".ogg", (".oga", ".opus"))),
    (rb"fLaC", Format("audio/flac", ".flac")),
    (rb"....ftypM4A", Format("audio/mp4", ".m4a", (".mp4",))),
    # Sound alone may have these brands too.
    (
        rb"....ftyp(iso[m1-9]|mp4[12]|avc1|hvc1|av01|dash|cmf[c2]|M4V|MSNV)",
        Format("video/mp4", ".mp4", (".m4v", ".m4a")),
    ),
    # EBML, whose DocType is "webm" and not "matroska".
    (rb"\x1aE\xdf\xa3.{1,48}B\x82.{1,8}webm", Format("video/webm", ".webm")),
    (rb"\xff[\xf0\xf1\xf8\xf9]", Format("audio/aac", ".aac")),
    (rb"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]", Format("audio/mpeg", ".mp3")),
)
_KNOWN = tuple((re.compile(start, re.DOTALL), known) for start, known in _FORMATS)
_EXTENSIONS = {extension for _, known in _FORMATS for extension in (known.extension, *known.others)}
_UNTOLD = ("", ".bin", ".part", ".tmp")
"""Extensions that say nothing of a format."""
_JSON = rb"\{\s*[\"}]|\[\s*[\[\]{\"tfn0-9-]"
_MARKUP = rb"(<(\?xml|!--)[^>]*>\s*)*<(!doctype\s+html|html|head|body|error)\b"
_TEXT = re.compile(rb"(\xef\xbb\xbf)?\s*(%b|%b)" % (_JSON, _MARKUP), re.IGNORECASE)
"""How JSON, web pages and errors in XML start. Sound without a header may start with any byte: a brace isn't enough."""


def format_of(head: bytes) -> Format | None:
    """The format of the picture, sound or video that starts with these bytes; None where it is not known."""
    return next((known for start, known in _KNOWN if start.match(head)), None)


def is_text(head: bytes) -> bool:
    """Whether what starts with these bytes is JSON, a web page or an error, and so not a picture, sound or video."""
    return _TEXT.match(head) is not None


def is_named_as_media(name: str) -> bool:
    """Whether a file name has the extension of a picture, a sound or a video."""
    return os.path.splitext(name)[1].lower() in _EXTENSIONS


def unlike_its_name(name: str, head: bytes) -> str | None:
    """What a file holds whose name says that it is of another format, as a sentence; else None."""
    found, extension = format_of(head), os.path.splitext(name)[1].lower()
    if found is None or extension in (*_UNTOLD, found.extension, *found.others):
        return None
    return f"the content of {name} is {found.mime_type}"
