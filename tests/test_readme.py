"""The README's programs do what it says, as they stand."""

import re
from pathlib import Path
from typing import Any

import ccapi_client
import pytest
from ccapi_sandbox import Sandbox
from PIL import Image

from .conftest import ROOT

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def test_there_are_programs() -> None:
    assert len(BLOCKS) >= 5


@pytest.mark.parametrize("block", BLOCKS)
def test_program(
    block: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Runs it with the sandbox in place of the service. A last line `# SomeError: why` is what it has to raise."""
    monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
    monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)
    monkeypatch.chdir(tmp_path)
    for name in ("photo.png", "mask.png"):
        Image.new("RGB", (64, 48)).save(tmp_path / name)
    scope: dict[str, Any] = {}
    told = re.search(r"^# (\w+Error): (.*)\Z", block.strip(), re.MULTILINE)
    if told:
        with pytest.raises(getattr(ccapi_client, told[1])) as caught:
            exec(block, scope)
        assert str(caught.value) == told[2]
        return
    exec(block, scope)
    for name in [name for name in scope if name.startswith("test_")]:
        sandbox.reset()
        scope[name](sandbox)
    if "save(" in block:
        (picture,) = (tmp_path / "pictures").iterdir()
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert str(picture.relative_to(tmp_path)) in capsys.readouterr().out
    if "create_speech" in block:
        assert (tmp_path / "hello.mp3").stat().st_size > 1000
    if "stream.text()" in block:
        assert "total_tokens" in capsys.readouterr().out
    if "iter_models" in block:
        assert "imaginepro/nano-banana" in capsys.readouterr().out.split()
    if "wait_for_image_jobs" in block:
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 100
        assert all("completed" in line for line in lines)
    client = scope.get("client")
    if client:
        client.close()
