"""Writes results into files: in the shape of OpenAI's batches, a line for each row, or as a CSV."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import attrs

from .. import _checks
from .._files.drafts import draft
from .._files.save import NEW
from ..errors import InvalidRequestError
from .errors import BatchError
from .items import Item

ERRORS = "errors.jsonl"


@attrs.frozen
class Exported:
    """What was written.

    Attributes:
        results: How many rows are in the file of results.
        errors: How many rows are in the file of errors.
        paths: The files.
    """

    results: int
    errors: int
    paths: tuple[Path, ...]


def export(items: Iterator[Item], path: str | os.PathLike[str]) -> Exported:
    """Writes the rows into a file, in the order of the input, whole or not at all.

    A `.jsonl` holds those with a result, as OpenAI's batches give them; `errors.jsonl` beside it the others that have
    ended. A `.csv` holds all of them.

    Raises:
        InvalidRequestError: The name of the file says neither, or there is a file that is not of an export.
        BatchError: It can't be written.
    """
    target = _checks.path("path", path).absolute()
    kind = target.suffix.lower()
    if kind not in (".jsonl", ".csv") or target.name == ERRORS:
        raise InvalidRequestError(f"path: a name that ends in .jsonl or .csv is expected, and not {ERRORS}: {path}")
    try:
        for each in [target] if kind == ".csv" else [target, target.with_name(ERRORS)]:
            if not _is_free(each):
                raise InvalidRequestError(f"path: {each} is there, and not written by an export: give another name")
        return _csv(items, target) if kind == ".csv" else _lines(items, target)
    except OSError as error:
        raise BatchError(f"{path} can't be written: {error.strerror or error}") from None


def _is_free(path: Path) -> bool:
    """Whether there is no file, an empty one, or one that an earlier export wrote, by its first line."""
    if not path.is_file():
        return True
    with path.open("rb") as file:
        head = file.readline(1000).strip()
    return not head or head.startswith(OURS)


def _lines(items: Iterator[Item], target: Path) -> Exported:
    results = errors = 0
    beside = target.with_name(ERRORS)
    with ExitStack() as stack:
        to_results, to_errors = (_file(stack, each) for each in (target, beside))
        for item in items:
            if item.response is not None and item.state in ("saved", "done"):
                to_results.file.write(f"{_json(_result(item))}\n")
                results += 1
            elif item.error is not None:
                to_errors.file.write(f"{_json(_error(item))}\n")
                errors += 1
        to_results.keep()
        if errors:
            to_errors.keep()
        else:
            beside.unlink(missing_ok=True)  # of an earlier export
    return Exported(results, errors, (target, beside) if errors else (target,))


def _result(item: Item) -> dict[str, Any]:
    return {
        "id": f"row-{item.row}",
        "custom_id": item.id,
        "response": item.response,
        "error": None,
        "paths": [*map(str, item.paths), *item.urls],
    }


def _error(item: Item) -> dict[str, Any]:
    problem = item.error
    assert problem is not None  # noqa: S101 - or it is no error
    response = None
    if problem.status is not None:
        body = json.loads(problem.body) if problem.body else None
        response = {"status_code": problem.status, "request_id": None, "body": body}
    return {
        "id": f"row-{item.row}",
        "custom_id": item.id,
        "response": response,
        "error": {"code": problem.code, "message": problem.message, "state": item.state},
        "job_id": item.job_id,
        "idempotency_key": item.idempotency_key,
        "sent": _sent(item),
    }


def _sent(item: Item) -> str | None:
    return item.sent.isoformat(timespec="seconds") if item.sent else None


COLUMNS: dict[str, Callable[[Item], object]] = {
    "id": lambda item: item.id,
    "state": lambda item: item.state,
    "text": lambda item: text_of(item.response["body"]) if item.response else "",
    "paths": lambda item: ";".join([*map(str, item.paths), *item.urls]),
    "error": lambda item: f"{item.error.code}: {item.error.message}" if item.error else "",
    "cost": lambda item: item.cost or "",
    "job_id": lambda item: item.job_id or "",
    "operation": lambda item: item.operation,
    "request": lambda item: _json(item.body),
    "idempotency_key": lambda item: item.idempotency_key or "",
    "sent": lambda item: _sent(item) or "",
}
OURS = (b'{"id": "row-', b"id,state,text,paths,error,cost,job_id,operation,request")
"""How the first line of an export starts, also of one by an earlier version."""


def _csv(items: Iterator[Item], target: Path) -> Exported:
    results = errors = 0
    with ExitStack() as stack:
        file = _file(stack, target)
        writer = csv.writer(file.file)
        writer.writerow(COLUMNS)
        for item in items:
            writer.writerow([_cell(value(item)) for value in COLUMNS.values()])
            results += item.state == "saved"
            errors += item.error is not None
        file.keep()
    return Exported(results, errors, (target,))


def _cell(value: object) -> object:
    """A cell that a spreadsheet takes for a text, not for a formula: texts of models are in it."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def text_of(body: Any) -> str:
    """The text of a chat's first answer; empty where the response has none."""
    try:
        content = body["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return ""
    return content if isinstance(content, str) else ""


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


@attrs.define
class _File:
    """A file that takes its name once it is whole."""

    target: Path
    file: TextIO
    draft: Any

    def keep(self) -> None:
        self.file.flush()
        self.draft.rename(self.target)


def _file(stack: ExitStack, target: Path) -> _File:
    opened = stack.enter_context(draft(target.parent, target.name, NEW))
    text = open(opened.file.fileno(), "w", encoding="utf-8", newline="", closefd=False)  # noqa: SIM115 - the stack does
    return _File(target, stack.enter_context(text), opened)
