"""Serves the weights of a file on a port, `python llama_server.py FILE PORT`, with templates for tools, unlike the sandbox.

The key that it accepts is in `LLAMA_KEY`.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any

xllamacpp: Any = importlib.import_module("xllamacpp")  # it has no types
params = xllamacpp.CommonParams()
params.model.path, params.port = sys.argv[1], int(sys.argv[2])
params.model_alias = {"smollm2-135m"}
params.hostnames = ["127.0.0.1"]
params.api_keys = [os.environ["LLAMA_KEY"]]
params.use_jinja = True
params.ui = False
params.n_gpu_layers = 0
params.fit_params = False
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.n_parallel, params.n_ctx = 4, 8192
params.cache_prompt, params.cache_ram_mib = False, 0
server = xllamacpp.Server(params)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
os._exit(0)  # a clean exit would first finish the answers in flight
