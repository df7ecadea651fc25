"""Old entries of the ledger, on disk: a file without a name, which the operating system deletes with the program."""

from __future__ import annotations

import sqlite3
import weakref
from contextlib import suppress

MOST_BYTES = 1024 * 1024 * 1024
"""The most that the entries take on disk, in bytes."""
PAGE = 1000
"""How many entries are read at once."""


class Archive:
    """Texts by their numbers, lowest first. It is not safe for threads: whoever calls it has a lock."""

    def __init__(self) -> None:
        # "" is a temporary database.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = MEMORY")  # nobody opens it after a crash
        weakref.finalize(self, self._db.close)
        self._db.execute("CREATE TABLE entries (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        self._count = self._bytes = 0
        self._last = -1

    def __len__(self) -> int:
        return self._count

    def put(self, number: int, text: str) -> None:
        """Keeps a text, in place of the one with the same number. If the disk is full, it is not kept."""
        query = "SELECT length(text) FROM entries WHERE number = ?"
        before = self._db.execute(query, (number,)).fetchone() if number <= self._last else None
        with suppress(sqlite3.OperationalError):
            self._db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (number, text))
            self._last = max(self._last, number)
            self._count += before is None
            self._bytes += len(text) - (before[0] if before else 0)

    def has(self, number: int) -> bool:
        """Whether there is a text with this number."""
        return self._db.execute("SELECT 1 FROM entries WHERE number = ?", (number,)).fetchone() is not None

    def page(self, after: int) -> list[tuple[int, str]]:
        """The next texts after a number, lowest number first; empty if there are none."""
        query = "SELECT number, text FROM entries WHERE number > ? ORDER BY number LIMIT ?"
        return self._db.execute(query, (after, PAGE)).fetchall()

    def shrink(self, most: int) -> None:
        """Drops the texts with the lowest numbers until there are at most `most`, of at most `MOST_BYTES`."""
        while self._count > most or self._bytes > MOST_BYTES:
            query = "SELECT number, length(text) FROM entries ORDER BY number LIMIT 1"
            ((number, length),) = self._db.execute(query).fetchall()
            self._db.execute("DELETE FROM entries WHERE number = ?", (number,))
            self._count -= 1
            self._bytes -= length
