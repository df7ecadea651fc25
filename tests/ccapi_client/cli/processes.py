"""Runs commands in processes of their own, and in terminals: what `Local` does in a fraction of the time, but for these."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]
from ccapi_sandbox import Sandbox

COMMAND = [sys.executable, "-m", "ccapi_client.cli"]


class Processes:
    """`ccapi` with the key and the address of a sandbox."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.folder, self.sandbox = folder, sandbox
        kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        self.environment = {
            **kept,
            "CCAPI_BASE_URL": sandbox.base_url,
            "CCAPI_API_KEY": sandbox.api_key,
            "PYTHONWARNINGS": "error",
            "TERM": "xterm",
        }

    def __call__(
        self, *arguments: str, input: str = "", environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment | (environment or {}),
            input=input,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def json(self, *arguments: str, **more: Any) -> Any:
        done = self(*arguments, "--json", **more)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    def terminal(self, *arguments: str, **environment: str) -> Any:
        return pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            cwd=str(self.folder),
            env=self.environment | environment,
            encoding="utf-8",
            timeout=30,
            dimensions=(40, 120),
        )
