"""The ledger of a batch: one SQLite file, what is committed to it is on the disk, one process writes it.

- WAL and `synchronous=FULL`: a commit survives `kill -9` and a loss of power; readers never wait.
- Its owner holds an exclusive lock on a second, empty SQLite file. The system frees it with the process, however that
  ends, and a copy of the ledger that somebody reads meanwhile is not locked.
- A spare file keeps room for what is known of requests in flight when the disk fills up.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from .. import _checks
from .errors import BatchInUseError, LedgerError

T = TypeVar("T")

FORMAT = 1
"""The version of the file's layout. A later one is refused, an earlier one will be changed when it is opened."""
APPLICATION = 0x63636170
"""How SQLite tells whose file it is: `ccap`."""
SPARE = 2 * 1024 * 1024
"""How much room is kept for what has to be committed on a full disk, in bytes: a page for each of 500 rows."""

SCHEMA = """
CREATE TABLE batch(id TEXT NOT NULL, created REAL NOT NULL, base_url TEXT, max_cost REAL, prices TEXT);
CREATE TABLE operation(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE item(
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  operation INTEGER NOT NULL REFERENCES operation,
  digest BLOB NOT NULL,                   -- of operation and body: whether an input has changed
  body TEXT NOT NULL,                     -- what is sent, as JSON; files by their paths
  state TEXT NOT NULL DEFAULT 'planned',
  attempt INTEGER NOT NULL DEFAULT 0,     -- how many attempts have surely ended; the key follows from it
  sent REAL,                              -- when this attempt was sent first, in Unix seconds
  job TEXT,                               -- the id of its job
  answer TEXT,                            -- the response, as JSON; of a saved row without the files themselves
  paths TEXT,                             -- the files, as a JSON list
  cost REAL NOT NULL DEFAULT 0,           -- what all attempts cost at most, in the prices' currency
  reserved REAL NOT NULL DEFAULT 0,       -- how much of it is what the current attempt was counted with
  unpriced INTEGER NOT NULL DEFAULT 0,    -- how many attempts are not in `cost`, as no price was known
  replaced TEXT,                          -- attempts with an earlier body, likewise: [[body, how many], …], as JSON
  error TEXT                              -- why it is not saved, as JSON
);
CREATE INDEX item_state ON item(state, row);
"""
ADDED = (
    ("batch", "max_cost", "REAL"),
    ("batch", "prices", "TEXT"),
    ("item", "unpriced", "INTEGER NOT NULL DEFAULT 0"),
    ("item", "reserved", "REAL NOT NULL DEFAULT 0"),
    ("item", "replaced", "TEXT"),
)
"""The columns that ledgers of earlier versions lack."""
FILLED = {
    # Others failed before they were executed.
    "unpriced": "cost=0 AND sent IS NOT NULL AND state!='planned' AND (state!='failed' OR job IS NOT NULL)",
    "reserved": "CASE attempt WHEN 0 THEN cost ELSE 0 END",
}
"""What rows of an earlier version have in them."""


class Ledger:
    """An open ledger. All its methods may be called from any thread.

    Args:
        path: The file; made where it is not there.
        read_only: Whether it is only read. Then somebody else may own it.

    Raises:
        BatchInUseError: Somebody else owns it.
        LedgerError: It can't be used.
    """

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        self.path, self.read_only = _checks.path("path", path).absolute(), read_only
        self._lock = threading.RLock()
        self._owner: sqlite3.Connection | None = None
        self._spare, self._owner_path = (self.path.with_name(f"{self.path.name}-{end}") for end in ("spare", "owner"))
        if read_only and not os.path.isfile(self.path):  # of a name that is too long, pathlib raises an error
            raise LedgerError(f"{path}: there is no such ledger; `ccapi batch run`, or Batch.add, makes one")
        try:
            if not read_only:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._own()
            self._connection = _connect(self.path)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except BaseException as error:
            self._disown()
            if isinstance(error, sqlite3.Error | OSError):
                raise own_error(self.path, error) from error
            raise

    def _own(self) -> None:
        owner = sqlite3.connect(self._owner_path, timeout=0, check_same_thread=False)
        self._owner = owner
        owner.isolation_level = None
        try:
            owner.execute("PRAGMA journal_mode=OFF")  # nothing is ever written to it
            owner.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise BatchInUseError(
                f"{self.path}: another process, or another Batch in this one, has it open; wait until that ends, or "
                "stop it. To look at it meanwhile: `ccapi batch status`, or Batch.open(…, read_only=True)"
            ) from None

    def _disown(self) -> None:
        if self._owner is not None:
            self._owner.close()
            self._owner = None  # what is beside the ledger may be another owner's from here on

    def _prepare(self) -> None:
        application, version = (self._value(f"PRAGMA {name}") for name in ("application_id", "user_version"))
        if (application, version) == (0, 0) and not self._value("SELECT count(*) FROM sqlite_master"):
            if self.read_only:
                raise LedgerError(f"{self.path}: it is empty")
            self._make()
        elif application != APPLICATION:
            raise LedgerError(f"{self.path}: it is a file of another program, not the ledger of a batch")
        elif version > FORMAT:
            raise LedgerError(
                f"{self.path}: a newer version of ccapi-client wrote it (format {version}, this one knows {FORMAT}); "
                "install a newer one here"
            )
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA cache_size=-16000")
        if self.read_only:
            self._connection.execute("PRAGMA query_only=ON")
        else:
            self._add_columns()
            self._keep_spare()

    def _add_columns(self) -> None:
        lacking = [
            (table, name, kind)
            for table, name, kind in ADDED
            if not self.read("SELECT 1 FROM pragma_table_info(?) WHERE name=?", table, name)
        ]
        if lacking:
            with self.transaction() as connection:
                for table, name, kind in lacking:
                    connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
                    if name in FILLED:
                        connection.execute(f"UPDATE item SET {name}={FILLED[name]}")  # noqa: S608 - ours

    def _make(self) -> None:
        self._connection.execute("PRAGMA journal_mode=WAL")
        with self.transaction() as connection:
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute("INSERT INTO batch VALUES(?, ?, NULL, NULL, NULL)", (uuid.uuid4().hex, time.time()))
            connection.execute(f"PRAGMA application_id={APPLICATION}")
            connection.execute(f"PRAGMA user_version={FORMAT}")

    def _keep_spare(self) -> None:
        with suppress(OSError):  # as full as the disk is, the next commit tells
            if not self._spare.exists() or self._spare.stat().st_size < SPARE:
                self._spare.write_bytes(bytes(SPARE))

    @cached_property
    def id(self) -> str:
        """The id of the batch: the keys of its requests follow from it."""
        return str(self._value("SELECT id FROM batch"))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Changes that are made together or, after an exception, not at all; on the disk at the end of the block.

        Raises:
            LedgerError: They can't be made.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise own_error(self.path, error) from error

    def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What a function gives that makes changes; where the disk is full, again with the room that was kept."""
        try:
            with self.transaction() as connection:
                return work(connection)
        except LedgerError as error:
            if not (_is_full(error.__cause__) and self._spare.exists()):
                raise
            self._spare.unlink()
            with self.transaction() as connection:
                return work(connection)

    @property
    def is_short_of_room(self) -> bool:
        """Whether the disk was full, so that the room that was kept is in use."""
        return not self._spare.exists()

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            LedgerError: It can't be read.
        """
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise own_error(self.path, error) from error

    def _value(self, query: str) -> Any:
        return self._connection.execute(query).fetchone()[0]

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Lets another process own it during the block; here it can only be read meanwhile.

        Raises:
            BatchInUseError: At the end of the block another process still has it.
        """
        self._connection.execute("PRAGMA query_only=ON")
        self._disown()
        try:
            yield
        except BaseException:
            with suppress(BatchInUseError):  # what went wrong is more to the point
                self._own_again()
            raise
        self._own_again()

    def _own_again(self) -> None:
        self._own()
        self._connection.execute("PRAGMA query_only=OFF")
        self._keep_spare()

    def close(self) -> None:
        """Closes it, and frees it for others."""
        with self._lock:
            self._connection.close()
            if self._owner is not None:
                with suppress(OSError):
                    self._spare.unlink(missing_ok=True)
            self._disown()

    def discard(self) -> None:
        """Removes it, while nobody else can own it; SQLite removes its own files as they are closed."""
        with self._lock:
            self._connection.close()
            for each in (self.path, self._spare, self._owner_path):
                with suppress(OSError):
                    each.unlink(missing_ok=True)
            self._disown()


def own_error(path: Path, error: sqlite3.Error | OSError) -> LedgerError:
    """The public error for one of SQLite or of the system."""
    if _is_full(error):
        what = "the disk is full; nothing is lost: free some room, and run the same again"
    elif getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        what = "it is not an SQLite file, or it is damaged; use another file"
    elif isinstance(error, sqlite3.ProgrammingError):
        what = "the batch is closed: open it again"
    else:
        what = f"it can't be used: {getattr(error, 'strerror', None) or error}"
    return LedgerError(f"{path}: {what}")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, check_same_thread=False)
    connection.isolation_level = None  # transactions begin and end where `transaction` says
    return connection


def _is_full(error: object) -> bool:
    if isinstance(error, OSError):
        return error.errno in (28, 122)  # ENOSPC, EDQUOT
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
