"""Pictures that requests start from: hashed when a row is planned, read when it is sent: so the ledger stays small."""

from __future__ import annotations

import base64
import hashlib
import os
from functools import lru_cache
from typing import Any

from .. import media
from ..errors import InvalidRequestError
from .shapes import Place, absolute, changed, is_path


@lru_cache(maxsize=10_000)
def _hash(path: str, size: int, modified: int) -> str:
    media.image(path)  # says so where it is not a picture, or too large
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_of(path: str) -> str:
    """The hash of a picture's file.

    Raises:
        InvalidRequestError: It can't be read, or isn't a picture.
    """
    try:
        status = os.stat(path)
        return _hash(path, status.st_size, status.st_mtime_ns)
    except (OSError, ValueError) as error:
        raise InvalidRequestError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None


def planned(value: Any) -> dict[str, Any]:
    """A picture as it is kept: where it is, and its hash."""
    path = absolute(str(value["path"]))
    return {"path": path, "sha256": hash_of(path)}


def example(value: Any, place: Place) -> Any:
    """What stands for a picture while a body is compared with the contract."""
    if not is_path(value):
        return value
    return {"data": "", "mime_type": "image/png"} if place.is_picture else ""


def with_files(body: dict[str, Any], kinds: tuple[Any, ...]) -> dict[str, Any]:
    """A body as it is sent: its pictures in it.

    Raises:
        InvalidRequestError: A picture is not there any more, or another one than was planned.
    """

    def read(value: Any, place: Place) -> Any:
        if not is_path(value):
            return value
        path = str(value["path"])
        picture = media.image(path).image
        assert picture is not None and picture.data is not None  # noqa: S101, PT018 - a path gives both
        if hashlib.sha256(base64.b64decode(picture.data)).hexdigest() != value.get("sha256"):
            raise InvalidRequestError(f"{path}: the picture has changed since the row was planned; add the row again")
        return picture.to_dict() if place.is_picture else picture.data

    sent: dict[str, Any] = changed(body, kinds, read)
    return sent
