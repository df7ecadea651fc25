"""The rows of an input: lines of a text, a CSV, JSONL of one's own or in the shape of OpenAI's batches, or dicts."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import attrs

from .. import _checks
from ..errors import InvalidRequestError

AnyRows = str | os.PathLike[str] | Iterable[Mapping[str, Any] | str]
"""A file (.txt, .csv, .tsv, .jsonl; `-` is the text of standard input), or dicts, or texts."""


@attrs.define  # frozen would take five times as long to make, and there may be millions
class Row:
    """A row of an input.

    Attributes:
        place: Where it is, for messages.
        number: Its number, from 1.
        columns: What it holds, by name; a text alone is the column `text`.
        id: Its id, where the input's format has one.
        url: The path of its operation, where the input's format has one; then `columns` is the body as it is.
    """

    place: str
    number: int
    columns: Mapping[str, Any]
    id: str | None = None
    url: str | None = None


def rows_of(source: AnyRows) -> Iterator[Row]:
    """The rows of an input, one at a time.

    Raises:
        InvalidRequestError: It can't be read; the message names the line.
    """
    if isinstance(source, str | os.PathLike):
        _checks.path("rows", source)
        yield from _rows_of_file(os.fspath(source))
        return
    if isinstance(source, Mapping | bytes) or not isinstance(source, Iterable):
        raise InvalidRequestError("rows: a path, or several dicts or texts, are expected")
    for number, each in enumerate(source, 1):
        place = f"row {number}"
        if isinstance(each, str):
            yield Row(place, number, {"text": each})
        elif isinstance(each, Mapping):
            yield _row_of_object(place, number, each)
        else:
            raise InvalidRequestError(f"{place}: a dict or a text is expected, not {type(each).__name__}")


def _rows_of_file(name: str) -> Iterator[Row]:
    read = READERS.get(Path(name).suffix.lower())
    if read is None and name != "-":
        raise InvalidRequestError(f"rows: {name}: a file of these is expected: {', '.join(READERS)}")
    try:
        if read is None:
            if sys.stdin is None:
                raise InvalidRequestError("rows: -: standard input is closed")
            yield from _texts("standard input", sys.stdin)
            return
        with open(name, encoding="utf-8-sig", newline="") as file:
            yield from read(name, file)
    except UnicodeDecodeError as error:
        raise InvalidRequestError(f"rows: {name}: it is not UTF-8: save it as UTF-8 ({error.reason})") from None
    except OSError as error:
        raise InvalidRequestError(f"rows: {name} can't be read: {error.strerror or error}") from None


def _texts(name: str, file: TextIO) -> Iterator[Row]:
    number = 0
    for line, text in enumerate(file, 1):
        if text.strip():
            number += 1
            yield Row(f"{name}, line {line}", number, {"text": text.strip()})


def _csv(name: str, file: TextIO) -> Iterator[Row]:
    delimiter, expected = ("\t", "a tab") if name.lower().endswith(".tsv") else (",", ",")
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    number = 0
    try:
        names = [each.strip() for each in next(reader, [])]
        if len(names) == 1 and ";" in names[0]:
            raise InvalidRequestError(f"rows: {name}: the columns are separated by ;, expected {expected}")
        if not all(names) or len(set(names)) < len(names):
            raise InvalidRequestError(f"rows: {name}: its first line has to name each column, and none twice")
        for cells in reader:
            if not any(cells):
                continue
            number += 1
            if len(cells) > len(names):
                raise InvalidRequestError(
                    f"{name}, line {reader.line_num}: it has {len(cells)} cells, and the first line names "
                    f"{len(names)} columns; a cell with a comma needs quotes"
                )
            cells += [""] * (len(names) - len(cells))
            yield Row(f"{name}, line {reader.line_num}", number, dict(zip(names, cells, strict=True)))
    except csv.Error as error:
        raise InvalidRequestError(f"{name}, line {reader.line_num}: {error}") from None


def _json_lines(name: str, file: TextIO) -> Iterator[Row]:
    number = 0
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        number += 1
        place = f"{name}, line {line}"
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidRequestError(f"{place}: not JSON: {error}") from None
        if not isinstance(document, dict):
            raise InvalidRequestError(f"{place}: a JSON object is expected")
        yield _row_of_object(place, number, document)


def _row_of_object(place: str, number: int, document: Mapping[str, Any]) -> Row:
    if not {"custom_id", "url", "body"} <= document.keys():
        return Row(place, number, document)
    name, url, body = (document[name] for name in ("custom_id", "url", "body"))
    if not (isinstance(name, str) and name and isinstance(url, str) and isinstance(body, Mapping)):
        raise InvalidRequestError(f"{place}: custom_id and url have to be texts, and body an object")
    if document.get("method", "POST") != "POST":
        raise InvalidRequestError(f"{place}: method: only POST can be sent in a batch")
    return Row(place, number, body, id=name, url=url)


READERS: dict[str, Callable[[str, TextIO], Iterator[Row]]] = {
    ".txt": _texts,
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
}
