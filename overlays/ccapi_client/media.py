"""Files: from what the service hands out to bytes, and to the disk."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import anyio.to_thread
import httpx

from .errors import InvalidRequestError
from .models import ImageDatum
from .response import status_error
from .transport import AsyncTransport, Transport

MAX_REDIRECTS = 5
MAX_BYTES = 256 * 1024 * 1024
"""The largest file that `download` and `save` take, unless told otherwise, in bytes."""


def _content_or_url(source: ImageDatum | str, max_bytes: int) -> bytes | str:
    """The bytes that the source holds, or the URL to fetch them from.

    Raises:
        InvalidRequestError: The source holds neither, or not in a way that can be read, or more than `max_bytes`.
    """
    url = source.url if isinstance(source, ImageDatum) else source
    encoded = source.b64_json if isinstance(source, ImageDatum) else None
    if isinstance(url, str) and url.startswith("data:"):
        head, _, encoded = url.partition(",")
        if not head.endswith(";base64"):
            raise InvalidRequestError("source: a data: URI in base64 is expected")
    if isinstance(encoded, str) and encoded:
        if len(encoded) // 4 * 3 - 2 > max_bytes:
            raise InvalidRequestError(f"source: the file is larger than max_bytes, {max_bytes} bytes")
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError:
            raise InvalidRequestError("source: what it holds is not base64") from None
    if isinstance(url, str) and url.startswith(("https://", "http://")):
        return url
    raise InvalidRequestError("source: an ImageDatum with url or b64_json, or a URL (https, http, data) is expected")


def _file(response: httpx.Response) -> bytes:
    if not response.is_success:
        raise status_error(response)
    return response.content


def _write(path: str | os.PathLike[str], content: bytes) -> Path:
    """Writes a file whole or not at all, making the folders above it; returns its path.

    Raises:
        OSError: The file can't be written there.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, for a rename is atomic only within one file system.
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        draft.write_bytes(content)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return target


class Media(Transport):
    """The part of `CCAPI` that fetches and saves files."""

    def download(self, source: ImageDatum | str, *, max_bytes: int = MAX_BYTES) -> bytes:
        """The bytes of a picture: from inside the answer, or from its URL. The key goes to the API's origin alone.

        Args:
            source: One of the `data` of a job, or a URL (https, http, data).
            max_bytes: The largest file to take, in bytes.

        Raises:
            InvalidRequestError: The source is none.
            APIStatusError: The address does not give the file.
            APIConnectionError: No answer came.
            MalformedResponseError: The file is larger than `max_bytes`.
        """
        found = _content_or_url(source, max_bytes)
        if isinstance(found, bytes):
            return found
        response = self._send(self._build(self._options.request("GET", found)), max_bytes=max_bytes)
        for _ in range(MAX_REDIRECTS):
            if response.next_request is None:
                break
            # A request of its own, so that the key and the headers stay on the client's origin.
            found = str(response.next_request.url)
            response = self._send(self._build(self._options.request("GET", found)), max_bytes=max_bytes)
        return _file(response)

    def save(self, source: ImageDatum | str, path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> Path:
        """Writes a picture to a file, whole or not at all, and returns the file's path.

        Args:
            source: One of the `data` of a job, or a URL (https, http, data).
            path: The file; the folders above it are made.
            max_bytes: The largest file to take, in bytes.

        Raises:
            CCAPIError: The picture can't be had, as for `download`.
            OSError: The file can't be written there.
        """
        return _write(path, self.download(source, max_bytes=max_bytes))


class AsyncMedia(AsyncTransport):
    """The part of `AsyncCCAPI` that fetches and saves files."""

    async def download(self, source: ImageDatum | str, *, max_bytes: int = MAX_BYTES) -> bytes:
        """The bytes of a picture; arguments, result and errors are those of `CCAPI.download`."""
        found = _content_or_url(source, max_bytes)
        if isinstance(found, bytes):
            return found
        response = await self._send(self._build(self._options.request("GET", found)), max_bytes=max_bytes)
        for _ in range(MAX_REDIRECTS):
            if response.next_request is None:
                break
            # A request of its own, so that the key and the headers stay on the client's origin.
            found = str(response.next_request.url)
            response = await self._send(self._build(self._options.request("GET", found)), max_bytes=max_bytes)
        return _file(response)

    async def save(self, source: ImageDatum | str, path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> Path:
        """Writes a picture to a file; arguments, result and errors are those of `CCAPI.save`."""
        content = await self.download(source, max_bytes=max_bytes)
        return await anyio.to_thread.run_sync(_write, path, content)
