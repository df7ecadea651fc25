"""Fetches and saves files, as `fetch` decides. Both clients do it in the same way."""

from __future__ import annotations

import io
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, overload

import httpx

from . import checks
from .errors import InvalidRequestError
from .fetch import FILE, MAX_BYTES, Fetch, Part, is_private, is_some, known_addresses, parts_of, safe_name
from .formats import HEAD, format_of
from .lazily import anyio
from .transport import AsyncTransport, Transport
from .wire import AnyAnswer

if TYPE_CHECKING:
    from .fetch import OneFile, SomeFiles

AnyPath = str | os.PathLike[str]


def _parts(source: OneFile | SomeFiles, max_bytes: int) -> list[Part]:
    checks.argument("max_bytes", max_bytes, checks.whole(1))
    return parts_of(source)


class _Place:
    """Where the files of a source go."""

    def __init__(self, path: AnyPath, count: int) -> None:
        try:
            if b"\0" in os.fsencode(path):
                raise ValueError("it holds a NUL character")
        except (TypeError, ValueError) as error:
            raise InvalidRequestError(f"path: the path of a file or a folder is expected: {error}") from None
        self.path = Path(path)
        is_folder = self.path.is_dir() or str(path).endswith(("/", os.sep))
        self.folder = self.path if is_folder else self.path.parent
        self._name = None if is_folder else self.path.name
        self._is_one = count == 1

    @contextmanager
    def draft(self) -> Iterator[_Draft]:
        """A file without a name yet, gone again unless it is kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Beside the target, for a rename is atomic only within one file system.
        path = self.folder / f".{uuid.uuid4().hex}.part"
        try:
            with path.open("x+b") as file:
                yield _Draft(path, file)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, draft: _Draft, part: Part, number: int) -> Path:
        """Gives a draft its name, with the extension of its content where it has none, and returns its path."""
        draft.file.seek(0)
        found = format_of(draft.file.read(HEAD))
        draft.file.close()
        extension = found.extension if found else ".bin"
        if self._name is None:
            return draft.rename_to_free(self.folder, safe_name(part.name), extension)
        stem, suffix = os.path.splitext(self._name)
        return draft.rename(self.folder / f"{stem}{'' if self._is_one else f'-{number}'}{suffix or extension}")


class _Draft:
    """A file that is being written."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self.file = path, file

    def rename(self, target: Path) -> Path:
        """Puts it in the place of the target."""
        self.path.replace(target)
        return target

    def rename_to_free(self, folder: Path, stem: str, extension: str) -> Path:
        """Puts it in a folder under a name that no other file there has."""
        number = 0
        while True:
            target = folder / f"{stem}{f'-{number}' if number else ''}{extension}"
            try:
                target.open("xb").close()
            except FileExistsError:
                number += 1
                continue
            try:
                return self.rename(target)
            except BaseException:
                target.unlink()
                raise


def _restart(out: BinaryIO) -> None:
    out.seek(0)
    out.truncate()


class Files(Transport):
    """The part of `CCAPI` that fetches and saves files."""

    @overload
    def download(self, source: OneFile, *, max_bytes: int = MAX_BYTES) -> bytes: ...
    @overload
    def download(self, source: SomeFiles, *, max_bytes: int = MAX_BYTES) -> list[bytes]: ...
    def download(self, source: OneFile | SomeFiles, *, max_bytes: int = MAX_BYTES) -> bytes | list[bytes]:
        """The bytes of a file: from inside the answer, or from its URL.

        A download that breaks off is taken up where it was, as often as the client's `RetryPolicy` allows attempts. The
        key goes to the API's origin alone. Addresses of this machine and of private networks are refused, unless the
        API itself is at one; names are looked up for that first, which a name that changes in between can escape.

        Args:
            source: One of the `data` of an image response, a speech response, or a URL (https, http, data); or a whole
                image response, for a list.
            max_bytes: The largest file to take, in bytes.

        Raises:
            InvalidRequestError: The source is none, or its address is refused.
            APIStatusError: The address does not give the file.
            APIConnectionError: No answer came, or it broke off too often.
            MalformedResponseError: The file is larger than `max_bytes`, or not the one that was announced.
        """
        files = []
        for part in _parts(source, max_bytes):
            file = io.BytesIO()
            self._write(part, file, max_bytes)
            files.append(file.getvalue())
        return files if is_some(source) else files[0]

    @overload
    def save(self, source: OneFile, path: AnyPath, *, max_bytes: int = MAX_BYTES) -> Path: ...
    @overload
    def save(self, source: SomeFiles, path: AnyPath, *, max_bytes: int = MAX_BYTES) -> list[Path]: ...
    def save(self, source: OneFile | SomeFiles, path: AnyPath, *, max_bytes: int = MAX_BYTES) -> Path | list[Path]:
        """Writes a file, whole or not at all, and returns its path; of a whole image response, a list of them.

        Args:
            source: One of the `data` of an image response, a speech response, or a URL (https, http, data); or a whole
                image response.
            path: The file, which is replaced if it is there; without an extension it gets the one of its content. Of
                several pictures each gets its number, `fox-0.png`. Or a folder (one that is there, or a path that ends
                in `/`), where each file gets a name that is still free. The folders above are made.
            max_bytes: The largest file to take, in bytes.

        Raises:
            CCAPIError: The file can't be had, as for `download`.
            OSError: The file can't be written there.
        """
        parts = _parts(source, max_bytes)
        place, paths = _Place(path, len(parts)), []
        for number, part in enumerate(parts):
            with place.draft() as draft:
                self._write(part, draft.file, max_bytes)
                paths.append(place.keep(draft, part, number))
        return paths if is_some(source) else paths[0]

    def _write(self, part: Part, out: BinaryIO, max_bytes: int) -> None:
        if part.url is None:
            out.writelines(part.pieces(max_bytes))
            return
        fetch, call = Fetch(part.url, max_bytes, self._options), None
        while True:
            request = fetch.request()
            call = call or self._new_call(request, None)
            host = fetch.looked_up_in(request)
            if host and is_private(self._addresses(host)):
                base_url = self._options.base_url
                if not is_private(self._addresses(base_url.host)):
                    raise fetch.refused(request)
            response = self._send(request, leave=_is_file, max_bytes=max_bytes)
            try:
                if fetch.redirected(response):
                    continue
                if fetch.begin(response):
                    _restart(out)
                out.writelines(fetch.take(piece) for piece in response.pieces)
                fetch.finish()
                return
            except httpx.HTTPError as error:
                if fetch.cut():
                    call.started = self._clock()  # a long download may take its time; a stuck one may not
                delay = call.failed(error, self._clock(), self._chance())
            finally:
                response.close()
            self._sleep(delay)

    def _addresses(self, host: str) -> list[str]:
        known = known_addresses(host)
        if known or not self._looks_up:
            return known
        try:
            return [str(found[4][0]) for found in socket.getaddrinfo(host, None)]
        except (OSError, UnicodeError):
            return []  # for the connection to fail, or for a proxy to know


class AsyncFiles(AsyncTransport):
    """The part of `AsyncCCAPI` that fetches and saves files."""

    @overload
    async def download(self, source: OneFile, *, max_bytes: int = MAX_BYTES) -> bytes: ...
    @overload
    async def download(self, source: SomeFiles, *, max_bytes: int = MAX_BYTES) -> list[bytes]: ...
    async def download(self, source: OneFile | SomeFiles, *, max_bytes: int = MAX_BYTES) -> bytes | list[bytes]:
        """The bytes of a file; arguments, result and errors are those of `CCAPI.download`."""
        files = []
        for part in _parts(source, max_bytes):
            file = io.BytesIO()
            await self._write(part, file, max_bytes)
            files.append(file.getvalue())
        return files if is_some(source) else files[0]

    @overload
    async def save(self, source: OneFile, path: AnyPath, *, max_bytes: int = MAX_BYTES) -> Path: ...
    @overload
    async def save(self, source: SomeFiles, path: AnyPath, *, max_bytes: int = MAX_BYTES) -> list[Path]: ...
    async def save(
        self, source: OneFile | SomeFiles, path: AnyPath, *, max_bytes: int = MAX_BYTES
    ) -> Path | list[Path]:
        """Writes a file; arguments, result and errors are those of `CCAPI.save`."""
        parts = _parts(source, max_bytes)
        place, paths = _Place(path, len(parts)), []
        for number, part in enumerate(parts):
            with place.draft() as draft:
                await self._write(part, draft.file, max_bytes)
                paths.append(place.keep(draft, part, number))
        return paths if is_some(source) else paths[0]

    async def _write(self, part: Part, out: BinaryIO, max_bytes: int) -> None:
        if part.url is None:
            await anyio.to_thread.run_sync(out.writelines, part.pieces(max_bytes))
            return
        fetch, call = Fetch(part.url, max_bytes, self._options), None
        while True:
            request = fetch.request()
            call = call or self._new_call(request, None)
            host = fetch.looked_up_in(request)
            if host and is_private(await self._addresses(host)):
                base_url = self._options.base_url
                if not is_private(await self._addresses(base_url.host)):
                    raise fetch.refused(request)
            response = await self._send(request, leave=_is_file, max_bytes=max_bytes)
            try:
                if fetch.redirected(response):
                    continue
                if fetch.begin(response):
                    _restart(out)
                async for piece in response.pieces:
                    out.write(fetch.take(piece))
                fetch.finish()
                return
            except httpx.HTTPError as error:
                if fetch.cut():
                    call.started = self._clock()  # a long download may take its time; a stuck one may not
                delay = call.failed(error, self._clock(), self._chance())
            finally:
                await response.close()
            await self._sleep(delay)

    async def _addresses(self, host: str) -> list[str]:
        known = known_addresses(host)
        if known or not self._looks_up:
            return known
        try:
            return [str(found[4][0]) for found in await anyio.getaddrinfo(host, None)]
        except (OSError, UnicodeError):
            return []  # for the connection to fail, or for a proxy to know


def _is_file(response: AnyAnswer) -> bool:
    return response.status_code in FILE
