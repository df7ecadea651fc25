"""Requests that cost, many at a time, and what must hold of them whatever the server did."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APIStatusError,
    AsyncCCAPI,
    CCAPIError,
    InternalServerError,
    RateLimitError,
    RetryPolicy,
)
from ccapi_client._http.retry import Outcome, error_failure
from ccapi_client._http.wire import TransportError
from ccapi_client.models import LegacyImageGenerationResponse

from .fault_server import AFTER_EXECUTION, BEFORE_EXECUTION, GOOD, FaultServer, answer_to

POLICY = RetryPolicy(max_attempts=15, base_delay=0.002, max_delay=0.01)
FAULTS = [*["ok"] * 7, "drip", "surplus", *BEFORE_EXECUTION * 2, *AFTER_EXECUTION]
AT_ONCE = 16
LIMIT = 4.0
"""The `timeout` of a client, in seconds: what a machine at work on other things needs for a response, and more."""
Results = dict[str, LegacyImageGenerationResponse | CCAPIError]


def post_all(client: CCAPI, prompts: Iterable[str]) -> Results:
    """What became of a request for each prompt."""
    results: Results = {}

    def post(prompt: str) -> None:
        try:
            results[prompt] = client.create_image(prompt=prompt)
        except CCAPIError as error:
            results[prompt] = error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(post, prompts))
    return results


async def post_all_async(client: AsyncCCAPI, prompts: Iterable[str]) -> Results:
    """The same."""
    results: Results = {}
    limit = anyio.CapacityLimiter(AT_ONCE)

    async def post(prompt: str) -> None:
        async with limit:
            try:
                results[prompt] = await client.create_image(prompt=prompt)
            except CCAPIError as error:
                results[prompt] = error

    async with anyio.create_task_group() as group:
        for prompt in prompts:
            group.start_soon(post, prompt)
    return results


def another_s(prompt: str, result: LegacyImageGenerationResponse | CCAPIError) -> bool:
    """Whether the result is what the service responded to another request."""
    if isinstance(result, CCAPIError):
        return isinstance(result, APIStatusError) and result.request_id != prompt
    return f'"{(result.data or [])[0].url}"'.encode() not in answer_to(prompt)


def check(server: FaultServer, results: Results, cut: int = 0) -> int:
    """Checks that each was executed at most once, and that none was given up that could be recovered.

    Args:
        server: What they were sent to.
        results: What became of them.
        cut: How many may have been cut off by something else than the server's response.

    Returns:
        How many were recovered.
    """
    assert max(server.executed.values()) == 1, "a POST was executed, and billed, twice"
    assert not [prompt for prompt, result in results.items() if another_s(prompt, result)], (
        "they got another's response"
    )
    recovered, were_cut = 0, list[object]()
    for prompt, result in results.items():
        faults = server.faults[prompt]
        assert all(fault in BEFORE_EXECUTION for fault in faults[:-1]), f"{prompt} was retried after {faults}"
        if isinstance(result, LegacyImageGenerationResponse):
            assert faults[-1] in GOOD
            recovered += len(faults) > 1
        elif isinstance(result, RateLimitError) or (
            isinstance(result, APIStatusError) and result.status_code in (425, 503)
        ):
            pytest.fail(f"{prompt}: given up after {faults} though it was never executed")
        else:
            assert isinstance(result, APIConnectionError | InternalServerError), repr(result)
            assert "refused" not in str(result).lower(), "given up though it was never delivered"
            if isinstance(result.__cause__, TransportError):
                assert error_failure(result.__cause__).outcome is Outcome.UNKNOWN
            if not faults or faults[-1] not in AFTER_EXECUTION:
                were_cut.append((prompt, faults, result))
    assert len(were_cut) <= server.hung_up + cut, f"given up for no reason: {were_cut}"
    return recovered
