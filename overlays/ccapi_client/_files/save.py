"""Saves files, each completely or not at all. Both clients save by `save`."""

from __future__ import annotations

import errno
import logging
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from .. import _checks
from .._http.sender import Sender
from ..errors import InvalidRequestError
from .download import checked_parts, write
from .drafts import Draft, draft, remove_abandoned
from .formats import HEAD, format_of, is_named_as_media, unlike_its_name
from .source import Part, safe_name

if TYPE_CHECKING:
    from .source import OneFile, SomeFiles

AnyPath = str | os.PathLike[str]
MAX_BYTES = 2 * 1024 * 1024 * 1024
"""The default of the largest file that `save` accepts, in bytes. A file is written as it comes, and never in memory."""
NEW = 0o666
"""The permissions of a new file, from which the umask takes."""

logger = logging.getLogger("ccapi_client")


def is_folder(path: AnyPath) -> bool:
    """Whether a path is that of a folder: there is one, or it ends in a slash."""
    return str(path).endswith(("/", os.sep)) or os.path.isdir(os.path.expanduser(path))


class _Place:
    """Where the files of a source are saved."""

    def __init__(self, path: AnyPath, count: int) -> None:
        self.path = Path(os.path.expanduser(_checks.path("path", path)))  # a `~name` of nobody stays as it is
        self.is_folder = is_folder(path)
        self._is_one = count == 1

    def target(self, number: int, extension: str = "") -> Path:
        """The path of a file that isn't saved in a folder; a name without an extension gets this one."""
        stem, suffix = os.path.splitext(self.path.name)
        return self.path.parent / f"{stem}{'' if self._is_one else f'-{number}'}{suffix or extension}"

    def known(self, number: int) -> Path | None:
        """The path of a file, where it is known before its content is."""
        return self.target(number) if self.path.suffix and not self.is_folder else None


async def save(sender: Sender, source: OneFile | SomeFiles, path: AnyPath, max_bytes: int) -> list[Path]:
    """Writes the files of a source, each completely or not at all, and returns their paths.

    Raises:
        CCAPIError: A file can't be downloaded, or an argument can't be used.
        OSError: A file can't be written there.
    """
    parts = checked_parts(source, max_bytes)
    place = _Place(path, len(parts))
    known = [place.known(number) for number in range(len(parts))]
    modes = [mode_to_keep(target) if target else NEW for target in known]  # before anything is downloaded
    return [await _save(sender, part, place, number, modes[number], max_bytes) for number, part in enumerate(parts)]


async def _save(sender: Sender, part: Part, place: _Place, number: int, mode: int, max_bytes: int) -> Path:
    known = place.known(number)
    named = place.path / safe_name(part.name) if place.is_folder else place.target(number)
    real = _behind_links(known) if known else named
    await sender.offload(lambda: remove_abandoned(real.parent, real.name))
    part = attrs.evolve(part, is_media=part.is_media or is_named_as_media(named.name))
    with draft(real.parent, real.name, mode) as file:
        await write(sender, part, file.file, max_bytes)
        head = file.head(HEAD)
        found = format_of(head)
        extension = found.extension if found else ".bin"
        if place.is_folder:
            return _rename_to_free(file, named, extension)
        target = place.target(number, extension)
        mode_to_keep(target)
        file.rename(_behind_links(target))
        if note := unlike_its_name(str(target), head):
            logger.warning("%s", note)
        return target


def _behind_links(path: Path) -> Path:
    """The file that is replaced: of a link, the one that it leads to, as other programs do; the link stays."""
    return Path(os.path.realpath(path))


def mode_to_keep(path: Path) -> int:
    """The permissions of the file at a path, which one that replaces it has to have; `NEW` where there is none.

    Raises:
        InvalidRequestError: There is something else than a file, a device for instance.
        PermissionError: The file is read-only.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return NEW
    if not stat.S_ISREG(mode):
        raise InvalidRequestError(f"path: {path} is not a file that can be replaced")
    # Root can write to any file; one that is marked read-only is kept all the same.
    if not mode & 0o222 or not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only, so it is not replaced", str(path))
    return mode & 0o777


def _rename_to_free(file: Draft, named: Path, extension: str) -> Path:
    """Gives a draft a name in its folder that no file there has, and returns its path."""
    number = 0
    while True:
        target = named.with_name(f"{named.name}{f'-{number}' if number else ''}{extension}")
        try:
            target.open("xb").close()
        except FileExistsError:
            number += 1
            continue
        try:
            file.rename(target)
        except BaseException:
            target.unlink()
            raise
        return target
