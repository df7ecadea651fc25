"""The page docs/interop.md: which outcomes of a call it accepts, and that it has every call and today's versions."""

import json
from unittest import mock

import pytest
from interop.__main__ import PROGRAMS, summary
from interop.calls import CALLS, outcome
from reliability.page import PAGE as RELIABILITY
from reliability.page import part_of

from .conftest import ROOT

PAGE = (ROOT / "docs" / "interop.md").read_text("utf-8")
NODE = ROOT / "tools" / "interop" / "node"


@pytest.mark.parametrize(
    ("name", "status", "message", "cell"),
    [
        ("chat", None, "", "passes"),
        ("n", 400, "Error code: 400 - n: 17 is more than 16", "400"),
        ("unknown-model", 400, "model: there is no chat model 'x' here; there are sandbox/babble", "400"),
        ("embeddings", 404, "It has: POST /v1/chat/completions, POST /v1/audio/speech.", "404"),
    ],
)
def test_an_outcome_that_says_why(name: str, status: int | None, message: str, cell: str) -> None:
    assert outcome(name, status, message) == cell


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("chat", None, "AssertionError: no text"),
        ("chat", 400, "messages: at least one is required"),
        ("chat", 404, "It has: POST /v1/chat/completions"),
        ("n", 400, "Bad request"),
        ("n", 400, "Setting `n` is not supported: the client's own error"),
        ("n", 500, "n: something"),
        ("unknown-model", 400, "model: there is no such model"),
        ("embeddings", 404, "Not Found"),
        ("embeddings", 400, ""),
    ],
)
def test_an_outcome_that_fails_the_session(name: str, status: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=name):
        outcome(name, status, message)


def test_the_page_has_every_call() -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| ")]
    assert [label for label in rows if label in {call.label for call in CALLS.values()}] == [
        call.label for call in CALLS.values()
    ]
    assert "fails" not in PAGE.partition("## Chat")[2]


def test_the_page_names_the_versions_that_are_pinned() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8").partition("\ninterop = [")[2].partition("]")[0]
    for line in project.splitlines():
        name, _, version = line.strip(' ",').partition("==")
        assert not version or f"`{name}` {version}" in PAGE
    pinned = json.loads((NODE / "package.json").read_text("utf-8"))["dependencies"]
    locked = json.loads((NODE / "package-lock.json").read_text("utf-8"))["packages"]
    for name, version in pinned.items():
        assert locked[f"node_modules/{name}"]["version"] == version
        assert name == "zod" or f"`{name}` {version} (npm)" in PAGE


def test_the_lock_file_names_no_host() -> None:
    locked = json.loads((NODE / "package-lock.json").read_text("utf-8"))["packages"].values()
    assert not [each["resolved"] for each in locked if "resolved" in each]


def test_the_summary_is_of_this_page() -> None:
    rows = [line.split("|")[2:-1] for line in PAGE.partition("## Chat")[2].splitlines() if line.startswith("| ")]
    columns = [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]
    columns = [[cell for cell in column if cell not in {program.title for program in PROGRAMS}] for column in columns]
    with mock.patch("interop.__main__._versions", lambda program: _line_of(program.title)):
        assert summary(columns) == part_of(RELIABILITY.read_text("utf-8"), "interop")


def _line_of(title: str) -> str:
    """What the page says of a program's packages."""
    return next(f"{line}\n" for line in PAGE.splitlines() if line.startswith(f"| {title} | `"))
