"""One row: its request is sent, its job waited for, its files saved; each step is reported to the desk."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from ccapi_openapi.model import Model
from ccapi_openapi.operations import CallOptions, JobContract, at

from .._http.operation import execute
from .._http.retry import POLL
from .._http.wire import Request
from .._jobs.one import poll, start
from .._jobs.waiting import Waiting
from .._lazily import anyio
from ..errors import (
    APIStatusError,
    AuthenticationError,
    BillingError,
    CCAPIError,
    InvalidRequestError,
    JobTimeoutError,
    MalformedResponseError,
    NotFoundError,
)
from .desk import Claim, Outcome, Permit, Problem, Report, Work
from .files import with_files
from .operations import operations
from .saving import has_files, save, without_bytes
from .verdicts import Situation, Verdict, of_error, problem_of
from .watched import Watched

if TYPE_CHECKING:
    from .runner import Runner

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""The wait before a retry with the same key, at first and at most, in seconds."""
GONE = (403, 404, 410)
"""The statuses of a file that can't be had any more."""


class Row:
    """A row that is worked on."""

    def __init__(self, runner: Runner, claim: Claim, work: Work) -> None:
        self.runner, self.claim, self.given = runner, claim, work
        self.desk, self.attempt = runner.desk, work.attempt
        self.operation = operations()[work.operation]
        self.job, self.result = work.job, None if work.answer is None else self._read(work.answer)
        self.sends = 0
        self.may_be_executed = work.state == "sending"

    def _read(self, answer: str) -> Model:
        result: Model = self.operation.response.from_dict(json.loads(answer)["body"])
        return result

    async def work_on(self) -> None:
        """Brings it as far as it goes."""
        is_job = self.given.state == "job"
        if self.given.state in ("planned", "sending"):
            outcome = await self._send()
            if outcome not in ("job", "done"):
                return
            is_job = outcome == "job"
        if not is_job or await self._wait():
            await self._save()

    async def report(self, outcome: Outcome, **values: Any) -> bool:
        """Reports what became of it; True once that is committed."""
        return await self.desk.report(self.claim, Report(self.given.row, self.attempt, outcome, **values))

    # Sending

    async def _send(self) -> Outcome | None:
        """Sends it until something is known of it, and gives that; None where it may not be sent."""
        while True:
            try:
                body = with_files(json.loads(self.given.body), (self.operation.body,))
                options = CallOptions(extra_body=body)
                request = self.runner.sender.options.operation_request(self.operation, None, None, options)
            except InvalidRequestError as error:
                await self._not_sent(error)
                return None
            permit = await self.desk.permit(self.claim, self.given.row)
            if permit.decision == "wait":
                continue
            if permit.decision != "go":
                return None
            self.attempt = permit.attempt
            try:
                await anyio.lowlevel.checkpoint_if_cancelled()
            except BaseException:  # it is permitted, and was not sent
                with anyio.CancelScope(shield=True):
                    await self.report("doubtful" if permit.is_again else "refused", permit=permit.number, is_free=True)
                raise
            verdict = await self.runner.unhurried(partial(self._post, request, permit))
            if verdict.outcome not in ("refused", "doubtful"):
                return verdict.outcome
            if verdict.outcome == "doubtful":
                self.may_be_executed = True
                sender = self.runner.sender
                await sender.sleep(again_after(self.sends, sender.chance()))

    async def _not_sent(self, error: InvalidRequestError) -> None:
        """Fails a row that can't be sent, as a picture is gone; where it was sent before, its outcome stays unknown."""
        outcome: Outcome = "unknown" if self.may_be_executed else "failed"
        problem = attrs.evolve(problem_of(error), code="invalid_request")
        await self.report(outcome, problem=problem, is_free=not self.may_be_executed)

    async def _post(self, request: Request, permit: Permit) -> Verdict:
        self.sends += 1
        sender = self.runner.sender
        watched = Watched(sender.connections)
        request.headers["idempotency-key"] = permit.key
        situation = Situation(self.runner.idempotency, permit.is_again, self.sends)
        try:
            own = attrs.evolve(sender, connections=watched)
            result, response = await execute(own, self.operation, request, retry=POLL)
            sender.times.keep(result, response, sender.clock())  # how long it says to wait
            verdict = self._with_job(Verdict("done", result))
        except CCAPIError as error:
            verdict = of_error(error, watched.response, situation)
        if verdict.outcome in ("job", "done"):
            self.result = verdict.result
        await self.report(
            verdict.outcome,
            permit=permit.number,
            seen=watched.seen,
            job=self.job,
            answer=_answer(verdict.result) if verdict.outcome == "done" and verdict.result is not None else None,
            tokens=_tokens(verdict.result),
            is_free=verdict.is_free,
            problem=verdict.problem,
            stop=verdict.stop,
        )
        return verdict

    def _with_job(self, verdict: Verdict) -> Verdict:
        """The verdict, where the response tells of a job."""
        if verdict.result is None or self.operation.polled_by is None:
            return verdict
        polled = self.operation.polled_by()
        contract = polled.job
        end = contract.end(verdict.result)
        place = next(place for model, place in contract.ids if isinstance(verdict.result, model))
        self.job = str(at(verdict.result, place) or "") or None
        if end is None and self.job is None:
            problem = Problem("malformed", "the response has neither a result nor the id of a job")
            return Verdict("unknown", problem=problem)
        # Where a poll gives another model, the result is what a poll gives.
        if end is None or (end == "completed" and not isinstance(verdict.result, polled.response)):
            return attrs.evolve(verdict, outcome="job")
        if end != "completed":
            return Verdict("failed", problem=_job_problem(verdict.result, contract, end))
        return verdict

    # Waiting

    async def _wait(self) -> bool:
        """Waits for the job; says whether there is a result."""
        assert self.operation.polled_by is not None  # noqa: S101 - or there would be no job
        sender, job = self.runner.sender, self.result if self.result is not None else self.job
        assert job is not None  # noqa: S101 - this is called where there is one
        waiting = start(sender, self.operation.polled_by(), sender.options.poll, job)
        try:
            while not waiting.is_finished:
                await sender.sleep(waiting.delay(sender.clock(), sender.chance()))
                if not await self._poll(waiting):
                    return False
        except (JobTimeoutError, NotFoundError):  # it stays a job: the next run waits for it again
            return False
        return await self._job_ended(waiting)

    async def _poll(self, waiting: Waiting[Any]) -> bool:
        """Polls the job once; says whether it is still to be waited for."""
        permit = await self.desk.poll_permit(self.claim)
        while permit.decision == "wait":
            permit = await self.desk.poll_permit(self.claim)
        if permit.decision != "go":
            return False
        sender, report = self.runner.sender, Report(self.given.row, self.attempt, "polled")
        watched = Watched(sender.connections)
        try:
            await poll(attrs.evolve(sender, connections=watched), waiting)
        except CCAPIError as error:
            report = self._poll_failed(error)
        finally:
            with anyio.CancelScope(shield=True):
                await self.desk.report(self.claim, attrs.evolve(report, permit=permit.number, seen=watched.seen))
        return report.outcome == "polled" and report.problem is None

    def _poll_failed(self, error: CCAPIError) -> Report:
        """What a poll means that failed for good: the job is gone, or can't be polled for now."""
        problem, row = problem_of(error), self.given.row
        if isinstance(error, NotFoundError) or (isinstance(error, APIStatusError) and error.status_code == 410):
            return Report(row, self.attempt, "lost", problem=problem)
        stop = None
        if isinstance(error, AuthenticationError | BillingError):
            is_billing = isinstance(error, BillingError)
            stop = attrs.evolve(problem, code="billing" if is_billing else "authentication")
        return Report(row, self.attempt, "polled", problem=problem, stop=stop)

    async def _job_ended(self, waiting: Waiting[Any]) -> bool:
        contract, job = waiting.contract, waiting.job
        assert job is not None  # noqa: S101 - it has finished
        end = contract.end(job)
        if end != "completed":
            await self.report("failed", problem=_job_problem(job, contract, str(end)))
            return False
        self.result = job
        return await self.report("done", answer=_answer(job))

    # Saving

    async def _save(self) -> None:
        folder, result = self.runner.folder, self.result
        assert result is not None  # noqa: S101 - there is one, or this is not reached
        if folder is None or not has_files(result):
            await self.report("saved")
            return
        try:
            paths = await save(self.runner.sender, result, folder, self.given.id)
        except OSError as error:
            text = f"the files can't be saved: {error.strerror or error}: {error.filename or folder}"
            await self.report("polled", stop=Problem("output", text))
        except CCAPIError as error:
            await self._not_saved(error)
        else:
            await self.report("saved", paths=paths, answer=_answer(result, is_saved=True))

    async def _not_saved(self, error: CCAPIError) -> None:
        """Takes a file that could not be had: one that is gone is lost, for any other the next run tries again."""
        is_gone = isinstance(error, APIStatusError) and error.status_code in GONE
        if is_gone or isinstance(error, MalformedResponseError | InvalidRequestError):
            await self.report("lost", problem=attrs.evolve(problem_of(error), code="file_gone"))


def again_after(sends: int, chance: float) -> float:
    """How long to wait before a retry with the same key, in seconds."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (sends - 1)) * (0.5 + chance / 2)


def _answer(result: Model, *, is_saved: bool = False) -> str:
    """What is kept of a response: without the files that are saved."""
    info, body = result.response, result.to_dict()
    document = {
        "status_code": info.status_code if info else 200,
        "request_id": info.request_id if info else None,
        "body": without_bytes(body) if is_saved else body,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _tokens(result: Model | None) -> int | None:
    usage = getattr(result, "usage", None)
    tokens = getattr(usage, "total_tokens", None)
    return tokens if isinstance(tokens, int) else None


def _job_problem(job: Model, contract: JobContract, end: str) -> Problem:
    error = at(job, contract.error)
    message = getattr(error, "message", error) or "the service gave no reason"
    return Problem(f"job_{end}", str(message)[:500])
