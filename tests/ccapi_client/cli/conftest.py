"""What the tests of single commands run against."""

from collections.abc import Iterator
from pathlib import Path

import ccapi_sandbox
import pytest
from ccapi_sandbox import Sandbox

from .local import Local
from .processes import Processes


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=0.2, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def cli(server: Sandbox, tmp_path: Path) -> Local:
    server.reset()
    return Local(server, tmp_path)


@pytest.fixture
def process(cli: Local) -> Processes:
    """Runs commands in processes of their own, and in terminals."""
    return Processes(cli.sandbox, cli.folder)
