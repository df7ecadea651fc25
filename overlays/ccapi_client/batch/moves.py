"""How a row gets from one state to the next: the statements, each guarded by the states that it may start from.

They are called within a transaction of the ledger.
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3

import attrs

from .desk import Outcome, Problem, Report, State

FROM: dict[Outcome, tuple[State, ...]] = {
    "job": ("sending", "unknown"),
    "done": ("sending", "job", "unknown"),
    "saved": ("sending", "job", "done", "unknown"),
    "refused": ("sending",),
    "unknown": ("sending",),
    "failed": ("planned", "sending", "job"),
    "lost": ("job", "done"),
}
"""The states from which a report may move a row. A late report of a job or a response still ends what is unknown."""
BY_ANYONE: tuple[Outcome, ...] = ("job", "done", "saved")
"""What a runner may report whose claim is stale: nobody else can have it."""


def key_of(batch: str, row: int, attempt: int) -> str:
    """The `Idempotency-Key` of an attempt: the same whenever it is made."""
    return f"batch-{hashlib.sha256(f'{batch}:{row}:{attempt}'.encode()).hexdigest()[:40]}"


def start(
    connection: sqlite3.Connection, row: int, *, now: float, oldest: float, cost: float | None
) -> tuple[State, int]:
    """Notes that a row is about to be sent, and gives the state that it had, and its attempt.

    Only one that was `planned`, or is retried from `sending`, may be sent. One that was sent before `oldest` becomes
    unknown: its key may be forgotten. `cost` is None where no price is known.
    """
    state, attempt, sent = connection.execute("SELECT state, attempt, sent FROM item WHERE row=?", (row,)).fetchone()
    if state == "planned":
        connection.execute(
            "UPDATE item SET state='sending', sent=:now, cost=cost+:cost, reserved=:cost, "
            "unpriced=unpriced+:unpriced, error=NULL WHERE row=:row",
            {"now": now, "cost": cost or 0.0, "unpriced": cost is None, "row": row},
        )
    elif state == "sending" and sent < oldest:
        settle(connection, row, "unknown", KEY_IS_OLD)
        state = "unknown"
    return state, attempt


def apply(connection: sqlite3.Connection, report: Report, cost: float, *, is_priced: bool) -> bool:
    """Moves a row as a report says; False where it is not there to be moved.

    Args:
        connection: The ledger's.
        report: What became of the row.
        cost: By how much what it costs has to be changed.
        is_priced: Whether an attempt without a price is in it now, or cost nothing.
    """
    if report.outcome not in FROM:
        return True
    marks = ", ".join("?" * len(FROM[report.outcome]))
    changes: dict[str, object] = {
        "state": "planned" if report.outcome == "refused" else report.outcome,
        "error": None if report.problem is None else json.dumps(attrs.asdict(report.problem)),
    }
    if report.job is not None:
        changes["job"] = report.job
    if report.answer is not None:
        changes["answer"] = report.answer
    if report.paths:
        changes["paths"] = json.dumps(report.paths)
    sets = ", ".join(f"{name}=?" for name in changes)
    where = f"row=? AND attempt=? AND state IN ({marks})"
    costs = "cost=max(0, cost+?), reserved=max(0, reserved+?), unpriced=max(0, unpriced-?)"
    query = f"UPDATE item SET {sets}, {costs} WHERE {where}"  # noqa: S608 - names of ours
    values = (*changes.values(), cost, cost, is_priced, report.row, report.attempt, *FROM[report.outcome])
    done = connection.execute(query, values)
    return done.rowcount == 1


UNKNOWN_AFTER_A_CRASH = Problem("no_response", "the process ended before the response came")
KEY_IS_OLD = Problem("key_expired", "no response came, and the service may have forgotten the key by now")


def recover(connection: sqlite3.Connection, *, oldest: float, rows: tuple[int, int]) -> list[int]:
    """Decides about rows that were sent, and nobody waits for the response; returns those that become unknown.

    Args:
        connection: The ledger's.
        oldest: When the oldest key was sent that the service still knows, in Unix seconds; infinite where no request is
            retried.
        rows: The first and the last row.
    """
    within, is_sent_again = "row BETWEEN ? AND ?", oldest < math.inf
    if is_sent_again:
        # What a service that honors keys can still tell is asked of it, also where an earlier run left it.
        again = "state='unknown' AND sent>=? AND json_extract(error, '$.code')!='executed'"
        connection.execute(f"UPDATE item SET state='sending' WHERE {again} AND {within}", (oldest, *rows))  # noqa: S608
    problem = KEY_IS_OLD if is_sent_again else UNKNOWN_AFTER_A_CRASH
    change = f"UPDATE item SET state='unknown', error=? WHERE state='sending' AND sent<? AND {within}"  # noqa: S608
    found = connection.execute(f"{change} RETURNING row", (json.dumps(attrs.asdict(problem)), oldest, *rows))
    return sorted(row for (row,) in found)


def settle(connection: sqlite3.Connection, row: int, state: State, problem: Problem | None) -> None:
    """Puts a row into a state."""
    error = None if problem is None else json.dumps(attrs.asdict(problem))
    connection.execute("UPDATE item SET state=?, error=? WHERE row=?", (state, error, row))
