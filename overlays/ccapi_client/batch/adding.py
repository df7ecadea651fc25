"""Adds the rows of an input to the ledger: all of them or, where one is wrong, none."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from ..errors import InvalidRequestError
from .ledger import Ledger
from .planning import Planned, plan
from .rows import AnyRows

OnChange = Literal["error", "keep", "replace"]
SHOWN = 10
"""How many wrong rows an error names, each in a line."""
EMPTY = (
    "it holds no rows: in a .txt and a .jsonl each line is one, in a .csv and a .tsv each line after the first, which "
    "names the columns"
)
NEVER_SENT = "state='planned' AND sent IS NULL AND attempt=0"
"""What is known of a row that may be replaced without asking, as it has cost nothing."""
REPLACE = (
    "UPDATE item SET operation=?, digest=?, body=?, state='planned', attempt=attempt+?, sent=NULL, "
    "job=NULL, answer=NULL, paths=NULL, error=NULL, "
    # What was sent without a price is kept, as a limit that comes later counts it.
    "replaced=CASE unpriced WHEN 0 THEN replaced ELSE "
    "json_insert(coalesce(replaced, '[]'), '$[#]', json_array(json(body), unpriced)) END, unpriced=0 "
    "WHERE row=?"
)
AT_ONCE = 500
"""How many rows are inserted at a time."""


@attrs.frozen
class Added:
    """How many rows of an input were added.

    Attributes:
        new: How many were added.
        same: How many had been added before.
        changed: How many had been added before with another content; they were kept or replaced, as `on_change` says.
    """

    new: int
    same: int
    changed: int


class _Adding:
    """The rows of one input as they go into the ledger. It remembers which were there before in a bit for each."""

    def __init__(self, connection: sqlite3.Connection, on_change: OnChange) -> None:
        self._connection, self._on_change = connection, on_change
        (last,) = connection.execute("SELECT coalesce(max(row), 0) FROM item").fetchone()
        self._first = self._next = last + 1
        self._seen = bytearray(last // 8 + 1)
        self._operations = dict(connection.execute("SELECT name, number FROM operation"))
        self._waiting: list[Planned] = []
        self._is_numbered = True
        self.new = self.same = self.changed = 0

    @property
    def total(self) -> int:
        return self.new + self.same + self.changed

    def add(self, row: Planned) -> None:
        self._is_numbered = self._is_numbered and row.id == str(self._next - self._first + len(self._waiting) + 1)
        self._waiting.append(row)
        if len(self._waiting) == AT_ONCE:
            self.insert()

    def insert(self) -> None:
        """Inserts the rows that wait."""
        rows, self._waiting = self._waiting, []
        insert = "INSERT INTO item(row, id, operation, digest, body) VALUES(?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING"
        values = (
            (number, row.id, self._operation(row.operation), row.digest, row.body)
            for number, row in enumerate(rows, self._next)
        )
        count = self._connection.executemany(insert, values).rowcount
        start, self._next = self._next, self._next + len(rows)
        if count == len(rows):
            self.new += count
            return
        for number, row in enumerate(rows, start):
            query = f"SELECT row, digest, state, {NEVER_SENT} FROM item WHERE id=?"  # noqa: S608 - ours
            found, digest, state, is_unsent = self._connection.execute(query, (row.id,)).fetchone()
            if found == number:
                self.new += 1
            else:
                self._is_there(row, found, state, is_same=digest == row.digest, is_unsent=is_unsent)

    def check_ids(self) -> None:
        """Refuses rows named by their numbers that are there already by ids that this input doesn't name.

        They would be billed twice, as the id was omitted.
        """
        if not self._is_numbered or not self.new or self._first == 1:
            return
        query = (
            "SELECT row, id, digest FROM item WHERE row<:first "
            "AND digest IN (SELECT digest FROM item WHERE row>=:first) ORDER BY row"
        )
        for number, known, digest in self._connection.execute(query, {"first": self._first}):
            if self._seen[number // 8] & (1 << number % 8):
                continue
            query = "SELECT id FROM item WHERE row>=? AND digest=? ORDER BY row LIMIT 1"
            (name,) = self._connection.execute(query, (self._first, digest)).fetchone()
            raise InvalidRequestError(
                f"id: row {name} of the input is there already, as {known!r}; give the same id as before (--id), or, "
                "to send it once more, another one"
            )

    def _operation(self, name: str) -> int:
        if name not in self._operations:
            insert = "INSERT INTO operation(name) VALUES(?) RETURNING number"
            ((self._operations[name],),) = self._connection.execute(insert, (name,)).fetchall()
        return int(self._operations[name])

    def _is_there(self, row: Planned, number: int, state: str, *, is_same: bool, is_unsent: bool) -> None:
        """Takes a row whose id is there already."""
        if number >= self._first or self._seen[number // 8] & (1 << number % 8):
            raise InvalidRequestError(
                f"{row.place}: the id {row.id!r} is that of an earlier row; ids have to differ: change it, or "
                "make ids of several columns, as in id=\"{sku}-{color}\" (--id '{sku}-{color}')"
            )
        self._seen[number // 8] |= 1 << number % 8
        if is_same:
            self.same += 1
            return
        if self._on_change == "error" and not is_unsent:
            raise InvalidRequestError(
                f"{row.place}: the row {row.id!r} was planned with another content, and is {state}; keep the one that "
                'was planned (on_change="keep", --on-change keep), replace it, which may cost again '
                '(on_change="replace", --on-change replace), or give it another id'
            )
        self.changed += 1
        if self._on_change != "keep":
            if state in ("sending", "job"):
                raise InvalidRequestError(
                    f"{row.place}: the row {row.id!r} is in flight, so it can't be replaced; run the batch to its end "
                    "first, or give it another id"
                )
            values = (self._operation(row.operation), row.digest, row.body, not is_unsent, number)
            self._connection.execute(REPLACE, values)


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
        adding, wrong, count = _Adding(connection, on_change), list[str](), 0
        for row in plan(rows, operation, template, id):
            if isinstance(row, InvalidRequestError):
                count += 1
                if count <= SHOWN:
                    wrong.append(" ".join(str(row).split()))
            elif not count:
                adding.add(row)
        if count == 1:
            raise InvalidRequestError(wrong[0])
        if wrong:
            more = [f"and {count - SHOWN:,} more"] if count > SHOWN else []
            raise InvalidRequestError("\n".join(["nothing was added:", *wrong, *more]))
        adding.insert()
        if not adding.total and isinstance(rows, str | os.PathLike):
            raise InvalidRequestError(f"rows: {os.fspath(rows)}: {EMPTY}")
        if id is None:
            adding.check_ids()
        return Added(adding.new, adding.same, adding.changed)
