"""What a person sees of a batch: its rows, and how many are in which state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
from ccapi_openapi.model import Model

from ..errors import InvalidRequestError
from .desk import STATES, Problem, State
from .ledger import Ledger
from .moves import key_of
from .operations import operations

PAGE = 500
"""How many rows are read at a time: what a million of them hold is never in memory at once."""
COLUMNS = "row, id, name, body, state, attempt, sent, job, answer, paths, cost, error"


@attrs.frozen
class Item:
    """A row of a batch.

    Attributes:
        row: Its number, in the order of the input.
        id: Its id.
        operation: The operationId of its operation.
        body: The body of its request, with the paths of pictures.
        state: Its state: planned, sending, job, done, saved, failed, unknown or lost.
        attempt: How many attempts have ended before the current one.
        job_id: The id of its job, or None.
        paths: The files that were saved.
        cost: What it has cost at most, where prices are known.
        error: Why it is not saved, or None.
        response: The response as it came, or None. If files were saved, it lacks their bytes.
        urls: The URLs where workers of a cluster have put its files.
        sent: When its current attempt was first sent, in UTC; None if it was not sent.
        idempotency_key: The `Idempotency-Key` that this attempt was sent with; None if it was not sent.
    """

    row: int
    id: str
    operation: str
    body: dict[str, Any] = attrs.field(repr=False)
    state: State
    attempt: int
    job_id: str | None
    paths: tuple[Path, ...]
    cost: float
    error: Problem | None
    response: dict[str, Any] | None = attrs.field(repr=False)
    urls: tuple[str, ...] = ()
    sent: datetime | None = None
    idempotency_key: str | None = None

    @property
    def result(self) -> Model | None:
        """The response as the client's method would return it; None while there is none."""
        if self.response is None:
            return None
        result: Model = operations()[self.operation].response.from_dict(self.response["body"])
        return result


def item_of(ledger: Ledger, values: tuple[Any, ...]) -> Item:
    """The item of a row of the ledger; relative paths start from the ledger's folder."""
    row, name, operation, body, state, attempt, sent, job, answer, paths, cost, error = values
    folder, files = ledger.path.parent, json.loads(paths or "[]")
    return Item(
        row=row,
        id=name,
        operation=operation,
        body=json.loads(body),
        state=state,
        attempt=attempt,
        job_id=job,
        paths=tuple(folder / each for each in files if "://" not in each),
        urls=tuple(each for each in files if "://" in each),
        cost=cost,
        error=Problem(**json.loads(error)) if error else None,
        response=json.loads(answer) if answer else None,
        sent=None if sent is None else datetime.fromtimestamp(sent, UTC),
        idempotency_key=None if sent is None else key_of(ledger.id, row, attempt),
    )


def items(ledger: Ledger, states: Iterable[str]) -> Iterator[Item]:
    """The rows in these states, in the order of the input, page by page."""
    wanted = checked(states)
    marks = ", ".join("?" * len(wanted))
    row = 0
    while True:
        page = ledger.read(
            f"SELECT {COLUMNS} FROM item JOIN operation ON number=operation "  # noqa: S608 - marks alone
            f"WHERE row>? AND state IN ({marks}) ORDER BY row LIMIT {PAGE}",
            row,
            *wanted,
        )
        if not page:
            return
        yield from (item_of(ledger, values) for values in page)
        row = page[-1][0]


def item(ledger: Ledger, row: int) -> Item:
    """A row by its number."""
    query = f"SELECT {COLUMNS} FROM item JOIN operation ON number=operation WHERE row=?"  # noqa: S608
    return item_of(ledger, ledger.read(query, row)[0])


def checked(states: Iterable[str]) -> tuple[State, ...]:
    """The states that are named; all of them where none is.

    Raises:
        InvalidRequestError: There is no such state.
    """
    names = {states} if isinstance(states, str) else set(states)
    if names - set(STATES):
        raise InvalidRequestError(f"states: there are {', '.join(STATES)}, not {min(names - set(STATES))!r}")
    return tuple(each for each in STATES if each in names) or STATES


@attrs.frozen
class Counts:
    """How many rows are in which state."""

    planned: int = 0
    sending: int = 0
    job: int = 0
    done: int = 0
    saved: int = 0
    failed: int = 0
    unknown: int = 0
    lost: int = 0

    @property
    def total(self) -> int:
        """How many rows there are."""
        return sum(attrs.astuple(self))

    @property
    def left(self) -> int:
        """How many rows are not finished."""
        return self.planned + self.sending + self.job + self.done


def counts(ledger: Ledger) -> Counts:
    """How many rows are in which state."""
    return Counts(**dict(ledger.read("SELECT state, count(*) FROM item GROUP BY state")))


def spent(ledger: Ledger) -> float:
    """What all rows have cost at most, as far as there were prices."""
    return float(ledger.read("SELECT total(cost) FROM item")[0][0])
