"""The programs and commands of the README and of the guide do what they say, as they stand."""

import ast
import asyncio
import dataclasses
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccapi_client
import ccapi_client.batch
import pytest
from ccapi_client.cli.app import COMMANDS
from ccapi_sandbox import Sandbox
from ccapi_sandbox.faults import KINDS
from ccapi_sandbox.settings import Settings
from distributed import LocalCluster
from PIL import Image

from .conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]


def blocks(language: str) -> list[Any]:
    return [
        pytest.param(page.name, block, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, block in enumerate(
            re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        )
    ]


@pytest.fixture(autouse=True)
def _place(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stands in for a reader: the sandbox in place of the service, and a folder with what the programs read."""
    sandbox.reset()
    monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
    monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)
    monkeypatch.chdir(tmp_path)
    for name in ("photo.png", "mask.png"):
        Image.new("RGB", (64, 48)).save(tmp_path / name)
    (tmp_path / "chapter.txt").write_text("Good morning.")


@pytest.fixture
def _scheduler(block: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cluster of Dask in this process, for a program that needs one."""
    if "DASK_SCHEDULER_ADDRESS" not in block:
        yield
        return
    address: Any = {"host": "tcp://127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    made: Any = LocalCluster(n_workers=2, threads_per_worker=1, processes=False, **address)
    with made as cluster:
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", cluster.scheduler_address)
        yield


def test_every_page_that_shows_how_has_programs() -> None:
    with_programs = {block.values[0] for block in [*blocks("python"), *blocks("sh")]}
    assert {page.name for page in PAGES} - with_programs == {"how-it-is-built.md"}


def test_no_program_escapes_its_check() -> None:
    """A program stands in a block that is executed and type-checked, at the start of a line, by its one name."""
    for page in [*PAGES, *(ROOT / "docs" / "guide" / "reference").glob("*.md")]:
        text = page.read_text("utf-8")
        named = re.findall(r"^[^\w\n]*(?:```|~~~)[^\w\n]*py.*$", text, re.MULTILINE | re.IGNORECASE)
        assert set(named) <= {"```python"}, page.name
        for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            is_program = re.search(r"^(import|from|with|def|class|async) ", block, re.MULTILINE)
            assert language == "python" or not is_program, page.name


@pytest.mark.usefixtures("_scheduler")
@pytest.mark.parametrize(("page", "block"), blocks("python"))
def test_program(page: str, block: str, sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs it. A last line `# SomeError: why` is what it has to raise, `print(…)  # text` what it has to print."""
    scope: dict[str, Any] = {}
    told = re.search(r"^# (\w+Error): (.*)\Z", block.strip(), re.MULTILINE)
    if told:
        with pytest.raises(getattr(ccapi_client, told[1])) as caught:
            execute(block, scope)
        assert str(caught.value) == told[2]
        return
    execute(block, scope)
    for name in [name for name in scope if name.startswith("test_")]:
        sandbox.reset()
        scope[name](sandbox)
    out = capsys.readouterr().out
    for expected in re.findall(r"^ *print\(.*\)  # (.+)$", block, re.MULTILINE):
        assert expected in out.splitlines()
    if page == "README.md":
        check_readme(block, out, tmp_path)
    check_guide(page, block, out, tmp_path)
    client = scope.get("client")
    if isinstance(client, ccapi_client.CCAPI):
        client.close()


def execute(program: str, scope: dict[str, Any]) -> None:
    """Executes a program; one for a notebook may await."""
    done = eval(compile(program, "program", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), scope)
    if inspect.iscoroutine(done):
        asyncio.run(done)


def check_readme(block: str, out: str, folder: Path) -> None:
    if "save(" in block:
        (picture,) = (folder / "pictures").iterdir()
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert str(picture.relative_to(folder)) in out
    if "stream.text()" in block:
        assert "total_tokens" in out


def check_guide(page: str, block: str, out: str, folder: Path) -> None:
    if page == "speech.md":
        assert (folder / "morning.wav").stat().st_size > 1000
    if page == "calls.md" and "iter_models" in block:
        assert "imaginepro/nano-banana" in out.split()
    if page == "waiting.md" and "AsyncIterator" in block:
        lines = out.splitlines()
        assert len(lines) == 100
        assert all("completed" in line for line in lines)


SERVER = re.compile(r"(python -m ccapi_sandbox|ccapi sandbox)(?![.\w])")


def commands() -> list[Any]:
    """The lines with commands of ours, and the exit code that each has to have."""
    found = []
    for block in blocks("sh"):
        page, text = block.values
        if str(text).startswith("printf "):  # its commands work on what the ones before them have left
            found.append(pytest.param(script(str(text)), 0, id=block.id))
            continue
        for line in str(text).splitlines():
            command, _, code = line.partition("  # exit code ")
            if re.search(r"(^|\| )(ccapi |python -m ccapi_sandbox\.conformance --list)", command) or SERVER.match(
                command
            ):
                found.append(pytest.param(command, int(code or 0), id=f"{page}: {command}"))
    return found


def script(block: str) -> str:
    """The lines of a block as one command, which fails with the first of them whose exit code isn't the one told."""
    lines = [line.partition("  # exit code ") for line in block.splitlines()]
    return "\n".join(f"{line}; test $? = {code or 0} || exit 1" for line, _, code in lines)


def bash(command: str) -> list[str]:
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("there is no bash")
    return [shell, "-o", "pipefail", "-c", command]


@pytest.mark.parametrize(("command", "code"), commands())
def test_command(command: str, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Runs it as a reader would type it; a sandbox until it serves."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    if SERVER.match(command):
        # Not at the port that it says: something may listen there.
        with subprocess.Popen(
            bash(f"exec {command} --port 0"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("The CCAPI sandbox serves at http://127.0.0.1:")
            process.terminate()
        return
    done = subprocess.run(
        bash(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    output = re.search(r" -o (\S+[^/\s])(\s|$)", command)
    if output and code == 0 and "\n" not in command:
        assert (tmp_path / shlex.split(output[1])[0]).stat().st_size > 0


def test_the_guide_names_all_there_is() -> None:
    """Errors, commands, faults, settings: what is added has to be told."""
    guide = ROOT / "docs" / "guide"
    errors = {name for name in ccapi_client.__all__ if name.endswith("Error")}
    told = (guide / "errors.md").read_text("utf-8")
    assert {name for name in errors if f"`{name}`" not in told} == set()
    told = (guide / "reference" / "errors.md").read_text("utf-8")
    assert {name for name in errors if f"::: ccapi_client.{name}\n" not in told} == set()
    told = "\n".join(page.read_text("utf-8") for page in (guide / "reference").glob("*.md")).replace(
        "openapi.operations", "client"
    )
    names = {*ccapi_client.__all__, *(f"batch.{name}" for name in ccapi_client.batch.__all__)} - {"__version__"}
    assert {name for name in names if f"::: ccapi_client.{name}\n" not in told} == set()
    told = (guide / "command-line.md").read_text("utf-8")
    assert {name for name in COMMANDS if f"`ccapi {name}`" not in told} == set()
    told = (guide / "testing.md").read_text("utf-8")
    assert {name for name in KINDS if f"`{name}`" not in told} == {"400 ... 599"}
    told = (guide / "reference" / "sandbox.md").read_text("utf-8")
    rows = {f"\n| `{each.name}` | {each.metadata['help']} |" for each in dataclasses.fields(Settings)}
    assert {row for row in rows if row not in told} == set()


def test_the_tests_that_are_named_are_there() -> None:
    named = set(re.findall(r"`(test_\w+\.py)`", (ROOT / "docs" / "guide" / "security.md").read_text("utf-8")))
    assert named
    assert named - {path.name for path in (ROOT / "tests").rglob("test_*.py")} == set()


def test_the_sessions_that_are_named_are_there() -> None:
    sessions = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE))
    pages = [*PAGES, ROOT / "CONTRIBUTING.md"]
    assert {name for page in pages for name in re.findall(r"nox -s (\w+)", page.read_text("utf-8"))} <= sessions


def test_the_readme_is_a_page_and_its_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 130
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    for path, _, anchor in (link.partition("#") for link in links if "://" not in link):
        target = ROOT / (path or "README.md")
        assert target.is_file()
        headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE) if anchor else []
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs, f"{path}#{anchor}"
