"""Saves files, each completely or not at all. Both clients save by `save`."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .._http.sender import Sender
from ..errors import InvalidRequestError
from .download import checked_parts, write
from .formats import HEAD, format_of
from .source import Part, safe_name

if TYPE_CHECKING:
    from .source import OneFile, SomeFiles

AnyPath = str | os.PathLike[str]


class _Place:
    """Where the files of a source are saved."""

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
        """A temporary file, deleted at the end of the block unless `keep` gave it a name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # In the folder of the target, because a rename is atomic only within one file system.
        path = self.folder / f".{uuid.uuid4().hex}.part"
        try:
            with path.open("x+b") as file:
                yield _Draft(path, file)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, draft: _Draft, part: Part, number: int) -> Path:
        """Gives a draft its name and returns its path; a name without an extension gets the one of the content."""
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
        """Replaces the target with it."""
        self.path.replace(target)
        return target

    def rename_to_free(self, folder: Path, stem: str, extension: str) -> Path:
        """Moves it into a folder, under a name that no file there has."""
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


async def save(sender: Sender, source: OneFile | SomeFiles, path: AnyPath, max_bytes: int) -> list[Path]:
    """Writes the files of a source, each completely or not at all, and returns their paths.

    Raises:
        CCAPIError: A file can't be downloaded, or an argument can't be used.
        OSError: A file can't be written there.
    """
    parts = checked_parts(source, max_bytes)
    place, paths = _Place(path, len(parts)), []
    for number, part in enumerate(parts):
        with place.draft() as draft:
            await write(sender, part, draft.file, max_bytes)
            paths.append(place.keep(draft, part, number))
    return paths
