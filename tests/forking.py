"""A program that forks while it uses a client; `test_forks` starts it and looks at what the server saw of it.

    python -m tests.forking BACKEND ADDRESS FOLDER SCENARIO...

What became of its requests it writes into the folder, a file for each process. It uses nothing but what is public.
"""

import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.from_thread import BlockingPortal
from ccapi_client import CCAPI, APIStatusError, AsyncCCAPI, CCAPIError, RetryPolicy

CHILDREN, EACH, AT_ONCE = 4, 10, 4
PATIENCE = 20
"""After how many seconds a process that hangs is ended."""
POLICY = RetryPolicy(max_attempts=15, base_delay=0.002, max_delay=0.01)


class Program:
    """Uses one client, in the process that made it and in those forked from it."""

    def __init__(self, backend: str, address: str, folder: Path, scenario: str) -> None:
        make: Any = CCAPI if backend == "blocking" else AsyncCCAPI
        self.client = make("key-1", base_url=address, retry=POLICY, timeout=15)
        self.backend, self.folder, self.scenario = backend, folder, scenario
        self.loop: Any = None  # in which the process that made the client goes on using it

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Keeps an event loop running, and closes the client in it."""
        if self.backend == "blocking":
            with self.client:
                yield
            return
        ready = threading.Event()

        async def serve() -> None:
            async with BlockingPortal() as self.loop:
                ready.set()
                await self.loop.sleep_until_stopped()

        thread = threading.Thread(target=lambda: anyio.run(serve, backend=self.backend))
        thread.start()
        assert ready.wait(PATIENCE)
        yield  # and nothing more in a child that ends here
        self.loop.call(self.client.close)
        self.loop.call(self.loop.stop)
        thread.join()

    def post(self, process: str, numbers: Any, at_once: int = AT_ONCE) -> None:
        """Posts requests, and writes down what became of them."""
        prompts = [f"{self.scenario}-{process}-{number}" for number in numbers]
        if self.backend == "blocking":
            with ThreadPoolExecutor(at_once) as pool:
                found = list(pool.map(self._one, prompts))
        elif process == "parent" and self.loop:
            found = self.loop.call(self._all, prompts, at_once)
        else:
            found = anyio.run(self._all, prompts, at_once, backend=self.backend)
        with (self.folder / process).open("a") as file:
            file.writelines(f"{json.dumps(each)}\n" for each in zip(prompts, found, strict=True))

    def fork(self, count: int = CHILDREN, *, name: str = "child", ends: bool = False) -> list[Callable[[], object]]:
        """Forks children, of which each posts; gives what waits for each. They end at once, or as programs do."""
        waits: list[Callable[[], object]] = []
        for number in range(count):
            pid = os.fork()
            if pid:
                waits.append(lambda pid=pid: os.waitpid(pid, 0))  # type: ignore[misc]
                continue
            signal.alarm(PATIENCE)
            self.post(f"{name}{number}", range(EACH))
            if ends:
                raise SystemExit
            os._exit(0)
        return waits

    def _one(self, prompt: str) -> str:
        try:
            return outcome(self.client.create_image(prompt=prompt))
        except CCAPIError as error:
            return outcome(error)

    async def _all(self, prompts: list[str], at_once: int) -> list[str]:
        found, limit = dict[str, str](), anyio.CapacityLimiter(at_once)

        async def one(prompt: str) -> None:
            async with limit:
                try:
                    found[prompt] = outcome(await self.client.create_image(prompt=prompt))
                except CCAPIError as error:
                    found[prompt] = outcome(error)

        async with anyio.create_task_group() as group:
            for prompt in prompts:
                group.start_soon(one, prompt)
        return [found[prompt] for prompt in prompts]


def outcome(result: Any) -> str:
    """Whose response it is, as far as it says so."""
    if isinstance(result, APIStatusError):
        return f"status of {result.request_id}"
    if isinstance(result, CCAPIError):
        return f"{type(result).__name__}: {result}"
    return f"image of {result.data[0].url.rpartition('/')[2]}"


def unused(program: Program) -> None:
    """The client was made before the fork, and not used."""
    waits = program.fork()
    with program.opened():
        program.post("parent", range(EACH))
        for wait in waits:
            wait()


def preload(program: Program) -> None:
    """It was used before the fork, in a loop that has ended."""
    program.post("parent", range(EACH))
    waits = program.fork()
    with program.opened():
        program.post("parent", range(EACH, 2 * EACH))
        for wait in waits:
            wait()


def processes(program: Program) -> None:
    """The same with multiprocessing, and a loop that goes on."""
    with program.opened():
        program.post("parent", range(EACH))
        context = multiprocessing.get_context("fork")
        children = [
            context.Process(target=program.post, args=(f"child{number}", range(EACH))) for number in range(CHILDREN)
        ]
        for child in children:
            child.start()
        program.post("parent", range(EACH, 2 * EACH))
        for child in children:
            child.join(PATIENCE)
            assert child.exitcode == 0, child.exitcode


def threads(program: Program) -> None:
    """Other threads are in the middle of requests."""
    with program.opened():
        started = threading.Thread(target=program.post, args=("parent", range(5 * EACH)))
        started.start()
        waits = program.fork()
        for wait in waits:
            wait()
        started.join()


def kept(program: Program) -> None:
    """The parent goes on with the connection that it had; the children end as programs do, one within another."""
    with program.opened():
        program.post("parent", ["first"], 1)
        for wait in program.fork(2, ends=True):
            wait()
        program.post("parent", ["second"], 1)
        pid = os.fork()
        if pid == 0:
            signal.alarm(PATIENCE)
            program.loop = None
            for wait in program.fork(1, name="grandchild", ends=True):
                wait()
            raise SystemExit
        os.waitpid(pid, 0)
        program.post("parent", ["last"], 1)


def stream(program: Program) -> None:
    """The fork is in the middle of a stream, which both leave."""
    with program.client as client:
        with client.stream_chat_completion(model="m", messages=[{"role": "user", "content": "x"}]) as chunks:
            texts = [next(iter(chunks)).choices[0].delta.content]
            pid = os.fork()
            if pid:
                os.waitpid(pid, 0)
                client.create_image(prompt="release")
                texts += [each.choices[0].delta.content for each in chunks]
        if pid:
            (program.folder / "parent").write_text(json.dumps(["stream", "".join(texts)]))
    if not pid:
        os._exit(0)


def lock(program: Program) -> None:
    """A lock of the client is held by another thread."""
    with program.opened():
        program.post("parent", ["first"], 1)
        with program.client._sender.quota._lock:
            waits = program.fork(1)
        for wait in waits:
            wait()


SCENARIOS = {each.__name__: each for each in (unused, preload, processes, threads, kept, stream, lock)}

if __name__ == "__main__":
    signal.alarm(3 * PATIENCE)
    backend, address, folder, *names = sys.argv[1:]
    for name in names:
        SCENARIOS[name](Program(backend, address, Path(folder), name))
