"""What the commands of batches share: where the ledger is, what errors exit with, and how numbers are said."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..batch import BatchError, BatchStoppedError
from .session import BILLING, JOB_FAILED, UNAUTHENTICATED, Session

LEDGER = "batch.ccapi"
CODES = {
    "authentication": UNAUTHENTICATED,
    "billing": BILLING,
    "max_cost": BILLING,
    "max_failures": JOB_FAILED,
    "ledger": 2,
}


def ledger_in(place: str) -> Path:
    """The ledger of a folder; or the ledger itself."""
    path = Path(place)
    return path if path.suffix == ".ccapi" and not path.is_dir() else path / LEDGER


def batch_error_codes(run: Callable[..., Any]) -> Callable[..., Any]:
    """A command whose errors of batches set their own exit codes."""

    @functools.wraps(run)
    def wrapped(session: Session, **values: Any) -> None:
        try:
            run(session, **values)
        except BatchStoppedError as error:
            session.tell_error(error)
            raise click.exceptions.Exit(CODES.get(error.code, 1)) from error
        except BatchError as error:
            session.tell_error(error)
            raise click.exceptions.Exit(2) from error

    return wrapped


def shown(path: Path) -> Path:
    """A path as people write it: from the current folder, where it is in there."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def number_of(count: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
