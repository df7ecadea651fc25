"""Drafts: files that are written beside their target and then take its name. A killed process's are removed.

A draft is locked for as long as its process lives, for the system drops the lock with the process, in a container too.
"""

from __future__ import annotations

import os
import re
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    IDLE = 60.0
    """How long a draft has to be unchanged before another process removes it, in seconds.

    One that is open can't be deleted anyway. But it is closed before it is renamed.
    """

    def _lock(file: BinaryIO) -> bool:
        return True

    def _remove_unless_used(path: str) -> None:
        if time.time() - os.stat(path).st_mtime > IDLE:
            os.unlink(path)

else:
    import fcntl

    def _lock(file: BinaryIO) -> bool:
        """Locks a new draft; False where another process was faster, and is about to remove it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # the file system has no locks: nobody else can lock it either, so nobody removes it
            return True
        return os.path.exists(file.name)

    def _remove_unless_used(path: str) -> None:
        with open(path, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)


class Draft:
    """A file that is being written."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self.file = path, file

    def head(self, size: int) -> bytes:
        """Its first bytes."""
        self.file.seek(0)
        return self.file.read(size)

    def rename(self, target: Path) -> None:
        """Replaces the target with it; the target's permissions and, as far as that is allowed, its owner stay.

        Raises:
            OSError: It can't be replaced.
        """
        with suppress(FileNotFoundError):
            self._take_over(target.stat())
        self.file.flush()
        if sys.platform == "win32":  # a file that is open can't be renamed; elsewhere it stays locked until it is
            self.file.close()
        self.path.replace(target)

    def _take_over(self, status: os.stat_result) -> None:
        own = self.path.stat()
        if sys.platform != "win32" and (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
            with suppress(OSError):
                os.chown(self.path, status.st_uid, status.st_gid)
        if (own.st_mode ^ status.st_mode) & 0o777:  # not every file system has permissions to change
            self.path.chmod(status.st_mode & 0o777)


@contextmanager
def draft(folder: Path, name: str, mode: int) -> Iterator[Draft]:
    """A draft for a name in a folder, deleted at the end of the block unless it was renamed.

    Args:
        folder: The folder of the target, because a rename is atomic only within one file system.
        name: The name that it is to have, as far as that is known.
        mode: Its permissions; the umask takes from them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, file = _new(folder, name, mode)
    try:
        with file:
            yield Draft(path, file)
    finally:
        path.unlink(missing_ok=True)


def _new(folder: Path, name: str, mode: int) -> tuple[Path, BinaryIO]:
    while True:
        path = folder / f"{_prefix(name)}{uuid.uuid4().hex}.part"
        file = open(path, "x+b", opener=lambda path, flags: os.open(path, flags, mode))  # noqa: SIM115 - `draft` does
        if _lock(file):
            return path, file
        file.close()


def _prefix(name: str) -> str:
    return f".{name[:40]}."  # not longer, so that the whole name is not too long


_DRAFT = re.compile(r"\..{0,40}\.[0-9a-f]{32}\.part", re.DOTALL)
_REST = re.compile(r"[0-9a-f]{32}\.part")


def _is_draft(name: str, prefix: str | None) -> bool:
    """Whether a file's name is that of a draft with this prefix, or with any."""
    # No pattern for each prefix: Python would keep it, in place of one that the caller's program uses.
    if prefix is None:
        return _DRAFT.fullmatch(name) is not None
    return name.startswith(prefix) and _REST.fullmatch(name, len(prefix)) is not None


def remove_abandoned(folder: Path, name: str | None = None) -> None:
    """Removes the drafts for a name, or for any, that no living process has."""
    prefix = None if name is None else _prefix(name)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _is_draft(entry.name, prefix) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):  # it is in use, or somebody else's
                    _remove_unless_used(entry.path)
