"""What the terminal shows of a file: the file itself, or the first frame of a video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .._files.formats import HEAD, format_of


def still_of(path: Path) -> Any:
    """The path of a picture; of a video, its first frame as a Pillow image. None where the video can't be read.

    Raises:
        ModuleNotFoundError: It is a video, and PyAV is missing.
    """
    with path.open("rb") as file:
        found = format_of(file.read(HEAD))
    if found is None or not found.mime_type.startswith("video/"):
        return path
    import av.error

    try:
        with av.open(str(path), "r") as container:
            frame: Any = next(container.decode(video=0))  # in part without types
            return frame.to_image()
    except (av.error.FFmpegError, IndexError, StopIteration):  # broken, or without pictures
        return None
