"""`--preview`: what a terminal shows of a picture."""

import os
import sys
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
from ccapi_sandbox import Sandbox
from terminal import HALF, Terminal


def test_a_picture_keeps_its_shape(sandbox: Sandbox, tmp_path: Path) -> None:
    """In cells that are twice as high as wide, whose half blocks are squares."""
    sandbox.reset()
    terminal = Terminal(tmp_path, {"CCAPI_BASE_URL": sandbox.base_url, "CCAPI_API_KEY": sandbox.api_key})
    model = "black-forest-labs/flux-schnell"
    terminal.run(f"{sys.executable} -m ccapi_client.cli image 'a fox' --model {model} --size 240x80 --preview -o fox")
    rows = [line.count(HALF) for line in terminal.lines() if HALF in line]
    assert rows == [60] * 10


def test_a_terminal_that_does_not_say_how_large_its_cells_are(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.reset()
    command = ["-m", "ccapi_client.cli", "image", "a fox", "--size", "16x16", "--preview", "-o", "fox.png"]
    environment = {**os.environ, "CCAPI_BASE_URL": sandbox.base_url, "CCAPI_API_KEY": sandbox.api_key, "TERM": "xterm"}
    terminal = pexpect.spawn(
        sys.executable, command, cwd=str(tmp_path), env=environment, encoding="utf-8", timeout=60, dimensions=(40, 80)
    )
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    shown = str(terminal.before)
    assert HALF in shown
    assert "Traceback" not in shown
