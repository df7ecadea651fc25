"""The files of a row: named by its id, each written whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ccapi_openapi.model import Model

from .. import models
from .._files.download import write
from .._files.drafts import draft
from .._files.formats import HEAD, format_of
from .._files.save import MAX_BYTES, NEW
from .._files.source import job_of, parts_of, safe_name
from .._http.sender import Sender


def stem_of(id: str) -> str:
    """The name of a row's files, without an extension: its id; where that can't be one, with a hash of it.

    So no two rows share a name.
    """
    stem = safe_name(id).replace(".", "-")
    return stem if stem == id else f"{stem}-{hashlib.sha256(id.encode(errors='replace')).hexdigest()[:8]}"


def has_files(result: Model) -> bool:
    """Whether a result is one that has files."""
    at_once = models.LegacyImageGenerationResponse | models.AudioSpeechResponse
    return job_of(result) is not None or isinstance(result, at_once)


async def save(sender: Sender, result: Any, folder: Path, id: str) -> tuple[str, ...]:
    """Saves the files of a result, and gives their paths.

    Raises:
        CCAPIError: A file can't be had.
        OSError: It can't be written.
    """
    parts, stem, paths = parts_of(result), stem_of(id), list[str]()
    for number, part in enumerate(parts):
        name = stem if len(parts) == 1 else f"{stem}.{number}"  # no stem has a dot: no row has the name of another
        with draft(folder, name, NEW) as file:
            await write(sender, part, file.file, MAX_BYTES)
            found = format_of(file.head(HEAD))
            target = folder / f"{name}{found.extension if found else '.bin'}"
            file.rename(target)
        paths.append(str(target))
    return tuple(paths)


def without_bytes(document: Any) -> Any:
    """A response without the files that are inside it."""
    if isinstance(document, dict):
        return {name: without_bytes(each) for name, each in document.items() if name != "b64_json"}
    if isinstance(document, list):
        return [without_bytes(each) for each in document]
    return document
