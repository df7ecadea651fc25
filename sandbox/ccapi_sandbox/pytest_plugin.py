"""A fixture for the tests of programs that use CCAPI: `ccapi_sandbox`.

```python
@pytest.mark.ccapi_sandbox(job_seconds=0)
def test_my_program(ccapi_sandbox):
    ccapi_sandbox.fail_next("429;retry-after=1")
    my_program()  # finds CCAPI_BASE_URL and CCAPI_API_KEY in its environment
    assert ccapi_sandbox.requests[-1].status == 202
```
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from .settings import Settings, from_text

if TYPE_CHECKING:
    from ccapi_sandbox import Sandbox

MARK = "ccapi_sandbox"
HAS_PASSED = pytest.StashKey[bool]()
MOST_SERVERS = 8
"""How many sandboxes run at once, each with settings of its own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds an option of the ini file for each setting: `ccapi_sandbox_job_seconds = 0`."""
    for each in fields(Settings):
        parser.addini(f"{MARK}_{each.name}", f"ccapi_sandbox: {each.metadata['help']}", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the mark."""
    config.addinivalue_line("markers", f"{MARK}(job_seconds=0, ...): settings of the sandbox of this test")


@pytest.fixture(scope="session")
def _ccapi_sandbox_server() -> "Iterator[Callable[[Settings], Sandbox]]":
    """A running sandbox with these settings: only the first test that has them waits for its start."""
    import ccapi_sandbox

    running: dict[Settings, tuple[ccapi_sandbox.Sandbox, ExitStack]] = {}
    with ExitStack() as all_of_them:

        def server(settings: Settings) -> ccapi_sandbox.Sandbox:
            if settings not in running:
                if len(running) == MOST_SERVERS:
                    running.pop(next(iter(running)))[1].close()
                own = all_of_them.enter_context(ExitStack())
                arguments: Any = vars(settings)
                running[settings] = own.enter_context(ccapi_sandbox.running(**arguments)), own
            running[settings] = running.pop(settings)  # the one that was used last is closed last
            return running[settings][0]

        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remembers whether the test has passed: the fixture asks nothing of one that failed."""
    report = yield
    if report.when == "call":
        item.stash[HAS_PASSED] = report.passed
    return report


@pytest.fixture
def ccapi_sandbox(
    _ccapi_sandbox_server: "Callable[[Settings], Sandbox]",
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> "Iterator[Sandbox]":
    """A local CCAPI gateway, as if just started, with the environment set so that clients find it.

    `base_url` and `api_key` are for a client; `reply("Hello!")` scripts the response to the next chat; `fail_next("503")`
    makes the next request fail; `requests` lists the requests, which of them were executed, and what each was billed;
    after `clock.advance(60)`, jobs have advanced as if a minute had passed. Its settings are those of the ini file
    (`ccapi_sandbox_job_seconds`) and of the marks, the closest last: `@pytest.mark.ccapi_sandbox(job_seconds=0)`.

    A test that passes and leaves a reply or a fault unused fails when it ends, unless it calls `reset()`.
    """
    sandbox = _ccapi_sandbox_server(_settings(request))
    sandbox.reset()
    monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
    yield sandbox
    if request.node.stash.get(HAS_PASSED, False) and (unused := sandbox.unused):
        pytest.fail(
            f"{MARK}: no request has used {'; '.join(unused)}. If that is intended, call {MARK}.reset() in the test",
            pytrace=False,
        )


def _settings(request: pytest.FixtureRequest) -> Settings:
    """The settings for a test.

    Raises:
        pytest.UsageError: One of them can't be used.
    """
    names = [each.name for each in fields(Settings)]
    given: dict[str, Any] = {}
    try:
        for name in names:
            if text := request.config.getini(f"{MARK}_{name}"):
                given[name] = from_text(name, text)
        for mark in reversed(list(request.node.iter_markers(MARK))):
            unknown = [str(each) for each in (*mark.args, *mark.kwargs) if each not in names or each in mark.args]
            if unknown:
                raise ValueError(f"{unknown[0]}: no such setting; there are {', '.join(names)}, each with a value")
            given |= mark.kwargs
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
        return Settings(**given)
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"{MARK}: {error}") from None
