"""The errors of batches."""

from __future__ import annotations

from ..errors import CCAPIError


class BatchError(CCAPIError):
    """A batch can't be used, or its run stopped; the message says what to do. What was sent is in the ledger."""


class BatchInUseError(BatchError):
    """Another process, or another `Batch`, has the ledger open."""


class LedgerError(BatchError):
    """The ledger can't be read or written, for instance because the disk is full; the message says why."""


class BatchStoppedError(BatchError):
    """The run stopped before its end. The same call again goes on from there, and repeats nothing.

    Attributes:
        code: Why, in one word: `authentication`, `billing`, `max_cost`, `max_failures`, `unreachable`, `output`,
            `ledger`.
        left: How many rows are neither finished nor failed.
    """

    def __init__(self, message: str, *, code: str, left: int) -> None:
        super().__init__(message)
        self.code = code
        self.left = left
