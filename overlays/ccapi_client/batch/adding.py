"""Adds the rows of an input to the ledger: all of them or, where one is wrong, none."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import attrs

from .._http.validation import request_body
from ..errors import InvalidRequestError
from . import files, shapes
from .ledger import Ledger
from .money import PriceList
from .operations import operation_named
from .rows import AnyRows, Row, rows_of
from .template import fill, is_missing

OnChange = Literal["error", "keep", "replace"]
SHOWN = 5
"""How many wrong rows an error names."""


@attrs.frozen
class Added:
    """What became of the rows of an input.

    Attributes:
        new: How many were added.
        same: How many were there already.
        changed: How many were there with another content, and were kept or replaced as `on_change` says.
    """

    new: int
    same: int
    changed: int


@attrs.frozen
class Planned:
    """A row as it is kept: its id, its operation, its body as JSON, and the hash of both."""

    place: str
    id: str
    operation: str
    body: str
    digest: bytes


def plan(
    rows: AnyRows, operation: str, template: Mapping[str, Any] | None, id: str | None
) -> Iterator[Planned | InvalidRequestError]:
    """The rows of an input as they are kept; in place of a wrong one, what is wrong with it."""
    for row in rows_of(rows):
        try:
            yield _planned(row, operation, template, id)
        except InvalidRequestError as error:
            yield InvalidRequestError(f"{row.place}: {error}")


def _planned(row: Row, operation: str, template: Mapping[str, Any] | None, id: str | None) -> Planned:
    name, found = operation_named(row.url or operation)
    model: Any = found.body
    columns = row.columns
    if row.url is not None:
        if template is not None:
            raise InvalidRequestError("template: rows in the shape of OpenAI's batches have their whole body already")
        own_id, body = row.id, dict(columns)
    else:
        own_id = None
        if template is None:
            for each in ("custom_id", "id"):
                if each in columns and each not in shapes.shape_of(model).kinds:
                    own_id = own_id or str(columns[each])
                    columns = {name: value for name, value in columns.items() if name != each}
        elif not is_missing(columns.get("id")):
            own_id = str(columns["id"])
        body = shapes.body_of(model, columns if template is None else fill(template, columns))
    if id is not None:
        own_id = str(fill(id, row.columns))
    if id is not None and not own_id:
        raise InvalidRequestError(f"id: {id!r} is empty here")
    kinds = (model,)
    body = shapes.changed(body, kinds, shapes.from_text)
    body = shapes.changed(body, kinds, files.planned)
    checked = request_body(model, shapes.changed(body, kinds, files.example), None)
    if found.streamed_by and checked.get("stream"):
        raise InvalidRequestError("stream: a batch takes whole responses; leave it out")
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(f"{name}\n{text}".encode()).digest()[:16]
    return Planned(row.place, own_id or str(row.number), name, text, digest)


class _Adding:
    """The rows of one input as they go into the ledger. It remembers which ones in a bit for each."""

    def __init__(self, connection: sqlite3.Connection, on_change: OnChange) -> None:
        self._connection, self._on_change = connection, on_change
        (last,) = connection.execute("SELECT coalesce(max(row), 0) FROM item").fetchone()
        self._first = self._next = last + 1
        self._seen = bytearray(last // 8 + 1)
        self._operations = dict(connection.execute("SELECT name, number FROM operation"))
        self.same = self.changed = 0

    @property
    def new(self) -> int:
        return int(self._next - self._first)

    def add(self, row: Planned) -> None:
        operation = self._operations.get(row.operation)
        if operation is None:
            (operation,) = self._connection.execute(
                "INSERT INTO operation(name) VALUES(?) RETURNING number", (row.operation,)
            ).fetchone()
            self._operations[row.operation] = operation
        values = (self._next, row.id, operation, row.digest, row.body)
        insert = "INSERT INTO item(row, id, operation, digest, body) VALUES(?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING"
        if self._connection.execute(insert, values).rowcount == 1:
            self._next += 1
            return
        query = "SELECT row, digest, state FROM item WHERE id=?"
        number, digest, state = self._connection.execute(query, (row.id,)).fetchone()
        if number >= self._first or self._seen[number // 8] & (1 << number % 8):
            raise InvalidRequestError(f"{row.place}: the id {row.id!r} is that of an earlier row; ids have to differ")
        self._seen[number // 8] |= 1 << number % 8
        if digest == row.digest:
            self.same += 1
            return
        if self._on_change == "error":
            raise InvalidRequestError(
                f"{row.place}: the row {row.id!r} was planned with another content, and is {state}; keep the one that "
                'was planned (on_change="keep"), replace it, which may cost again (on_change="replace"), or give it '
                "another id"
            )
        self.changed += 1
        if self._on_change == "replace":
            if state in ("sending", "job"):
                raise InvalidRequestError(f"{row.place}: the row {row.id!r} is in flight, so it can't be replaced")
            self._connection.execute(
                "UPDATE item SET operation=?, digest=?, body=?, state='planned', attempt=attempt+1, sent=NULL, "
                "job=NULL, answer=NULL, paths=NULL, error=NULL WHERE row=?",
                (operation, row.digest, row.body, number),
            )


def add(
    ledger: Ledger,
    rows: AnyRows,
    *,
    operation: str,
    template: Mapping[str, Any] | None,
    id: str | None,
    on_change: OnChange,
) -> Added:
    """Adds the rows of an input.

    Raises:
        InvalidRequestError: Rows are wrong, or have changed; none is added.
        LedgerError: They can't be written.
    """
    with ledger.transaction() as connection:
        adding, wrong = _Adding(connection, on_change), list[str]()
        for row in plan(rows, operation, template, id):
            try:
                if isinstance(row, InvalidRequestError):
                    raise row
                if not wrong:
                    adding.add(row)
            except InvalidRequestError as error:
                wrong.append(str(error))
                if len(wrong) == SHOWN:
                    break
        if wrong:
            raise InvalidRequestError("nothing was added:\n" + "\n".join(wrong) if len(wrong) > 1 else wrong[0])
        return Added(adding.new, adding.same, adding.changed)


@attrs.frozen
class Estimate:
    """What is still to be sent, and what it costs.

    Attributes:
        items: How many rows are still to be sent.
        cost: What they cost at most; None where that isn't known of all of them.
        unpriced: How many rows have no price, by their models; `""` is for those that name none.
        currency: The currency of the prices.
    """

    items: int
    cost: float | None
    unpriced: Mapping[str, int]
    currency: str


def estimate(ledger: Ledger, prices: PriceList) -> Estimate:
    """What the rows cost that are still to be sent."""
    items, cost, unpriced = 0, 0.0, dict[str, int]()
    for work in unsent(ledger.read):
        items += 1
        body = json.loads(work)
        price = prices.cost(body)
        if price is None:
            model = str(body.get("model") or "")
            unpriced[model] = unpriced.get(model, 0) + 1
        else:
            cost += price
    return Estimate(items, None if unpriced else cost, unpriced, prices.currency)


def unsent(read: Callable[..., list[tuple[Any, ...]]]) -> Iterator[str]:
    """The bodies of the rows that are still to be sent, page by page."""
    row = 0
    while page := read("SELECT row, body FROM item WHERE state='planned' AND row>? ORDER BY row LIMIT 1000", row):
        yield from (body for _, body in page)
        row = page[-1][0]
