"""The fixture `ccapi_sandbox`, as a user's test suite has it."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ccapi_sandbox.settings import from_text

SUITE = """
import time
from ccapi_client import CCAPI, RateLimitError, RetryPolicy
import pytest

def test_a_job_takes_no_time(ccapi_sandbox):
    with CCAPI() as client:
        job = client.generate_images(contents=[{"text": "a fox"}])
        assert job.status == "pending"
        ccapi_sandbox.clock.advance(60)
        began = time.monotonic()
        assert client.get_image_job(job.id).status == "completed"
    assert [each.operation for each in ccapi_sandbox.requests] == ["generateImages", "getImageJob"]

def test_the_next_request_fails(ccapi_sandbox):
    assert ccapi_sandbox.requests == []
    ccapi_sandbox.fail_next("429;retry-after=7")
    with CCAPI(retry=RetryPolicy(max_attempts=1)) as client:
        with pytest.raises(RateLimitError) as caught:
            client.list_models()
        assert caught.value.retry_after == 7
        assert client.list_models().data
    assert [each.status for each in ccapi_sandbox.requests] == [429, 200]
"""


SETTINGS = """
import os
import time
from ccapi_client import CCAPI, ConflictError, RetryPolicy
import pytest

CCAPI("x", base_url="http://127.0.0.1:1/v1").close()  # the first one imports what it sends with

def submitted_and_waited():
    with CCAPI() as client:
        return client.wait_for_image_job(client.generate_images(contents=[{"text": "a fox"}]))

@pytest.mark.ccapi_sandbox(job_seconds=0)
def test_a_job_takes_no_time(ccapi_sandbox):
    def seconds():
        began = time.monotonic()
        assert submitted_and_waited().data
        return time.monotonic() - began

    assert min(seconds() for _ in range(10)) < 0.1  # what else runs on the machine may delay some

def test_the_ini_file(ccapi_sandbox):
    assert ccapi_sandbox.api_key == os.environ["CCAPI_API_KEY"] == "from-ini"
    with CCAPI() as client:
        assert 6 < client.generate_images(contents=[{"text": "a fox"}]).estimated_time < 9

@pytest.mark.ccapi_sandbox(idempotency="reject", api_key="of-the-class")
class TestMarks:
    def test_of_the_class(self, ccapi_sandbox):
        assert ccapi_sandbox.api_key == "of-the-class"
        with CCAPI() as client:
            client.create_image(prompt="x", idempotency_key="k")
            with pytest.raises(ConflictError):
                client.create_image(prompt="x", idempotency_key="k")

    @pytest.mark.ccapi_sandbox(api_key="of-the-test", fetch_from=["https://x.example"])
    def test_the_closest_wins(self, ccapi_sandbox):
        assert ccapi_sandbox.api_key == "of-the-test"
        with CCAPI() as client:
            client.create_image(prompt="x", idempotency_key="k")
            with pytest.raises(ConflictError):
                client.create_image(prompt="x", idempotency_key="k")

@pytest.fixture
def left():  # is torn down after the sandbox, which would say that they are unused
    sandboxes = []
    yield sandboxes
    for each in sandboxes:
        each.reply("Hello!", times=9)
        each.fail_next("503;times=9")

@pytest.mark.parametrize("number", range(10))
def test_each_is_as_if_just_started(left, ccapi_sandbox, number):
    assert (ccapi_sandbox.requests, ccapi_sandbox.unused) == ([], [])
    left.append(ccapi_sandbox)
    with CCAPI(retry=RetryPolicy(max_attempts=1)) as client:
        assert client.list_models(limit=1).data
"""

MANY = """
import threading
import pytest

@pytest.mark.parametrize("number", [pytest.param(n, marks=pytest.mark.ccapi_sandbox(seed=n)) for n in range(12)])
def test_one_of_many_settings(ccapi_sandbox, number):
    assert sum(thread.name == "ccapi-sandbox" for thread in threading.enumerate()) <= 8

@pytest.mark.ccapi_sandbox(seed=11)
def test_the_same_again(ccapi_sandbox):
    assert sum(thread.name == "ccapi-sandbox" for thread in threading.enumerate()) <= 8

URLS = {}
USED = (*range(20, 28), 20, 28, 20)

@pytest.mark.parametrize("number", [pytest.param(n, marks=pytest.mark.ccapi_sandbox(seed=n)) for n in USED])
def test_what_was_used_last_stays(ccapi_sandbox, number):
    assert URLS.setdefault(number, ccapi_sandbox.base_url) == ccapi_sandbox.base_url
"""


OTHERS = """
import asyncio

import ccapi_client
import pytest

@pytest.fixture
def seen(ccapi_sandbox):
    assert ccapi_sandbox.requests == []
    return ccapi_sandbox

@pytest.mark.parametrize("number", range(4))
def test_blocking(seen, number):
    with ccapi_client.CCAPI() as client:
        assert client.create_chat_completion(model="sandbox/babble", messages=[{"role": "user", "content": "x"}]).id
    assert [each.status for each in seen.requests] == [200]

@pytest.mark.asyncio
@pytest.mark.parametrize("number", range(4))
async def test_in_a_loop(seen, number):
    async with ccapi_client.AsyncCCAPI() as client:
        models = await asyncio.gather(*(client.list_models() for _ in range(3)))
    assert all(each.data for each in models)
    assert [each.status for each in seen.requests] == [200] * 3

@pytest.mark.ccapi_sandbox(job_seconds=0)
class TestMarks:
    @pytest.mark.asyncio
    @pytest.mark.parametrize("number", range(4))
    async def test_of_the_class(self, seen, number):
        async with ccapi_client.AsyncCCAPI() as client:
            job = await client.generate_images(contents=[{"text": "a fox"}])
            assert (await client.wait_for_image_job(job)).data
"""
NO_OTHERS = ("-p", "no:asyncio", "-p", "no:randomly", "-p", "no:xdist")


PYTEST = (sys.executable, "-m", "pytest", "-q", "-W", "error", "--strict-markers")


def run(path: Path, suite: str, *options: str, others: tuple[str, ...] = NO_OTHERS) -> subprocess.CompletedProcess[str]:
    (path / "test_mine.py").write_text(suite)
    return subprocess.run(
        # schemathesis would take as long to load as the rest.
        [*PYTEST, "-p", "no:schemathesis", *others, *options, "test_mine.py"],
        cwd=path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_suite_of_a_user(tmp_path: Path) -> None:
    done = run(tmp_path, SUITE)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\nccapi_sandbox_job_seconds = 6:9\nccapi_sandbox_api_key = from-ini\n"),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\nccapi_sandbox_job_seconds = "6:9"\nccapi_sandbox_api_key = "from-ini"\n',
        ),
    ],
)
def test_settings(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    done = run(tmp_path, SETTINGS)
    assert done.returncode == 0, done.stdout
    assert "14 passed" in done.stdout


def test_the_order_of_tests_and_other_runs_do_not_matter(tmp_path: Path) -> None:
    """As pytest-randomly and pytest-xdist have it: any order, and several processes at once."""
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nccapi_sandbox_job_seconds = 6:9\nccapi_sandbox_api_key = from-ini\n"
    )
    (tmp_path / "conftest.py").write_text("def pytest_collection_modifyitems(items):\n    items.reverse()\n")
    with ThreadPoolExecutor() as pool:
        for done in pool.map(lambda _: run(tmp_path, SETTINGS, "-p", "no:cacheprovider"), range(2)):
            assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "others",
    [
        ("-p", "no:randomly", "-p", "no:xdist", "--asyncio-mode=strict"),
        ("-p", "no:xdist", "--randomly-seed=1"),
        ("-n", "2", "--randomly-seed=2", "--asyncio-mode=auto"),
    ],
    ids=["asyncio", "randomly", "all, xdist too"],
)
def test_other_plugins(tmp_path: Path, others: tuple[str, ...]) -> None:
    """An option of one that is not loaded would end the run with an error."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    done = run(tmp_path, OTHERS, "-p", "no:cacheprovider", others=others)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 passed" in done.stdout


def test_many_settings_do_not_keep_as_many_servers(tmp_path: Path) -> None:
    done = run(tmp_path, MANY)
    assert done.returncode == 0, done.stdout
    assert "24 passed" in done.stdout


WRONG = {
    "job_second=0": "job_second: no such setting; there are api_key, job_seconds",
    "'seed'": "seed: no such setting; there are api_key",
    "job_seconds=-1": "job_seconds: seconds of 0 or more are expected, not -1",
    "job_seconds='soon'": "job_seconds: seconds are expected, as 3 or 5:60, not 'soon'",
    "strict=1": "strict: true or false is expected, not 1",
    "api_key=7": "api_key: a text is expected, not 7",
    "fetch_from='https://x.example'": "fetch_from: a tuple of texts is expected, not 'https://x.example'",
}


UNUSED = """
import pytest
from ccapi_client import CCAPI

def ask():
    with CCAPI() as client:
        client.create_chat_completion(model="sandbox/babble", messages=[{"role": "user", "content": "hello"}])

def test_some_are_left(ccapi_sandbox):
    ccapi_sandbox.reply("Hello!", times=3)
    ccapi_sandbox.reply(lambda request: None, to="images")
    ask()
    ccapi_sandbox.fail_next("503")
    assert len(ccapi_sandbox.unused) == 3

def test_none_is_left(ccapi_sandbox):
    ccapi_sandbox.reply("Hello!")
    ccapi_sandbox.reply(lambda request: None)
    ask()
    ask()
    assert ccapi_sandbox.unused == []

def test_that_is_intended(ccapi_sandbox):
    ccapi_sandbox.fail_next("503")
    ccapi_sandbox.reset()

def test_skips_then(ccapi_sandbox):
    ccapi_sandbox.fail_next("503")
    pytest.skip("not here")

@pytest.mark.xfail
def test_fails_as_expected(ccapi_sandbox):
    ccapi_sandbox.fail_next("503")
    assert False
"""


def test_what_no_request_has_used_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, UNUSED)
    assert "3 passed, 1 skipped, 1 xfailed, 1 error" in done.stdout, done.stdout
    assert (
        "ccapi_sandbox: no request has used reply: 2 to chats; reply: 1 to images; fail_next: 1 of 503. If that is intended, "
        "call ccapi_sandbox.reset() in the test"
    ) in done.stdout


def test_a_wrong_setting_is_told(tmp_path: Path) -> None:
    tests = [f"@pytest.mark.ccapi_sandbox({mark})\ndef test_{n}(ccapi_sandbox): ...\n" for n, mark in enumerate(WRONG)]
    done = run(tmp_path, "\n".join(["import pytest", *tests]))
    assert f"{len(WRONG)} errors" in done.stdout
    assert [problem for problem in WRONG.values() if f"ccapi_sandbox: {problem}" not in done.stdout] == []


def test_a_wrong_text_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "def test(ccapi_sandbox): ...\n", "-o", "ccapi_sandbox_job_seconds=soon")
    assert "ccapi_sandbox: job_seconds: seconds are expected, as 3 or 5:60, not 'soon'" in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("job_seconds", "0", 0.0),
        ("job_seconds", "5:60", (5.0, 60.0)),
        ("strict", "True", True),
        ("strict", "false", False),
        ("ledger", "7", 7),
        ("balance", "0.5", 0.5),
        ("requests_per_minute", "7", 7),
        ("fault", "503;times=2", "503;times=2"),
        ("idempotency", "replay", "replay"),
        ("fetch_from", "https://a.example https://b.example", ("https://a.example", "https://b.example")),
        ("job_seconds", "5:", "job_seconds: seconds are expected, as 3 or 5:60, not '5:'"),
        ("strict", "perhaps", "strict: true or false is expected, not 'perhaps'"),
        ("ledger", "1.5", "ledger: a whole number is expected, not '1.5'"),
        ("balance", "x", "balance: a number is expected, not 'x'"),
    ],
)
def test_settings_as_texts(name: str, text: str, value: object) -> None:
    if isinstance(value, str) and value.startswith(f"{name}: "):
        with pytest.raises(ValueError, match=f"^{re.escape(value)}$"):
            from_text(name, text)
    else:
        assert from_text(name, text) == value


def test_the_plugin_costs_nothing_where_the_extra_is_not_installed() -> None:
    """pytest loads it in every run."""
    loaded = "import sys, ccapi_sandbox.pytest_plugin; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert not {"starlette", "uvicorn", "PIL", "yaml", "openapi_core", "jsonschema", "httpx"} & set(done.stdout.split())
