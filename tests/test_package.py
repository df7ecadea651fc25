"""What people install: the wheel, alone and with nothing else around."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .conftest import ROOT


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the source distribution."""
    folder = tmp_path_factory.mktemp("from-sdist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_wheel_holds_the_three_packages_and_their_type_markers(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"ccapi_client", "ccapi_openapi", "ccapi_sandbox"}
    assert {f"{top}/py.typed" for top in tops} <= set(names)


def test_core_runs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "empty", cwd=tmp_path)
    python = tmp_path / "empty" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(python, "-m", "pip", "install", "--disable-pip-version-check", wheel, cwd=tmp_path)
    installed = run(python, "-m", "pip", "list", "--format=freeze", cwd=tmp_path).lower()
    assert "pillow" not in installed
    assert run(python, "-c", "from ccapi_client import CCAPI; print(CCAPI('key'))", cwd=tmp_path).startswith("CCAPI(")
    without = subprocess.run([python, "-m", "ccapi_sandbox"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert without.returncode == 1
    assert "pip install 'ccapi-client[sandbox]'" in without.stderr.splitlines()[-1]
