"""What a second request with the same `Idempotency-Key` gets, by the setting, as both clients see it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ccapi_sandbox
import httpx
import pytest
from ccapi_client import APIStatusError, APITimeoutError, ConflictError, RetryPolicy, Timeout
from ccapi_sandbox import Received, Sandbox
from ccapi_sandbox.__main__ import _parser

from ..scripted import ClientClass
from .conftest import call

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
CHAT = {"model": "sandbox/babble", "messages": HELLO}
ONCE = RetryPolicy(max_attempts=1)


@contextmanager
def served(**settings: Any) -> Iterator[tuple[Sandbox, httpx.Client]]:
    """A sandbox, and a client that sends one key."""
    with ccapi_sandbox.running(strict=True, **settings) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}", "Idempotency-Key": "k"}
        with httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=30) as http:
            yield sandbox, http


def create(client_class: ClientClass, sandbox: Sandbox, key: str = "k", **body: Any) -> Any:
    body = {"prompt": "a fox", "size": "8x8", "idempotency_key": key} | body
    return call(client_class, sandbox, lambda client: client.create_image(**body), retry=ONCE)


def test_nothing_is_promised_by_default(client_class: ClientClass) -> None:
    with ccapi_sandbox.running() as sandbox:
        assert create(client_class, sandbox).id != create(client_class, sandbox).id
        assert [entry.executed for entry in sandbox.requests] == [True, True]


def test_a_replay(client_class: ClientClass) -> None:
    with ccapi_sandbox.running(idempotency="replay", balance=1) as sandbox:
        first = create(client_class, sandbox)
        assert create(client_class, sandbox) == first
        assert create(client_class, sandbox, "other").id != first.id
        found = [(entry.executed, entry.billed, entry.status, entry.model) for entry in sandbox.requests]
        model = "stabilityai/stable-diffusion-xl-1024-v1-0"
        assert found == [(True, 0.009, 200, model), (False, 0.0, 200, model), (True, 0.009, 200, model)]
        sandbox.reset()
        assert create(client_class, sandbox).id != first.id


def test_a_second_request_is_rejected(client_class: ClientClass) -> None:
    with ccapi_sandbox.running(idempotency="reject") as sandbox:
        create(client_class, sandbox)
        for prompt in ("a fox", "a hen"):
            with pytest.raises(ConflictError, match="a request with this key was sent before"):
                create(client_class, sandbox, prompt=prompt)
        create(client_class, sandbox, "other")
        assert [entry.executed for entry in sandbox.requests] == [True, False, False, True]


def test_another_request_with_the_same_key_is_an_error(client_class: ClientClass) -> None:
    with ccapi_sandbox.running(idempotency="replay") as sandbox:
        create(client_class, sandbox)
        with pytest.raises(APIStatusError, match="use a new key") as caught:
            create(client_class, sandbox, prompt="a hen")
        assert (caught.value.status_code, caught.value.code) == (422, "idempotency_key_reused")


def test_a_replay_says_so() -> None:
    with served(idempotency="replay") as (_, http):
        responses = [http.post("/chat/completions", json=CHAT) for _ in range(2)]
        assert [each.headers.get("idempotent-replayed") for each in responses] == [None, "true"]
        assert responses[0].json() == responses[1].json()
        assert responses[0].headers["x-request-id"] != responses[1].headers["x-request-id"]
        assert http.get("/models").status_code == 200  # a key means nothing there


@pytest.mark.parametrize("mode", ["replay", "reject"])
def test_a_key_is_remembered_for_a_time(mode: str) -> None:
    with served(idempotency=mode, idempotency_seconds=100) as (sandbox, http):
        for _ in range(2):
            assert http.post("/chat/completions", json=CHAT).status_code == 200
            sandbox.clock.advance(99)
            http.post("/chat/completions", json=CHAT)
            sandbox.clock.advance(1)
        assert [entry.executed for entry in sandbox.requests] == [True, False] * 2


@pytest.mark.parametrize("mode", ["replay", "reject"])
def test_what_was_not_executed_is_not_remembered(mode: str) -> None:
    with served(idempotency=mode) as (sandbox, http):
        sandbox.fail_next("503")
        sandbox.reply(status=500)
        statuses = [http.post("/chat/completions", json=CHAT | {"model": model}).status_code for model in ("none", "a")]
        statuses += [http.post("/chat/completions", json=CHAT | {"model": "none"}).status_code]
        statuses += [http.post("/chat/completions", json=CHAT).status_code]
    assert statuses == [503, 500, 400, 200]


def test_a_response_that_was_lost_is_replayed() -> None:
    with served(idempotency="replay") as (sandbox, http):
        for fault, is_lost in (("500;executed=true", False), ("cut-body", True)):
            sandbox.reset()
            sandbox.fail_next(fault)
            if is_lost:
                with pytest.raises(httpx.RemoteProtocolError):
                    http.post("/chat/completions", json=CHAT)
            else:
                assert http.post("/chat/completions", json=CHAT).status_code == 500
            assert http.post("/chat/completions", json=CHAT).json()["choices"]
            assert [entry.executed for entry in sandbox.requests] == [True, False]


def test_a_stream_is_replayed_whole_even_if_it_was_cut() -> None:
    with served(idempotency="replay") as (sandbox, http):
        body = CHAT | {"stream": True}
        sandbox.fail_next("cut-stream")
        with pytest.raises(httpx.RemoteProtocolError):
            http.post("/chat/completions", json=body)
        second, third = (http.post("/chat/completions", json=body) for _ in range(2))
        assert second.text == third.text
        assert second.text.endswith("data: [DONE]\n\n")
        assert second.headers["idempotent-replayed"] == "true"
        assert [entry.executed for entry in sandbox.requests] == [True, False, False]


@pytest.mark.parametrize(("mode", "statuses"), [("replay", [200, 200]), ("reject", [200, 409])])
def test_a_request_that_is_in_flight(mode: str, statuses: list[int]) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(request: Received) -> str:
        entered.set()
        assert leave.wait(20)
        return f"Hello, {request.idempotency_key}!"

    with served(idempotency=mode) as (sandbox, http):
        sandbox.reply(slow)
        found: list[httpx.Response] = []
        threads = [threading.Thread(target=lambda: found.append(http.post("/chat/completions", json=CHAT)))]
        threads[0].start()
        assert entered.wait(20)
        if mode == "reject":
            assert http.post("/chat/completions", json=CHAT).status_code == 409
        else:
            threads.append(threading.Thread(target=lambda: found.append(http.post("/chat/completions", json=CHAT))))
            threads[1].start()
        leave.set()
        for thread in threads:
            thread.join()
        assert {each.json()["choices"][0]["message"]["content"] for each in found} == {"Hello, k!"}
        assert sorted(entry.status or 0 for entry in sandbox.requests) == statuses
        assert sum(entry.executed for entry in sandbox.requests) == 1


def test_the_next_takes_the_place_of_a_first_that_fails() -> None:
    entered, leave = threading.Event(), threading.Event()

    def failing(request: Received) -> str:
        entered.set()
        assert leave.wait(20)
        raise ValueError

    with served(idempotency="replay") as (sandbox, http):
        sandbox.reply(failing, times=1)
        sandbox.reply("Hello!")
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda: found.append(http.post("/chat/completions", json=CHAT).status_code))
            for _ in range(2)
        ]
        threads[0].start()
        assert entered.wait(20)
        threads[1].start()
        leave.set()
        for thread in threads:
            thread.join()
        assert sorted(found) == [200, 400]


def test_a_client_that_gives_up_and_retries_is_billed_once(client_class: ClientClass) -> None:
    """The delay is after the execution, so the retry finds the response."""
    limit = Timeout(connect=20, read=1.5)  # executed within, on a busy machine too
    with ccapi_sandbox.running(idempotency="replay", delay_after=30) as sandbox:
        with pytest.raises(APITimeoutError):
            call(client_class, sandbox, lambda client: client.create_image(prompt="x"), retry=ONCE, timeout=limit)
        (entry,) = sandbox.requests
        assert (entry.executed, entry.billed) == (True, 0.009)
        key = entry.idempotency_key
        found = call(
            client_class, sandbox, lambda client: client.create_image(prompt="x", idempotency_key=key), timeout=20
        )
        assert found.data
        assert [entry.executed for entry in sandbox.requests] == [True, False]


def test_a_delay_before_the_execution(client_class: ClientClass) -> None:
    limit = Timeout(connect=20, read=1)
    with ccapi_sandbox.running(delay_before=30) as sandbox:
        call(client_class, sandbox, lambda client: client.list_models(), timeout=20)
        with pytest.raises(APITimeoutError):
            call(client_class, sandbox, lambda client: client.create_image(prompt="x"), retry=ONCE, timeout=limit)
        assert [(entry.method, entry.executed) for entry in sandbox.requests] == [("GET", True), ("POST", False)]


def test_the_options() -> None:
    options = "--idempotency replay --idempotency-seconds 60 --delay-before 1.5 --delay-after 2 --ledger 5000"
    found = vars(_parser("x").parse_args(options.split()))
    assert {name: found[name] for name in ("idempotency", "idempotency_seconds", "delay_before", "delay_after")} == {
        "idempotency": "replay",
        "idempotency_seconds": 60,
        "delay_before": 1.5,
        "delay_after": 2,
    }
    assert found["ledger"] == 5000


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ({"idempotency": "repeat"}, "idempotency: replay, reject, ignore are there, not 'repeat'"),
        ({"idempotency_seconds": -1}, "idempotency_seconds: seconds from 0 to"),
        ({"delay_before": float("nan")}, "delay_before: seconds from 0 to"),
        ({"delay_after": float("inf")}, "delay_after: seconds from 0 to"),
        ({"ledger": 0}, "ledger: a whole number of 1 or more is expected"),
    ],
)
def test_a_wrong_setting_is_named(setting: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}"), ccapi_sandbox.running(**setting):
        pass
