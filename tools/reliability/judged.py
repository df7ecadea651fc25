"""Puts Prism between the tests and every sandbox that they start: `pytest -p reliability.judged`.

Prism passes on whatever it finds against the contract, so that the tests run as ever, and writes it into a log.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ccapi_sandbox

from .prism import judge

LOGS = Path(os.environ.get("RELIABILITY_LOGS") or tempfile.mkdtemp())
RUNNING = ccapi_sandbox.running


@contextmanager
def running(**settings: Any) -> Iterator[ccapi_sandbox.Sandbox]:
    """A sandbox behind Prism, at the address of Prism."""
    with RUNNING(**settings) as sandbox, judge(sandbox.base_url, LOGS) as base_url:
        yield dataclasses.replace(sandbox, base_url=base_url)


ccapi_sandbox.running = running
