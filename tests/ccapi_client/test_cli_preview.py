"""`--preview`: what a terminal shows of a picture."""

import sys
from pathlib import Path

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
