"""A fixture for the tests of programs that use CCAPI: `ccapi_sandbox`.

```python
def test_my_program(ccapi_sandbox):
    ccapi_sandbox.fail_next("429;retry-after=1")
    my_program()  # finds CCAPI_BASE_URL and CCAPI_API_KEY in its environment
    assert ccapi_sandbox.requests[-1].status == 202
```
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ccapi_sandbox import Sandbox


@pytest.fixture(scope="session")
def _ccapi_sandbox_server() -> "Iterator[Sandbox]":
    """One sandbox for all tests of a run: only the first waits for its start."""
    import ccapi_sandbox

    with ccapi_sandbox.running() as sandbox:
        yield sandbox


@pytest.fixture
def ccapi_sandbox(_ccapi_sandbox_server: "Sandbox", monkeypatch: pytest.MonkeyPatch) -> "Sandbox":
    """A local CCAPI gateway, as if just started, with the environment set so that clients find it.

    `base_url` and `api_key` are for a client; `fail_next("503")` makes the next request fail; `requests` lists the
    requests, which of them were executed, and what each was billed; after `clock.advance(60)`, jobs have advanced as if
    a minute had passed.
    """
    _ccapi_sandbox_server.reset()
    monkeypatch.setenv("CCAPI_BASE_URL", _ccapi_sandbox_server.base_url)
    monkeypatch.setenv("CCAPI_API_KEY", _ccapi_sandbox_server.api_key)
    return _ccapi_sandbox_server
