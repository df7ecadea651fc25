"""One row that is worked on: its request is sent, its job waited for, its files saved, and the desk told of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
from ccapi_openapi.model import Model

from .._http.retry import POLL
from .._http.sender import Sender
from .._http.wire import Request, Response
from .._jobs.one import poll, start
from .._jobs.waiting import Waiting, job_contract
from .._lazily import anyio
from ..errors import (
    APIConnectionError,
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
from .verdicts import Situation, Verdict, of_response, of_silence, problem_of
from .watched import Watched

if TYPE_CHECKING:
    from .runner import Runner

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""The wait before the same key is sent again, at first and at most, in seconds."""
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
        self.verdict: Verdict | None = None

    def _read(self, answer: str) -> Model:
        result: Model = self.operation.response.from_dict(json.loads(answer)["body"])
        return result

    async def work_on(self) -> None:
        """Brings it as far as it goes."""
        if self.given.state in ("planned", "sending") and not await self._send():
            return
        if self.result is None and not await self._wait(self.runner.sender):
            return
        await self._save()

    async def report(self, outcome: Outcome, **values: Any) -> bool:
        """Reports what became of it; True once that is committed."""
        return await self.desk.report(self.claim, Report(self.given.row, self.attempt, outcome, **values))

    # Sending

    async def _send(self) -> bool:
        """Sends it until something is known of it; says whether there is a job or a result."""
        try:
            body = with_files(json.loads(self.given.body), (self.operation.body,))
            request = self.runner.sender.options.operation_request(self.operation, None, None, body)
        except InvalidRequestError as error:
            return await self._not_sent(error)
        while True:
            permit = await self.desk.permit(self.claim, self.given.row)
            if permit.decision == "wait":
                continue
            if permit.decision != "go":
                return False
            self.attempt = permit.attempt
            try:
                await anyio.lowlevel.checkpoint_if_cancelled()
            except BaseException:  # it is permitted, and was not sent
                with anyio.CancelScope(shield=True):
                    await self.report("doubtful" if permit.is_again else "refused", permit=permit.number, is_free=True)
                raise
            await self.runner.unhurried(lambda permit=permit: self._post(request, permit))  # type: ignore[misc]
            assert self.verdict is not None  # noqa: S101 - a post ends with one
            if self.verdict.outcome not in ("refused", "doubtful"):
                return self.verdict.outcome in ("job", "done")
            if self.verdict.outcome == "doubtful":
                await self.runner.sender.sleep(again_after(self.sends, self.runner.sender.chance()))

    async def _not_sent(self, error: InvalidRequestError) -> bool:
        """Fails a row that can't be sent, as a picture is gone; where it was sent before, its outcome stays unknown."""
        outcome: Outcome = "unknown" if self.given.state == "sending" else "failed"
        await self.report(outcome, problem=attrs.evolve(problem_of(error), code="invalid_request"), is_free=True)
        return False

    async def _post(self, request: Request, permit: Permit) -> None:
        self.sends += 1
        sender = self.runner.sender
        watched = Watched(sender.connections)
        request.headers["idempotency-key"] = permit.key
        situation = Situation(self.runner.idempotency, permit.is_again, self.sends)
        response = None
        try:
            response = await attrs.evolve(sender, connections=watched).send(request, retry=POLL)
            verdict = of_response(response, self.operation.response, situation)
        except APIConnectionError as error:
            verdict = of_silence(error, situation)
        except MalformedResponseError as error:
            verdict = Verdict(situation.not_known, problem=problem_of(error))
        except CCAPIError as error:  # the client was closed
            problem = Problem("interrupted", str(error))
            verdict = Verdict(situation.not_executed, problem=problem, is_free=not permit.is_again, stop=problem)
        verdict = self._with_job(verdict)
        answer = None
        if verdict.outcome == "done" and response is not None and verdict.result is not None:
            self.result = verdict.result
            answer = _answer(verdict.result, response)
        if verdict.outcome == "job" and response is not None:
            sender.times.keep(verdict.result, response, sender.clock())  # how long it asks to wait
        self.verdict = verdict
        await self.report(
            verdict.outcome,
            permit=permit.number,
            seen=watched.seen,
            job=self.job,
            answer=answer,
            tokens=_tokens(verdict.result),
            is_free=verdict.is_free,
            problem=verdict.problem,
            stop=verdict.stop,
        )

    def _with_job(self, verdict: Verdict) -> Verdict:
        """The verdict, where the response tells of a job."""
        contract = self.operation.job
        if verdict.result is None or contract is None:
            return verdict
        end = contract.end(verdict.result)
        self.job = str(verdict.result[contract.id] or "") or None
        if end is None and self.job is None:
            problem = Problem("malformed", "the response has neither a result nor the id of a job")
            return Verdict("unknown", problem=problem)
        if end is None:
            return attrs.evolve(verdict, outcome="job")
        if end != "completed":
            return Verdict("failed", problem=_job_problem(verdict.result, contract.error, end))
        return verdict

    # Waiting

    async def _wait(self, sender: Sender) -> bool:
        """Waits for the job; says whether there is a result."""
        given = self.verdict.result if self.verdict else None
        waiting = start(sender, given if given is not None else self.job, None, None)  # type: ignore[arg-type]
        try:
            while not waiting.is_finished:
                await sender.sleep(waiting.delay(sender.clock(), sender.chance()))
                if not await self._poll(waiting):
                    return False
        except JobTimeoutError:  # it stays a job: the next run waits for it again
            return False
        return await self._job_ended(waiting)

    async def _poll(self, waiting: Waiting) -> bool:
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

    async def _job_ended(self, waiting: Waiting) -> bool:
        contract, job = job_contract(), waiting.job
        assert job is not None  # noqa: S101 - it has finished
        end = contract.end(job)
        if end != "completed":
            await self.report("failed", problem=_job_problem(job, contract.error, str(end)))
            return False
        self.result = job
        return await self.report("done", answer=_answer(job, None))

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
            document = {"status_code": 200, "request_id": None, "body": without_bytes(result.to_dict())}
            await self.report("saved", paths=paths, answer=json.dumps(document, ensure_ascii=False))

    async def _not_saved(self, error: CCAPIError) -> None:
        """Takes a file that could not be had: one that is gone is lost, for any other the next run tries again."""
        is_gone = isinstance(error, APIStatusError) and error.status_code in GONE
        if is_gone or isinstance(error, MalformedResponseError | InvalidRequestError):
            await self.report("lost", problem=attrs.evolve(problem_of(error), code="file_gone"))


def again_after(sends: int, chance: float) -> float:
    """How long to wait before the same key is sent again, in seconds."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (sends - 1)) * (0.5 + chance / 2)


def _answer(result: Model, response: Response | None) -> str:
    """What is kept of a response."""
    document = {
        "status_code": 200 if response is None else response.status_code,
        "request_id": None if response is None else response.request_id,
        "body": result.to_dict(),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _tokens(result: Model | None) -> int | None:
    usage = getattr(result, "usage", None)
    tokens = getattr(usage, "total_tokens", None)
    return tokens if isinstance(tokens, int) else None


def _job_problem(job: Model, field: str, end: str) -> Problem:
    error = job[field]
    message = getattr(error, "message", error) or "the service gave no reason"
    return Problem(f"job_{end}", str(message)[:500])
