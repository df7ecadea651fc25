"""Makes the calls by either client, and says what came of each. What is answered has to be its own answer."""

from __future__ import annotations

import inspect
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from ccapi_client import APIStatusError, CCAPIError, Timeout, media
from ccapi_client.errors import JobTimeoutError
from ccapi_sandbox import babble

from tests.carriers import Carrier

from ..programs import free_port
from .plans import ANSWERED, NONE, TOGETHER, Plan

MODEL = "sandbox/babble"
SILENCE = 2.0
"""How long a call waits for a response of a sandbox that is silent, in seconds."""
VOICES = ["elevenlabs/eleven_turbo_v2", "openai/tts-1"]
"""The models that the sandbox lists for speech."""
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Outcome:
    """What came of a call.

    Attributes:
        plan: The call.
        name: `answered`, `left`, `closed`, `cancelled`, or the class of its error with the status.
        seconds: How long it took.
        may_be_billed: What its error says.
        why: The text of its error, or what is wrong with its answer.
    """

    plan: Plan
    name: str
    seconds: float
    may_be_billed: bool = True
    why: str = ""


class WrongError(Exception):
    """An answer that is not the call's own."""


def named(error: BaseException) -> str:
    """The class of an error, with its status."""
    status = f" {error.status_code}" if isinstance(error, APIStatusError) else ""
    return f"{type(error).__name__}{status}"


async def got(value: Any) -> Any:
    """What a method of either client returns."""
    return await value if inspect.isawaitable(value) else value


class Calls:
    """The calls of one client."""

    def __init__(self, client: Any, carrier: Carrier, folder: Path, upload: bytes) -> None:
        self.client, self.carrier, self.folder, self.upload = client, carrier, folder, upload

    async def make(self, plan: Plan) -> Outcome:
        """Makes a call."""
        steps: Callable[[Plan], Any] = getattr(self, "_" + plan.kind.replace("-", "_"))
        start, name, may_be_billed, why = time.monotonic(), ANSWERED, True, ""
        try:
            name = await steps(plan) or ANSWERED
        except CCAPIError as error:
            name, may_be_billed, why = named(error), error.may_be_billed, str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not what was asked for
            name, why = f"{named(error)}!", repr(error)
        return Outcome(plan, name, time.monotonic() - start, may_be_billed, why)

    def _options(self, plan: Plan) -> dict[str, Any]:
        headers = {} if plan.fault is None else {"X-Sandbox-Fault": plan.fault}
        timeout = {"timeout": SILENCE} if (plan.fault or "").startswith("stall") else {}
        return {"idempotency_key": plan.key, "extra_headers": headers, **timeout}

    async def _chat(self, plan: Plan) -> None:
        messages = [{"role": "user", "content": plan.key}]
        answer = await got(self.client.create_chat_completion(model=MODEL, messages=messages, **self._options(plan)))
        _is("text", answer.choices[0].message.content, _said(plan))

    async def _tool(self, plan: Plan) -> None:
        answer = await got(self.client.create_chat_completion(**_with_tool(plan), **self._options(plan)))
        _is("call", _called(answer), plan.key)

    async def _stream(self, plan: Plan) -> None:
        messages = [{"role": "user", "content": plan.key}]
        opened = self.client.stream_chat_completion(model=MODEL, messages=messages, **self._options(plan))
        texts, answer = await self._read(opened)
        _is("texts", "".join(texts), _said(plan))
        _is("text", answer.choices[0].message.content, _said(plan))

    async def _tool_stream(self, plan: Plan) -> None:
        opened = self.client.stream_chat_completion(**_with_tool(plan), **self._options(plan))
        _, answer = await self._read(opened)
        _is("call", _called(answer), plan.key)

    async def _read(self, opened: Any) -> tuple[list[str], Any]:
        """The texts of a stream, and its whole response."""
        if self.carrier.is_blocking:
            with opened as stream:
                return list(stream.text()), stream.final()
        async with opened as stream:
            return [text async for text in stream.text()], await stream.final()

    async def _begin(self, plan: Plan, at_first: Callable[[Any], bool]) -> None:
        """Reads a stream that is silent after its third chunk until it ends, or until `at_first` says to leave it."""
        options = self._options(plan) | {"extra_headers": {"X-Sandbox-Fault": "stall;after=3"}}
        messages = [{"role": "user", "content": plan.key}]
        opened, texts = self.client.stream_chat_completion(model=MODEL, messages=messages, **options), 0
        if self.carrier.is_blocking:
            with opened as stream:
                for texts, _ in enumerate(stream.text()):
                    if not texts and at_first(stream):
                        return
            return
        async with opened as stream:
            async for _ in stream.text():
                if not texts and at_first(stream):
                    return
                texts += 1

    async def _left(self, plan: Plan) -> str:
        await self._begin(plan, lambda _: True)
        return "left"

    async def _closed(self, plan: Plan) -> str:
        timers: list[threading.Timer] = []

        def close(stream: Any) -> bool:
            timers.append(threading.Timer(0.05 * plan.chance, stream.close))
            timers[0].start()
            return False

        await self._begin(plan, close)
        for timer in timers:
            timer.join()
        return "closed"

    async def _cancelled(self, plan: Plan) -> str:
        options = self._options(plan) | {"extra_headers": {"X-Sandbox-Fault": "slow;seconds=0.3"}}
        messages = [{"role": "user", "content": plan.key}]
        late = 0.02 + 0.2 * plan.chance
        if self.carrier.is_blocking:
            try:
                self.client.create_chat_completion(
                    model=MODEL, messages=messages, **{**options, "timeout": Timeout(total=late)}
                )
            except CCAPIError as error:
                return "cancelled" if named(error) == "APITimeoutError" else named(error)
            return ANSWERED
        with anyio.move_on_after(late):
            await self.client.create_chat_completion(model=MODEL, messages=messages, **options)
            return ANSWERED
        return "cancelled"

    async def _picture(self, plan: Plan) -> None:
        wide, high = _size(plan)
        kind = {"response_format": "b64_json", "output_format": "png"} if plan.number % 2 else {"output_format": "png"}
        answer = await got(
            self.client.create_image(prompt=plan.key, size=f"{wide}x{high}", **kind, **self._options(plan))
        )
        _are([await got(self.client.download(answer.data[0]))], plan)

    async def _saved(self, plan: Plan) -> None:
        wide, high = _size(plan)
        answer = await got(
            self.client.create_image(prompt=plan.key, size=f"{wide}x{high}", output_format="png", **self._options(plan))
        )
        path = await got(self.client.save(answer.data[0], self.folder / plan.key))
        try:
            _are([Path(path).read_bytes()], plan)
        finally:
            Path(path).unlink()

    async def _speech(self, plan: Plan) -> None:
        kind = {"response_format": "b64_json"} if plan.number % 2 else {}
        answer = await got(
            self.client.create_speech(
                model="openai/tts-1", input=str(plan.number), output_format="wav", **kind, **self._options(plan)
            )
        )
        sound = await got(self.client.download(answer))
        _is("sound", sound[:4], b"RIFF")
        _is("length", int.from_bytes(sound[4:8], "little") + 8, len(sound))

    async def _start(self, plan: Plan, content: Any = None, **options: Any) -> Any:
        wide, high = _size(plan)
        return await got(
            self.client.generate_images(
                contents=[content or {"text": plan.key}],
                parameters={"width": wide, "height": high, "seed": plan.number},
                **{**self._options(plan), **options},
            )
        )

    async def _job(self, plan: Plan) -> None:
        await self._finish(plan, await self._start(plan))

    async def _upload(self, plan: Plan) -> None:
        await self._finish(plan, await self._start(plan, media.image(self.upload, text=plan.key)))

    async def _finish(self, plan: Plan, job: Any) -> None:
        limit = {"timeout": 0.5} if plan.fault == "job-never-ends" else {}
        try:
            done = await got(self.client.wait_for_image_job(job, **limit))
        except JobTimeoutError as error:
            _is("job", error.job_id, job.id)
            raise
        _is("job", done.id, job.id)
        _is("seed", done.data[0].seed, plan.number)
        _are(await got(self.client.download(done)), plan)

    async def _job_at_once(self, plan: Plan) -> None:
        wide, high = _size(plan)
        limit = {"timeout": 0.5} if plan.fault == "job-never-ends" else {}
        done = await got(
            self.client.generate_images_and_wait(
                contents=plan.key,
                parameters={"width": wide, "height": high, "seed": plan.number},
                **self._options(plan),
                **limit,
            )
        )
        _is("seed", done.data[0].seed, plan.number)
        _are(await got(self.client.download(done)), plan)

    async def _jobs(self, plan: Plan) -> None:
        jobs = [await self._start(plan, idempotency_key=key) for key in plan.keys]
        outcomes = self.client.wait_for_image_jobs(jobs)
        found = list(outcomes) if self.carrier.is_blocking else [each async for each in outcomes]
        _is("jobs", sorted(each.job_id for each in found), sorted(job.id for job in jobs))
        _is("seeds", [each.completed().data[0].seed for each in found], [plan.number] * TOGETHER)

    async def _list(self, plan: Plan) -> None:
        # With a key, so that the sandbox counts the faults of this call alone.
        options = self._options(plan)
        headers = {**options.pop("extra_headers"), "Idempotency-Key": options.pop("idempotency_key")}
        found = await got(self.client.list_models(type="audio", extra_headers=headers, **options))
        _is("models", [each.id for each in found.data], VOICES)

    async def _wrong_field(self, plan: Plan) -> None:
        await got(self.client.create_chat_completion(model=MODEL, messages=[{"rolle": "user"}]))

    async def _wrong_key(self, plan: Plan) -> None:
        other = self.client.with_options(api_key="another")
        await got(other.create_chat_completion(model=MODEL, messages=[{"role": "user", "content": plan.key}]))

    async def _unknown_job(self, plan: Plan) -> None:
        await got(self.client.get_image_job(plan.key, extra_headers={"X-Sandbox-Fault": NONE}))

    async def _nowhere(self, plan: Plan) -> None:
        other = self.client.with_options(base_url=f"http://127.0.0.1:{free_port()}/v1")
        await got(other.list_models())


def _said(plan: Plan) -> str:
    return "".join(babble.reply([{"role": "user", "content": plan.key}]).tokens)


def _with_tool(plan: Plan) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"key": {"type": "string", "enum": [plan.key]}}, "required": ["key"]}
    return {
        "model": MODEL,
        "messages": [{"role": "user", "content": "call it"}],
        "tools": [{"type": "function", "function": {"name": "keep", "description": "Keeps it", "parameters": schema}}],
        "tool_choice": "required",
    }


def _called(answer: Any) -> Any:
    (call,) = answer.choices[0].message.tool_calls
    return json.loads(call.function.arguments).get("key")


def _size(plan: Plan) -> tuple[int, int]:
    return 16 + plan.number % 31, 16 + plan.number % 29


def _are(pictures: list[bytes], plan: Plan) -> None:
    """Checks that each is a PNG of the size that this call requested."""
    for picture in pictures:
        size = int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")
        _is("picture", (picture[:8], size), (PNG, _size(plan)))


def _is(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise WrongError(f"{what}: {found!r:.200} in place of {expected!r:.200}")
