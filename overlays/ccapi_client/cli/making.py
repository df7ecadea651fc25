"""Makes files from prompts: each prompt is a job, all run at once, and its files are saved when it completes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click
from ccapi_openapi.model import Model
from ccapi_openapi.operations import JobContract, at
from rich.progress import TaskID

from .._files.save import is_folder
from .._files.source import parts_of
from .._jobs.kinds import operation_of
from ..async_client import AsyncCCAPI
from ..errors import InvalidRequestError
from .bars import Bars
from .destination import Destination
from .options import WAIT_TIMEOUT
from .session import Session

LAST_WAIT = 10.0
"""After an interrupt, how long to wait for the response to a request that was sent, or for its files, in seconds."""
T = TypeVar("T")

OPTIONS: list[click.Parameter] = [
    click.Option(["--no-wait"], is_flag=True, help="Print the ids of the jobs at once, and do not wait for files."),
    WAIT_TIMEOUT,
]


@attrs.frozen
class Made:
    """What became of a prompt.

    Attributes:
        id: The id of its job.
        model: The model; None where the service doesn't say.
        paths: Its files; none where the job still runs.
        number: Which of several prompts it is; None where it is the only one.
    """

    id: str
    model: str | None
    paths: list[Path]
    number: int | None


@attrs.frozen
class Maker:
    """Makes the files of prompts.

    Attributes:
        session: The run of the command.
        client: What sends the requests.
        bars: Shows the jobs.
        output: Where the files go.
        what: What they are, for messages.
        no_wait: Whether jobs are only started.
        timeout: How long to wait for a job, in seconds; None for the usual time.
        made: What was made so far.
    """

    session: Session
    client: AsyncCCAPI
    bars: Bars
    output: Destination
    what: str
    no_wait: bool
    timeout: float | None
    made: list[Made] = attrs.field(factory=list, init=False)

    async def make(
        self, prompt: str, request: Callable[[], Coroutine[Any, Any, Model]], name: str, number: int | None = None
    ) -> Made:
        """Sends a request, waits for its job, and saves the files.

        Args:
            prompt: The prompt.
            request: Sends the request once it is awaited; a coroutine that an early Ctrl-C drops would be warned of.
            name: What its files are called in a folder, without extension; empty for the id of the job.
            number: Which of several prompts it is.
        """
        await asyncio.sleep(0)  # where an early Ctrl-C ends it, before anything is sent
        bar = self.bars.start(prompt)
        submitted = asyncio.ensure_future(request())
        started, is_interrupted = await _whole(submitted, self.session.may_be_billed)
        operation = operation_of(started)
        contract = operation.job
        job_id = str(next(at(started, place) for model, place in contract.ids if isinstance(started, model)))
        target = self.output.target(number)
        paths: list[Path] = []
        if isinstance(started, operation.response) and contract.end(started) is not None:
            saved = asyncio.ensure_future(self._saved(started, contract, bar, name, number))
            paths, is_late = await _whole(saved, lambda: self.session.hint([job_id], target, self.what))
            is_interrupted = is_interrupted or is_late
        else:
            with self.session.resumable(job_id, target, self.what):
                if is_interrupted:
                    raise asyncio.CancelledError
                if not self.no_wait:
                    paths = await self._saved(started, contract, bar, name, number)
        self.bars.done(bar)
        made = Made(job_id, at(started, ("model",)), paths, number)
        self.made.append(made)
        if is_interrupted:
            raise asyncio.CancelledError
        return made

    async def _saved(
        self, started: Model, contract: JobContract, bar: TaskID, name: str, number: int | None
    ) -> list[Path]:
        """Waits for a job, and saves its files."""
        job = await getattr(self.client, contract.waited_for_by)(
            started, timeout=self.timeout, on_update=lambda update: self.bars.update(bar, update)
        )
        place = self.output.place(job, number)
        parts_of(job)  # of a dict, it could not say that the response is billed
        named = {**job.to_dict(), contract.id: name} if name and is_folder(place) else job
        saved = await self.client.save(named, place)
        return saved if isinstance(saved, list) else [saved]

    @contextmanager
    def telling_if_interrupted(self) -> Iterator[None]:
        """If the block is interrupted, tells what was made in it, because it is billed."""
        try:
            yield
        except BaseException:
            for made in self.made:
                if not self.session.as_json:
                    self.tell(made)
                elif made.paths:
                    self.session.add_hint(f"saved: {', '.join(map(str, made.paths))}")
                else:
                    self.session.hint([made.id], self.output.target(made.number), self.what)
            raise

    def tell(self, made: Made) -> None:
        """Prints the paths of the files, or the id of the job."""
        if not made.paths and not self.session.as_json:
            self.session.show(made.id)
        for path in made.paths:
            with self.session.resumable(made.id, self.output.target(made.number), self.what):
                self.output.give(path)


async def _whole(work: asyncio.Future[T], tell: Callable[[], None]) -> tuple[T, bool]:
    """The result of what is billed, and whether it was interrupted: it goes on for a while then.

    Args:
        work: What it is.
        tell: Tells what to know where it takes longer than that.
    """
    try:
        return await asyncio.shield(work), False
    except asyncio.CancelledError:
        try:
            return await asyncio.wait_for(work, LAST_WAIT), True
        except TimeoutError:
            tell()
            raise asyncio.CancelledError from None


def check_no_wait(session: Session, ignored: Mapping[str, bool]) -> None:
    """Checks what `--no-wait` goes with, before anything is billed.

    Args:
        session: The run of the command.
        ignored: The options that would do nothing, and whether each was given.

    Raises:
        InvalidRequestError: It makes no sense here.
    """
    if session.connection.use_sandbox:
        raise InvalidRequestError("--no-wait: the sandbox of --sandbox ends with this command, and its jobs with it")
    for option, is_given in ignored.items():
        if is_given:
            raise InvalidRequestError(f"{option}: --no-wait waits for no file; leave one of them out")


def set_size(fields: dict[str, Any], size: str | None) -> None:
    """Sets the width and the height, in pixels, by the text of `--size`, unless that is None.

    Raises:
        InvalidRequestError: The text is something else, or another option sets the same.
    """
    if size is None:
        return
    for other in ("width", "height", "aspect_ratio"):
        if fields.get(other) is not None:
            raise InvalidRequestError(f"--size: it sets the same as --{other.replace('_', '-')}; use one of them")
    found = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", size)
    if not found:
        raise InvalidRequestError(f"--size: width and height are expected, as in 1024x1024, not {size!r}")
    fields["width"], fields["height"] = int(found[1]), int(found[2])
