"""Thousands of requests that survive a crash: each is executed once, and what is finished stays finished."""

from .adding import Added
from .batch import Batch
from .desk import Problem
from .errors import BatchError, BatchInUseError, BatchStoppedError, LedgerError
from .estimating import Estimate
from .export import Exported
from .items import Counts, Item
from .progress import Progress
from .run import BlockingRun, Run

__all__ = [
    "Batch",
    "Added",
    "Estimate",
    "Exported",
    "Item",
    "Counts",
    "Problem",
    "Run",
    "BlockingRun",
    "Progress",
    "BatchError",
    "BatchInUseError",
    "BatchStoppedError",
    "LedgerError",
]
