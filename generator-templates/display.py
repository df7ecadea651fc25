"""Shows pictures and sounds in notebooks. Nothing is requested: a file inside the response is shown, a URL is a link.

The generated models with files derive from these classes; IPython calls their methods. The generation copies it.
"""

from __future__ import annotations

import base64
import re
from html import escape
from typing import Any

_TYPES = (
    (rb"\x89PNG\r\n", "image/png"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"GIF8", "image/gif"),
    (rb"RIFF....WEBP", "image/webp"),
    (rb"RIFF....WAVE", "audio/wav"),
    (rb"OggS", "audio/ogg"),
    (rb"fLaC", "audio/flac"),
    (rb"ID3|\xff[\xe2-\xff]", "audio/mpeg"),
)
"""The media types of files by how they start: those that every browser shows."""
_LINK = '<a href="{0}" target="_blank" rel="noopener noreferrer">{1}</a>'


class Media:
    """A response, or a part of one, with a file."""

    __slots__ = ()

    def _file(self) -> tuple[str, str]:
        """The file in base64 and its media type, both empty where it is elsewhere."""
        found: Any = getattr(self, "b64_json", None)
        url: Any = getattr(self, "url", None)
        if not found and isinstance(url, str) and url.startswith("data:") and ";base64," in url:
            found = url.partition(";base64,")[2]
        if not isinstance(found, str):
            return "", ""
        try:
            head = base64.b64decode(found[:16], validate=True)
            base64.b64decode(found[-16:] if len(found) % 4 == 0 else "!", validate=True)
        except ValueError:
            return "", ""
        kind = next((kind for start, kind in _TYPES if re.match(start, head, re.DOTALL)), "")
        # Anything else than base64 could end the attribute that it stands in.
        return (found, kind) if kind and not re.search(r"[^A-Za-z0-9+/=]", found) else ("", "")

    def _link(self) -> str | None:
        url: Any = getattr(self, "url", None)
        if not isinstance(url, str) or not url.lower().startswith(("https://", "http://")):
            return None
        name = url.partition("?")[0]  # the rest may be a signature: in the link, but not on the page
        return _LINK.format(escape(url), escape(name if len(name) <= 100 else f"{name[:99]}…"))


class Picture(Media):
    """A picture."""

    __slots__ = ()

    def _bytes(self, wanted: str) -> bytes | None:
        content, kind = self._file()
        return base64.b64decode(content) if kind == wanted else None

    def _repr_png_(self) -> bytes | None:
        return self._bytes("image/png")

    def _repr_jpeg_(self) -> bytes | None:
        return self._bytes("image/jpeg")

    def _repr_html_(self) -> str | None:
        return None if self._file()[1] in ("image/png", "image/jpeg") else self._html()

    def _html(self) -> str | None:
        """The picture, or a link to it, with its text below it."""
        content, kind = self._file()
        text = str(getattr(self, "revised_prompt", None) or "")
        if not kind.startswith("image/"):
            return self._link()
        shown = f'<img src="data:{kind};base64,{content}" alt="{escape(text)}" style="max-width: 100%">'
        return f"<figure>{shown}<figcaption>{escape(text)}</figcaption></figure>" if text else shown


class Pictures:
    """A response with pictures."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        data: Any = getattr(self, "data", None)
        items = [each._html() for each in data if isinstance(each, Picture)] if isinstance(data, list) else []
        shown = [f'<div style="max-width: 24em">{item}</div>' for item in items if item]
        if not shown:
            return None
        names = [getattr(self, name, None) for name in ("id", "status", "model")]
        line = escape(" · ".join(str(name) for name in names if name))
        return f'<div>{line}</div><div style="display: flex; flex-wrap: wrap; gap: 1em">{"".join(shown)}</div>'


class Sound(Media):
    """A response with speech."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        content, kind = self._file()
        if not kind.startswith("audio/"):
            return self._link()
        return f'<audio controls src="data:{kind};base64,{content}"></audio>'
