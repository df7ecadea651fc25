"""Files: from what the service hands out to bytes, and to the disk."""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path

import anyio.to_thread
import httpx

from .errors import InvalidRequestError, MalformedResponseError, status_error
from .models import ImageDatum
from .options import Options
from .transport import own_errors

MAX_BYTES = 256 * 1024 * 1024
"""The largest file that `download` and `save` take, unless told otherwise, in bytes."""


def _content_or_url(source: ImageDatum | str) -> bytes | str:
    """The bytes that the source holds, or the URL to fetch them from.

    Raises:
        InvalidRequestError: The source holds neither, or not in a way that can be read.
    """
    url = source.url if isinstance(source, ImageDatum) else source
    encoded = source.b64_json if isinstance(source, ImageDatum) else None
    if isinstance(url, str) and url.startswith("data:"):
        head, _, encoded = url.partition(",")
        if not head.endswith(";base64"):
            raise InvalidRequestError("source: a data: URI in base64 is expected")
    if encoded:
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError:
            raise InvalidRequestError("source: what it holds is not base64") from None
    if isinstance(url, str) and url.startswith(("https://", "http://")):
        return url
    raise InvalidRequestError("source: an ImageDatum with url or b64_json, or a URL (https, http, data) is expected")


class _Body:
    """The body of a download, collected piece by piece up to a limit in bytes."""

    def __init__(self, url: str, max_bytes: int) -> None:
        self.url, self.max_bytes, self.content = url, max_bytes, bytearray()

    def add(self, piece: bytes) -> None:
        """Takes the next piece.

        Raises:
            MalformedResponseError: The file is larger than the limit.
        """
        self.content += piece
        if len(self.content) > self.max_bytes:
            message = f"{self.url}: the file is larger than max_bytes, {self.max_bytes} bytes"
            raise MalformedResponseError(message, status_code=200, request_id=None, body=b"")


def _write(path: str | os.PathLike[str], content: bytes) -> Path:
    """Writes a file whole or not at all, making the folders above it; returns its path.

    Raises:
        OSError: The file can't be written there.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, for a rename is atomic only within one file system.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)  # mkstemp's own mode would hide the file from everyone else
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
    return target


class Media:
    """The part of `CCAPI` that fetches and saves files."""

    _options: Options
    _http: httpx.Client

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
        found = _content_or_url(source)
        if isinstance(found, bytes):
            return found
        body = _Body(found, max_bytes)
        with own_errors("GET", found):
            request = self._http.build_request(**self._options.request("GET", found))
            response = self._http.send(request, stream=True, follow_redirects=True)
            try:
                if not response.is_success:
                    response.read()
                    raise status_error(response)
                for piece in response.iter_bytes():
                    body.add(piece)
            finally:
                response.close()
        return bytes(body.content)

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


class AsyncMedia:
    """The part of `AsyncCCAPI` that fetches and saves files."""

    _options: Options
    _http: httpx.AsyncClient

    async def download(self, source: ImageDatum | str, *, max_bytes: int = MAX_BYTES) -> bytes:
        """The bytes of a picture; arguments, result and errors are those of `CCAPI.download`."""
        found = _content_or_url(source)
        if isinstance(found, bytes):
            return found
        body = _Body(found, max_bytes)
        with own_errors("GET", found):
            request = self._http.build_request(**self._options.request("GET", found))
            response = await self._http.send(request, stream=True, follow_redirects=True)
            try:
                if not response.is_success:
                    await response.aread()
                    raise status_error(response)
                async for piece in response.aiter_bytes():
                    body.add(piece)
            finally:
                await response.aclose()
        return bytes(body.content)

    async def save(self, source: ImageDatum | str, path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> Path:
        """Writes a picture to a file; arguments, result and errors are those of `CCAPI.save`."""
        content = await self.download(source, max_bytes=max_bytes)
        return await anyio.to_thread.run_sync(_write, path, content)
