"""What a person decides about rows: to send them again, to drop them, or which job is theirs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

import attrs

from .._unicode import is_unicode
from ..errors import InvalidRequestError
from .desk import Problem, State
from .ledger import Ledger
from .operations import operations

DROPPED = Problem("dropped", "a person has dropped it")
IS_DROPPED = "coalesce(json_extract(error, '$.code'), '')='dropped'"
SANDBOX = "a sandbox at "
"""What precedes the address of a sandbox, in the ledger of a batch that runs there."""
NEW_ATTEMPT = (
    "UPDATE item SET state='planned', attempt=attempt+1, sent=NULL, job=NULL, answer=NULL, paths=NULL, error=NULL "
    "WHERE "
)


def retry(ledger: Ledger, ids: Iterable[str] | None) -> int:
    """Plans anew what failed or was lost: all of it but what was dropped, or the rows with these ids."""
    with ledger.transaction() as connection:
        if ids is None:
            return connection.execute(f"{NEW_ATTEMPT} state IN ('failed', 'lost') AND NOT ({IS_DROPPED})").rowcount
        states: tuple[State, ...] = ("failed", "lost")
        why = "only failed and lost rows are retried; for rows whose outcome is unknown, use resolve"
        return _for_each(connection, NEW_ATTEMPT, (), _chosen(connection, ids, states, why))


def resolve(ledger: Ledger, ids: Iterable[str] | None, decision: str) -> int:
    """Decides about rows whose outcome is unknown; returns how many they are."""
    with ledger.transaction() as connection:
        is_job = decision not in ("resend", "drop")
        # The id of a job corrects an earlier one, which was mistyped, and a row that was dropped.
        states: tuple[State, ...] = ("unknown",)
        if ids is not None:  # a job that never ends, or can't be polled, is a person's to end
            states = ("unknown", "lost", "failed", "job") if is_job else ("unknown", "job")
        why = "only rows whose outcome is unknown are resolved, and by its id one whose job never ends"
        rows = _chosen(connection, ids, states, why)
        if decision == "resend":
            return _for_each(connection, NEW_ATTEMPT, (), rows)
        if decision == "drop":
            error = json.dumps(attrs.asdict(DROPPED))
            return _for_each(connection, "UPDATE item SET state='failed', error=? WHERE ", (error,), rows)
        if not decision or not is_unicode(decision) or len(rows) != 1:
            raise InvalidRequestError(
                'decision: "resend", "drop", or, for a single row, the id of its job is expected, not '
                f"{decision!r} for {len(rows)} rows"
            )
        query = "SELECT name FROM item JOIN operation ON number=operation WHERE row=?"
        (operation,) = connection.execute(query, rows).fetchone()
        if operations()[operation].polled_by is None:
            raise InvalidRequestError(f'decision: {operation} has no jobs: "resend" or "drop" is expected')
        taken = connection.execute("SELECT id FROM item WHERE job=? AND row!=?", (decision, *rows)).fetchone()
        if taken:
            raise InvalidRequestError(f"decision: {decision!r} is the job of the row {taken[0]!r}; a job has one row")
        change = "UPDATE item SET state='job', job=?, answer=NULL, error=NULL WHERE "
        return _for_each(connection, change, (decision,), rows)


def use_sandbox(ledger: Ledger, url: str) -> None:
    """Has a batch that ran in a sandbox go on in another one, as each ends with its command: its jobs are planned anew.

    A ledger whose requests went elsewhere stays as it is.
    """
    with ledger.transaction() as connection:
        (known,) = connection.execute("SELECT base_url FROM batch").fetchone()
        if known is None or known.startswith(SANDBOX) or not was_sent(connection):
            moved = "state IN ('job', 'done')"
            connection.execute(f"UPDATE item SET cost=0, unpriced=0, replaced=NULL WHERE {moved}")  # noqa: S608 - ours
            connection.execute(f"{NEW_ATTEMPT} {moved}")
            connection.execute("UPDATE batch SET base_url=?", (f"{SANDBOX}{url}",))


def dropped(ledger: Ledger) -> int:
    """How many failed rows a person has dropped."""
    query = f"SELECT count(*) FROM item WHERE state='failed' AND {IS_DROPPED}"  # noqa: S608 - ours
    return int(ledger.read(query)[0][0])


def was_sent(connection: sqlite3.Connection) -> bool:
    """Whether a request was sent: only then a ledger belongs to an address."""
    query = "SELECT 1 FROM item WHERE sent IS NOT NULL OR job IS NOT NULL OR attempt>0 LIMIT 1"
    return connection.execute(query).fetchone() is not None


def _for_each(connection: sqlite3.Connection, change: str, values: tuple[Any, ...], rows: list[int]) -> int:
    connection.executemany(f"{change} row=?", ((*values, row) for row in rows))
    return len(rows)


def _chosen(
    connection: sqlite3.Connection, ids: Iterable[str] | None, states: tuple[State, ...], why: str
) -> list[int]:
    marks = ", ".join("?" * len(states))
    if ids is None:
        found = connection.execute(f"SELECT row FROM item WHERE state IN ({marks})", states)  # noqa: S608
        return [row for (row,) in found]
    rows = list[int]()
    for name in [ids] if isinstance(ids, str) else dict.fromkeys(ids):
        known = (str(name),) if is_unicode(str(name)) else (None,)  # SQLite takes no halves of surrogate pairs
        match = connection.execute("SELECT row, state FROM item WHERE id=?", known).fetchone()
        if match is None:
            raise InvalidRequestError(f"ids: there is no row {name!r}")
        if match[1] not in states:
            raise InvalidRequestError(f"ids: the row {name!r} is {match[1]}: {why}")
        rows.append(match[0])
    return rows
