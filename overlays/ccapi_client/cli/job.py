"""`ccapi job`: shows jobs of any kinds, or waits until they have finished."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import click
from ccapi_openapi.api import job_operations
from ccapi_openapi.model import Model
from ccapi_openapi.operations import JobContract, at

from .._files.save import is_folder
from .._files.source import parts_of
from .._jobs.schedule import JobOutcome
from ..client import CCAPI
from ..errors import CCAPIError, InvalidRequestError, JobCancelledError, JobFailedError, NotFoundError
from .app import command as make
from .bars import shows_progress
from .destination import Destination
from .failures import JOB_FAILED, document
from .options import WAIT_TIMEOUT
from .plain import plain_line
from .session import Session
from .values import FILE

EXAMPLES = """
ccapi job job-4d2e
ccapi job job-4d2e --wait -o lighthouse.png
ccapi image "a fox" "an owl" --no-wait | xargs ccapi job --wait -o animals/
"""

FINAL = (JobFailedError, JobCancelledError)
"""The errors of jobs that have no files, now or later."""


@attrs.define(eq=False)
class _Job:
    """A job that was named.

    Attributes:
        id: Its id.
        contract: What the contract says of its kind; of the first kind where the job was not found.
        state: The job, as far as it is known.
        error: Why it is not known, or why there is nothing to save.
        paths: Its files.
    """

    id: str
    contract: JobContract
    state: Model | None = None
    error: Exception | None = None
    paths: list[Path] = attrs.field(factory=list)

    @property
    def status(self) -> str:
        """Its status; empty where it is not known."""
        return "" if self.state is None else str(at(self.state, self.contract.status))

    @property
    def is_missing(self) -> bool:
        """Whether there is no such job; a file of a job that is known may be missing too."""
        return self.state is None and isinstance(self.error, NotFoundError)


def job(
    session: Session,
    ids: tuple[str, ...],
    wait: bool,
    output: str | None,
    wait_timeout: float | None,
    open_it: bool,
    preview: bool,
) -> None:
    """Shows jobs as they are now; with --wait, waits until all have finished, and saves the files of each.

    An id does not say what kind of job it is, so one kind after the other is looked up.
    """
    files = Destination(session, output, open_it=open_it, preview=preview, saves=wait or output is not None)
    files.check_count(len(set(ids)))
    jobs = [_looked_up(session.client, each) for each in dict.fromkeys(ids)]
    with files:
        if wait:
            _wait_for_all(session, jobs, files, wait_timeout)
        elif output:
            for each in jobs:
                _save(session.client, each, files, _number(each, jobs))
        _tell(session, jobs, files)


def _looked_up(client: CCAPI, id: str) -> _Job:
    """A job as it is now; with an error where there is none of any kind."""
    missing: NotFoundError | None = None
    for operation in job_operations():
        poll = operation.job.waited_for_by.replace("wait_for_", "get_", 1)
        try:
            return _Job(id, operation.job, getattr(client, poll)(id))
        except NotFoundError as error:
            missing = missing or error
    return _Job(id, job_operations()[0].job, error=missing)


def _wait_for_all(session: Session, jobs: Sequence[_Job], files: Destination, timeout: float | None) -> None:
    """Waits for jobs, and saves the files of each as soon as it completes."""
    by_id = {each.id if each.state is None else each.state[each.contract.id]: each for each in jobs}
    try:
        with closing(_outcomes(session, jobs, timeout)) as ends:
            for outcome in ends:
                each = by_id[outcome.job_id]
                each.error, each.state = outcome.error, outcome.result or each.state
                if outcome.result is not None:
                    _save(session.client, each, files, _number(each, jobs))
    finally:
        left = [each for each in jobs if not (each.paths or each.is_missing or isinstance(each.error, FINAL))]
        if left and is_folder(files.given):
            session.hint([each.id for each in left], files.given, "files")
        elif left:  # each keeps its number
            for each in left:
                session.hint([each.id], files.target(_number(each, jobs)), "files")


def _outcomes(session: Session, jobs: Sequence[_Job], timeout: float | None) -> Generator[JobOutcome]:
    """How the waits for jobs end; those that are not found may be too new, and are waited for as the first kind."""
    options: Any = {"timeout": timeout, "progress": shows_progress(session)}
    yield from session.client.wait_for_jobs([each.state for each in jobs if each.state is not None], **options)
    missing = [each.id for each in jobs if each.state is None]
    if missing:
        yield from getattr(session.client, f"{job_operations()[0].job.waited_for_by}s")(missing, **options)


def _number(one: _Job, jobs: Sequence[_Job]) -> int | None:
    """The number of a job among several."""
    return jobs.index(one) if len(jobs) > 1 else None


def _save(client: CCAPI, one: _Job, files: Destination, number: int | None) -> None:
    """Saves the files of a job, or keeps why there are none."""
    if one.state is None:
        return
    source: Any = one.state
    end = one.contract.end(one.state)
    if end is None:
        status = plain_line(one.status)  # of the service, so that it must not look like a message of ours
        one.error = InvalidRequestError(f"-o: {one.id} has no files yet, its status is {status}: add --wait")
    if end != "completed":
        return
    try:
        if files.is_stdout:
            files.check_count(len(parts_of(source)))
        saved = client.save(source, files.place(source, number))
    except (CCAPIError, OSError) as error:
        one.error = error
    else:
        one.paths = saved if isinstance(saved, list) else [saved]


def _tell(session: Session, jobs: Sequence[_Job], files: Destination) -> None:
    kinds = ", ".join(each.job.kind for each in job_operations())
    for each in jobs:
        if each.is_missing:  # its own message names the first kind alone
            assert each.error is not None  # noqa: S101 - it is missing by its error
            each.error.args = (f"404 Not Found: there is no job {each.id!r} of any kind ({kinds})",)
    failures = [each.error for each in jobs if each.error is not None]
    if session.as_json and (len(jobs) > 1 or not failures):
        documents = [_document(each) for each in jobs]
        session.result(documents if len(jobs) > 1 else documents[0])
    for each in jobs:
        for path in each.paths:
            files.give(path)
        if not (each.paths or each.error or session.as_json or each.state is None):
            _show(session, each.contract, each.state, with_advice=len(jobs) == 1)
    for error in failures[1:]:
        session.tell_error(error)
    for error in failures:
        raise error
    if any(each.state is not None and each.contract.end(each.state) not in (None, "completed") for each in jobs):
        raise click.exceptions.Exit(JOB_FAILED)


def _document(one: _Job) -> dict[str, Any]:
    if one.error is not None:
        return {"id": one.id, "error": document(one.error), "paths": []}
    assert one.state is not None  # noqa: S101 - it was found
    return {**one.state.to_dict(), "paths": list(map(str, one.paths))}


def _show(session: Session, contract: JobContract, found: Model, *, with_advice: bool) -> None:
    # Where the error does not match the contract, it is shown as the service sent it.
    error = at(found, contract.error)
    reason = getattr(error, "message", error)
    reason = f": {reason}" if reason else ""
    session.show(plain_line(f"{found[contract.id]}: {at(found, contract.status)}{reason}"))
    if not with_advice:
        return
    left, progress = at(found, contract.estimate), at(found, contract.progress)
    if contract.end(found) is not None:
        if at(found, contract.result):
            session.tell("-o PATH saves its files")
    elif isinstance(left, int | float):
        session.tell(f"about {left:g} s left; --wait waits for it")
    elif isinstance(progress, int | float):
        session.tell(f"{progress:g} % are done; --wait waits for it")


command = make(
    job,
    examples=EXAMPLES,
    params=[
        click.Argument(["ids"], metavar="ID...", nargs=-1, required=True),
        click.Option(["--wait"], is_flag=True, help="Wait until they have finished, and save their files."),
        click.Option(
            ["-o", "--output"],
            type=FILE,
            metavar="PATH",
            help="Save their files to this file or folder; - writes one file to standard output.",
        ),
        WAIT_TIMEOUT,
        click.Option(["--open", "open_it"], is_flag=True, help="Show them in the program that opens such files."),
        click.Option(["--preview"], is_flag=True, help="Show them in the terminal; of a video, its first frame."),
    ],
)
