"""The fixture `ccapi_sandbox`, as a user's test suite has it."""

import subprocess
import sys
from pathlib import Path

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


def test_a_suite_of_a_user(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(SUITE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "test_mine.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
