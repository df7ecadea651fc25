"""What a command reads: the text of its arguments and of standard input, and files of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ..errors import InvalidRequestError
from ..media import image
from ..models import ImageInput

STDIN = "-"
"""The argument that stands for the text of standard input."""


def is_terminal() -> bool:
    """Whether standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def text_of(words: Sequence[str]) -> str:
    """The arguments as one text, with the text of standard input in place of `-`; of no arguments, that of a pipe.

    In all other cases nothing is read: standard input may hold the lines of a loop, or never end.

    Raises:
        InvalidRequestError: Standard input is named twice, closed, or not text.
    """
    if not words and sys.stdin is not None and not is_terminal():
        words = (STDIN,)
    if words.count(STDIN) > 1:
        raise InvalidRequestError(f"{STDIN}: it stands for standard input, which can be read once")
    parts = [_read().strip() if is_stdin else " ".join(group) for is_stdin, group in groupby(words, key=STDIN.__eq__)]
    return "\n\n".join(filter(None, parts))


def _read() -> str:
    if sys.stdin is None:
        raise InvalidRequestError(f"{STDIN}: standard input is closed")
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InvalidRequestError(f"{STDIN}: standard input is not text: {error}") from None


def picture_of(option: str, source: str) -> ImageInput:
    """The picture that an option names, by a file or a URL.

    Raises:
        InvalidRequestError: It can't be read, or isn't a picture.
    """
    try:
        picture = image(source).image
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{option}{str(error).removeprefix('image')}") from None
    assert picture is not None  # noqa: S101 - a source was given
    return picture


def json_in(option: str, path: str, hint: str = "") -> Any:
    """The JSON document in a file; of `-`, that on standard input.

    Args:
        option: The option that names the file, for messages.
        path: The file.
        hint: What to do where the file can't be read.

    Raises:
        InvalidRequestError: The file can't be read, or is not JSON.
    """
    try:
        return json.loads(text_in(option, path, hint))
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(f"{option}: {path} is not JSON: {error}") from None


def text_in(option: str, path: str, hint: str = "") -> str:
    """The text in a file, without the newline that ends its last line; of `-`, that on standard input.

    Args:
        option: The option that names the file, for messages.
        path: The file.
        hint: What to do where the file can't be read.

    Raises:
        InvalidRequestError: The file can't be read, or is not text.
    """
    try:
        text = _read() if path == STDIN else Path(path).read_text("utf-8")
    except OSError as error:
        raise InvalidRequestError(f"{option}: {path} can't be read: {error.strerror}{hint}") from None
    except UnicodeDecodeError:
        raise InvalidRequestError(f"{option}: {path} is not text") from None
    return text.removesuffix("\n")
