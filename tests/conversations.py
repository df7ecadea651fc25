"""Leads the conversations of a plan by one client, and says what came of them.

Time passes for a client as it really does, but for what it sleeps: that passes at once.
"""

import asyncio
import contextlib
import inspect
import logging
import os
import pickle
import threading
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import anyio
import attrs
import trio
from ccapi_client import CCAPI, AsyncCCAPI, CCAPIError, JobUpdate, PollPolicy, ResponseEvent, Timeout
from ccapi_client._client import sender_of
from ccapi_client._http.wire import Request

from .carriers import Carrier
from .fault_plans import Plan, Talk
from .plan_server import PlanServer, step_of
from .recorded import recorded

SETTLES = 4.0
"""Within how many seconds what a closed client leaves behind has to be gone."""
UPLOAD = "data:image/png;base64," + "iVBORw0KGgo" * 20_000
OLD = b"what was there before"


class Interrupted(BaseException):
    """What a person's Ctrl+C raises in a blocking client that waits."""


class Conversation:
    """One conversation.

    Attributes:
        late: By how many seconds each of its calls was later than its limit.
        updates: What `on_update` received.
        events: What `on_response` received.
        retries: What `on_retry` received.
        outcomes: What the wait for several jobs gave.
        texts: The texts of the chunks, as they came.
        given: What the client gave, and the responses behind it.
        result: What it gave: the path of a file, a text, a name.
        error: What ended it, if the client raised it.
        foreign: What ended it and should not have come out.
        was_canceled: Whether it was canceled, or left.
        skipped: How many seconds it slept.
    """

    def __init__(self, name: str, talk: Talk, party: "Party") -> None:
        self.name, self.talk, self.party = name, talk, party
        self.late: list[float] = []
        self.updates: list[JobUpdate] = []
        self.events: list[ResponseEvent] = []
        self.retries: list[object] = []
        self.outcomes: list[Any] = []
        self.texts: list[str] = []
        self.given: list[Any] = []
        self.result: Any = None
        self.error: CCAPIError | None = None
        self.foreign: BaseException | None = None
        self.was_canceled = False
        self.skipped = 0.0
        self.stop: Callable[[], object] = lambda: None
        stall = talk.has_stall
        # Where a stall may come, it takes this long for real.
        steps = 0.25 if stall else 10.0
        self.total, self.patience = (0.6, 0.6) if stall else (60.0, 90.0)
        self.poll = PollPolicy(initial=0.1 if stall else 1.0, max_interval=0.2 if stall else 15.0)
        self.client: Any = party.client.with_options(
            headers={"x-talk": name},
            timeout=Timeout(connect=steps, read=steps, write=steps, pool=steps, total=self.total),
            on_response=self.events.append,
            on_retry=self.retries.append,
        )

    async def lead(self) -> None:
        """From its beginning to its end."""
        current.set(self)
        try:
            await getattr(self, f"_{self.talk.kind}")()
        except CCAPIError as error:
            self.error = error
        except Interrupted:
            self.was_canceled = True
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the test is after
            self.foreign = error

    def cancel(self) -> None:
        """Cancels it, in the thread of its client where that has a loop, else in any."""
        self.was_canceled = True
        self.stop()

    async def _in(self, limit: float, work: Callable[[Any], Any]) -> Any:
        """What a call gives, which has to end within so many seconds."""
        start = self.party.clock()
        try:
            value = work(self.client)
            return self._kept(await value if inspect.isawaitable(value) else value)
        finally:
            self.late.append(self.party.clock() - start - limit)

    def _kept(self, value: Any) -> Any:
        """What the client gave, as it is."""
        self.given += [value, getattr(value, "response", None)]
        return value

    async def _call(self, work: Callable[[Any], Any]) -> Any:
        return await self._in(self.total, work)

    async def _chat(self) -> None:
        messages = [{"role": "user", "content": self.name}]
        found = await self._call(lambda client: client.create_chat_completion(model="m", messages=messages))
        self.result = found.choices[0].message.content

    async def _models(self) -> None:
        self.result = (await self._call(lambda client: client.list_models())).data[0].id

    async def _upload(self) -> None:
        contents = [{"text": self.name, "image": {"url": UPLOAD}}]
        self.result = (await self._call(lambda client: client.generate_images(model="m", contents=contents))).id

    async def _stream(self) -> None:
        messages = [{"role": "user", "content": self.name}]

        def read(client: Any) -> Any:
            stream = client.stream_chat_completion(model="m", messages=messages)
            self.stop = stream.close
            return self._read(stream)

        await self._call(read)

    async def _read(self, stream: Any) -> None:
        if self.party.carrier.is_blocking:
            with stream:
                for chunk in stream:
                    if self._leaves_after(chunk):
                        return
                whole = None if self.was_canceled else stream.final()
        else:
            async with stream:
                async for chunk in stream:
                    if self._leaves_after(chunk):
                        return
                whole = None if self.was_canceled else await stream.final()
        self._kept(whole)
        self.given.append(stream.response)
        self.result = whole and whole.choices[0].message.content

    def _leaves_after(self, chunk: Any) -> bool:
        self._kept(chunk)
        self.texts.extend(each.delta.content for each in chunk.choices if each.delta.content)
        self.was_canceled = self.was_canceled or self.talk.leaves
        return self.talk.leaves

    async def _image(self) -> None:
        found = await self._call(lambda client: client.create_image(model="m", prompt=self.name))
        self.result = await self._call(lambda client: client.download(found.data[0]))

    async def _image_job(self) -> None:
        job = await self._call(
            lambda client: client.generate_images(model="m", contents=[{"text": self.name}], parameters={"seed": 1})
        )
        options: dict[str, Any] = {"timeout": self.patience, "poll": self.poll, "on_update": self.updates.append}
        done = await self._in(self.patience, lambda client: client.wait_for_image_job(job, **options))
        await self._save(done.data[0])

    async def _video_job(self) -> None:
        job = await self._call(lambda client: client.generate_video(model="m", prompt=self.name))
        options: dict[str, Any] = {"timeout": self.patience, "poll": self.poll, "on_update": self.updates.append}
        done = await self._in(self.patience, lambda client: client.wait_for_video_job(job, **options))
        await self._save(done)

    async def _scheduled_job(self) -> None:
        job = await self._call(lambda client: client.generate_images(model="m", contents=[{"text": self.name}]))
        # The scheduler of many jobs waits for real.
        limit, poll = 0.6, PollPolicy(initial=0.02, max_interval=0.1, jitter=0)
        await self._in(limit, lambda client: self._gather(client.wait_for_image_jobs([job], timeout=limit, poll=poll)))
        (outcome,) = self.outcomes
        if outcome.error:
            raise outcome.error
        await self._save(outcome.result.data[0])

    async def _gather(self, outcomes: Any) -> None:
        if self.party.carrier.is_blocking:
            self.outcomes.extend(outcomes)
            return
        async with outcomes:
            async for each in outcomes:
                self.outcomes.append(each)

    async def _save(self, source: Any) -> None:
        path = self.party.folder / f"{self.name}.png"
        path.write_bytes(OLD)
        self.result = await self._call(lambda client: client.save(source, path))


current: ContextVar[Conversation] = ContextVar("current")


@attrs.define(eq=False, repr=False)  # it has the key
class Party:
    """The conversations of a plan, and their client.

    Attributes:
        plan: The plan.
        carrier: What carries the client's requests.
        server: The service.
        closed_port: A port that refuses every connection.
        folder: Where files are saved.
        key: The key of the client.
        talks: The conversations.
        left: What the client left behind once it was closed.
        lines: What was logged.
    """

    plan: Plan
    carrier: Carrier
    server: PlanServer
    closed_port: int
    folder: Path
    key: str = attrs.field(factory=lambda: f"sk-planted-{uuid.uuid4().hex}")
    client: Any = None
    talks: list[Conversation] = attrs.field(factory=list)
    left: list[str] = attrs.field(factory=list)
    lines: list[str] = attrs.field(factory=list)

    def clock(self) -> float:
        """The time of the conversation that wants to know."""
        talk = current.get(None)
        return time.monotonic() + (talk.skipped if talk else 0.0)

    async def sleep(self, seconds: float) -> None:
        """Sleeps, for either client."""
        talk = current.get()
        talk.skipped += seconds
        if not self.carrier.is_blocking:
            await anyio.lowlevel.checkpoint()
        elif talk.was_canceled:
            raise Interrupted

    def is_late(self, seconds: float) -> bool:
        """Whether a call was later than its limit by more than so many seconds."""
        return any(each > seconds for talk in self.talks for each in talk.late)

    def hold(self) -> None:
        """Leads all conversations, and closes the client."""
        self.server.begin(self.plan, self.key)
        threads = set(threading.enumerate())
        with listening(self.lines):
            self.carrier.drive(self._hold)
        self.left += settled(lambda: [f"thread {each.name}" for each in living(threads)])

    async def _hold(self) -> None:
        files, tasks = descriptors(), self._tasks()
        key = (lambda: self.key) if self.plan.gives_key else self.key
        kind = CCAPI if self.carrier.is_blocking else AsyncCCAPI
        self.client = kind(key, base_url=f"{self.server.origin}/v1")
        sender = sender_of(self.client)
        sender.clock, sender.sleep, sender.chance = self.clock, self.sleep, lambda: 0.5
        send = sender.connections.send
        sender.connections.send = lambda request: send(self._aimed(request))  # type: ignore[method-assign]
        try:
            names = iter(self.plan.talks)
            for each in self.plan.rounds:
                talks = [Conversation(*next(names), self) for _ in each]
                self.talks += talks
                await self.carrier.all_at_once([self._led(talk) for talk in talks])
        finally:
            closing = self.client.close()
            if closing:
                await closing
        end = time.monotonic() + SETTLES
        while (left := self._left(files, tasks)) and time.monotonic() < end:
            await self.carrier.sleep(0.002)
        self.left += left

    def _led(self, talk: Conversation) -> Callable[[], Awaitable[None]]:
        if self.carrier.is_blocking:
            self.server.cancel[talk.name] = talk.cancel
            return talk.lead

        async def steps() -> None:
            with anyio.CancelScope() as scope:

                def cancel() -> None:
                    talk.was_canceled = True
                    scope.cancel()

                self.server.cancel[talk.name] = in_loop(cancel)
                try:
                    await talk.lead()
                finally:
                    del self.server.cancel[talk.name]

        return steps

    def _aimed(self, request: Request) -> Request:
        """The request, or one that is refused, where that is planned."""
        name = request.headers.get("x-talk", "")
        if not self.server.refuses(name, step_of(request.method, request.url.path)):
            return request
        return attrs.evolve(request, url=attrs.evolve(request.url, port=self.closed_port))

    def _tasks(self) -> set[Any]:
        if self.carrier.is_blocking:
            return set()
        return asyncio.all_tasks() if self.carrier.backend == "asyncio" else trio_tasks()

    def _left(self, files: set[str], tasks: set[Any]) -> list[str]:
        """What a closed client has not let go of."""
        opened = self.server.opened + self.server.elsewhere.opened
        found = [f"{opened} connections"] if opened else []
        found += [f"descriptor {each}" for each in descriptors() - files]
        return found + [f"task {each}" for each in self._tasks() - tasks]


def descriptors() -> set[str]:
    """The descriptors of this process, each with what it is of."""
    found = set[str]()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the one that lists them
            found.add(f"{number} of {os.readlink(f'/proc/self/fd/{number}')}")
    return found


def trio_tasks() -> set[Any]:
    """The tasks of trio's loop."""
    root = trio.lowlevel.current_root_task()
    found, more = set[Any](), [root] if root else []
    while more:
        task = more.pop()
        found.add(task)
        more += [each for nursery in task.child_nurseries for each in nursery.child_tasks]
    return found


def living(known: set[threading.Thread]) -> set[threading.Thread]:
    """The threads that are new, but for those that trio keeps for whoever needs one next."""
    return {each for each in threading.enumerate() if each not in known and not each.name.startswith("Trio thread")}


def settled(find: Callable[[], list[str]]) -> list[str]:
    """What is still found after a while."""
    end = time.monotonic() + SETTLES
    while (found := find()) and time.monotonic() < end:
        time.sleep(0.002)
    return found


def in_loop(work: Callable[[], object]) -> Callable[[], None]:
    """The same, done in the event loop that is running, from another thread."""
    try:
        call = asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        call = trio.lowlevel.current_trio_token().run_sync_soon  # type: ignore[assignment]

    def wake() -> None:
        call(work)

    return wake


@contextlib.contextmanager
def listening(lines: list[str]) -> Iterator[None]:
    """Keeps what every logger says, at every level."""

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = self.format(record)
            # The engines of httpx say at DEBUG which headers came; a service may repeat the key there.
            if not (record.name.startswith("httpcore") and text.startswith("receive_response_headers.complete")):
                lines.append(f"{text} {record.args!r}")

    known = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    levels = [(each, each.level) for each in (logging.root, *known)]
    keeper = Keeper(1)
    logging.root.addHandler(keeper)
    try:
        for each, _ in levels:
            each.setLevel(1)
        yield
    finally:
        logging.root.removeHandler(keeper)
        for each, level in levels:
            each.setLevel(level)


def said_of(error: BaseException, *, with_frames: bool) -> list[str]:
    """All that anyone may keep of an error: of its causes too, and, where wanted, the variables of their frames."""
    lines = [recorded(error), *traceback.format_exception(error)] if with_frames else traceback.format_exception(error)
    cause: BaseException | None = error
    while cause:
        copy = pickle.dumps(cause).decode("latin-1")
        lines += [str(cause), repr(cause), repr(cause.args), repr(vars(cause)), copy]
        lines += [repr(getattr(cause, name, "")) for name in ("doc", "object", "__notes__")]
        cause = cause.__cause__ or cause.__context__
    return [line for each in lines for line in each.splitlines()]
