"""The errors of batches."""

from __future__ import annotations

from ..errors import CCAPIError


class BatchError(CCAPIError):
    """A batch can't be used, or its run stopped; the message says what to do. The ledger has what was sent."""


class BatchInUseError(BatchError):
    """Another process, or another `Batch`, has the ledger open."""


class LedgerError(BatchError):
    """The ledger can't be read or written, for instance because the disk is full; the message says why."""


class BatchStoppedError(BatchError):
    """The run stopped before its end. To continue, make the same call again; it repeats nothing.

    Attributes:
        code: The reason in one word: `authentication`, `billing`, `max_cost`, `max_failures`, `unreachable`, `output`,
            `ledger`.
        left: How many rows are neither saved nor failed.
    """

    def __init__(self, message: str, *, code: str, left: int) -> None:
        super().__init__(message)
        self.code = code
        self.left = left
