"""What `progress=True` shows of waits."""

import io
import sys
from typing import Any

import pytest
from ccapi_client import JobUpdate
from ccapi_client._jobs import progress as module
from ccapi_client._jobs.progress import Bars, Lines, Progress
from ccapi_client.models import MultimodalImageGenerationResponse
from ccapi_openapi.api.images import get_image_job_operation
from rich.console import Console


def update(status: str = "pending", elapsed: float = 1.0, estimate: float | None = 3.0, name: str = "job-1") -> Any:
    return JobUpdate(MultimodalImageGenerationResponse(id=name, status=status), status, elapsed, estimate)


def shown(console: Console, *updates: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a console has in the end."""
    monkeypatch.setattr(module, "_display", lambda: Bars(console))
    with Progress(get_image_job_operation().job) as progress:
        for each in updates:
            progress(each)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(get_image_job_operation().job) as progress:
        progress(update())
        progress(update("completed", 2.5))
    captured = capsys.readouterr()
    assert captured.err == "job-1: pending after 1.0 s\njob-1: completed after 2.5 s\n"
    assert captured.out == ""


def test_lines_where_rich_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert isinstance(module._display(), Lines)


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_notebook_has_bars_where_its_widgets_are_installed(
    monkeypatch: pytest.MonkeyPatch, is_installed: bool
) -> None:
    monkeypatch.setattr(Console, "is_jupyter", True, raising=False)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    if not is_installed:
        monkeypatch.setitem(sys.modules, "ipywidgets", None)
    monkeypatch.setattr(module, "Bars", lambda console: "bars")
    assert (module._display() == "bars") == is_installed  # type: ignore[comparison-overlap]


def test_bars_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    steps = (update(), update(name="job-2", estimate=None), update("completed"), update("failed", name="job-2"))
    text = shown(console, *steps, monkeypatch=monkeypatch)
    last = text[text.rindex("job-1") :]
    assert "completed" in last
    assert "job-2" in last
    assert "failed" in last


def test_texts_of_the_service_control_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = update("pen\x1b]0;x\x07ding[red]\n", name="job\x1b[2J\r")
    with Progress(get_image_job_operation().job) as progress:
        progress(hostile)
    assert capsys.readouterr().err == "job [2J : pen ]0;x ding[red]  after 1.0 s\n"
    text = shown(Console(file=io.StringIO(), force_terminal=True, width=100), hostile, monkeypatch=monkeypatch)
    assert "\x1b]0" not in text
    assert "\x1b[2J" not in text
    assert "ding[red]" in text


def test_what_can_t_be_shown_ends_no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise OSError("the terminal is gone")

    monkeypatch.setattr(module, "_display", broken)
    with Progress(get_image_job_operation().job) as progress:
        progress(update())
