"""What was carried out, by key, and what is refused."""

from typing import Any

import ccapi_sandbox.ledger
import httpx
import pytest
from ccapi_sandbox import Sandbox
from ccapi_sandbox.errors import ApiError
from ccapi_sandbox.ledger import MOST_ENTRIES, Entry, Ledger, Limits


def entry(key: str | None = None, **more: Any) -> Entry:
    return Entry(1.0, "POST", "/v1/x", "createImage", key, "req-1", raw=b'{"prompt": "secret"}', **more)


def test_the_sums() -> None:
    ledger = Ledger()
    ledger.entries.extend([entry("a", executed=True, billed=0.1), entry("a", executed=True, billed=0.2), entry("a")])
    ledger.entries.extend([entry(executed=True, billed=0.3), entry("b", status=500)])
    document = ledger.document()
    assert (document["requests"], document["executed"], document["billed"]) == (5, 3, 0.6)
    assert document["by_idempotency_key"] == {
        "a": {"requests": 3, "executed": 2, "billed": 0.3},
        "b": {"requests": 1, "executed": 0, "billed": 0.0},
    }
    assert document["entries"][4]["status"] == 500
    assert "secret" not in str(document)


def test_the_ledger_is_bounded() -> None:
    ledger = Ledger()
    for _ in range(MOST_ENTRIES + 5):
        ledger.entries.append(entry())
    assert len(ledger.entries) == MOST_ENTRIES


def test_the_bodies_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_sandbox.ledger, "MOST_BYTES", 100)
    monkeypatch.setattr(ccapi_sandbox.ledger, "LONGEST_BODY", 50)
    ledger, entries = Ledger(), [Entry(1.0, "POST", "/", "createImage", None, f"req-{number}") for number in range(5)]
    for each, length in zip(entries, (40, 40, 51, 20, 1), strict=True):
        ledger.keep(each, b"7" * length)
    assert [len(each.raw) for each in entries] == [0, 40, 0, 20, 1]
    assert entries[0].body is None
    assert entries[3].body == int("7" * 20)


def test_the_bodies_are_no_more_than_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_sandbox.ledger, "MOST_ENTRIES", 3)
    ledger, entries = Ledger(), [Entry(1.0, "POST", "/", "createImage", None, f"req-{number}") for number in range(5)]
    for each in entries:
        ledger.keep(each, b"{}")
    assert [each.body for each in entries] == [None, None, {}, {}, {}]


def test_requests_without_the_key_are_not_recorded(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.reset()
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        refused = httpx.post(f"{sandbox.base_url}/images/generations", json={"prompt": "x"}, headers=headers)
        assert (refused.status_code, bool(refused.headers["x-request-id"])) == (401, True)
    assert sandbox.requests == []


def test_long_keys_are_not_recorded(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.reset()
    for length, status in ((255, 200), (256, 400)):
        response = http.get("/models", headers={"Idempotency-Key": "k" * length})
        assert response.status_code == status
    assert response.json()["error"]["details"] == {"field": "Idempotency-Key"}
    assert [each.idempotency_key for each in sandbox.requests] == ["k" * 255]


def test_a_large_body_without_the_key_gets_its_response(sandbox: Sandbox) -> None:
    """The client sends all of it before it reads."""
    refused = httpx.post(f"{sandbox.base_url}/images/generations", content=b"x" * 20_000_000)
    assert refused.status_code == 401


def test_requests_a_minute() -> None:
    time = [1000.0]
    limits = Limits(lambda: time[0], 2, None)

    def told() -> tuple[str, ...]:
        return tuple(limits.headers()[f"x-ratelimit-{name}-requests"] for name in ("limit", "remaining", "reset"))

    assert told() == ("2", "2", "0s")
    limits.take()
    assert told() == ("2", "1", "60s")
    time[0] += 10
    limits.take()
    assert told() == ("2", "0", "50s")
    time[0] += 20.5
    with pytest.raises(ApiError) as caught:
        limits.take()
    assert caught.value.status == 429
    assert caught.value.headers["Retry-After"] == "30"
    assert caught.value.headers["retry-after-ms"] == "29500"
    assert told() == ("2", "0", "30s")
    time[0] += 29.5
    assert told() == ("2", "2", "0s")
    limits.take()
    assert told() == ("2", "1", "60s")
    endless = Limits(lambda: 0, None, None)
    endless.take()
    assert endless.headers() == {}


def test_the_balance() -> None:
    limits = Limits(lambda: 0, None, 0.5)
    limits.check_balance()
    limits.pay(0.6)
    with pytest.raises(ApiError) as caught:
        limits.check_balance()
    assert (caught.value.status, caught.value.envelope["error"]["code"]) == (402, "insufficient_balance")
