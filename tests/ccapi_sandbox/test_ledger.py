"""What was carried out, by key, and what is refused."""

import json
from collections.abc import Iterator
from typing import Any

import ccapi_sandbox.archive
import ccapi_sandbox.ledger
import httpx
import pytest
from ccapi_sandbox import Sandbox
from ccapi_sandbox.errors import ApiError
from ccapi_sandbox.ledger import MOST_ENTRIES, Entry, Ledger, Limits
from hypothesis import given
from hypothesis import strategies as st


def entry(key: str | None = None, **more: Any) -> Entry:
    return Entry(1.0, "POST", "/v1/x", "createImage", key, "req-1", raw=b'{"prompt": "secret"}', **more)


def added(ledger: Ledger, *entries: Entry) -> list[Entry]:
    for each in entries:
        ledger.add(each)
    return list(entries)


def document_of(ledger: Ledger) -> Any:
    return json.loads("".join(ledger.pieces()))


def test_the_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_sandbox.ledger, "AT_ONCE", 2)
    ledger = Ledger()
    added(ledger, entry("a", executed=True, billed=0.1), entry("a", executed=True, billed=0.2), entry("a"))
    added(ledger, entry(executed=True, billed=0.3), entry("b", status=500))
    document = document_of(ledger)
    assert (document["requests"], document["executed"], document["billed"]) == (5, 3, 0.6)
    assert document["by_idempotency_key"] == {
        "a": {"requests": 3, "executed": 2, "billed": 0.3},
        "b": {"requests": 1, "executed": 0, "billed": 0.0},
    }
    assert document["entries"][4]["status"] == 500
    assert (document["dropped"], document["currency"]) == (0, "USD")
    assert "secret" not in str(document)
    assert document_of(Ledger())["entries"] == []


def test_the_ledger_keeps_what_is_not_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that sends many requests, and proves then that none was billed twice."""
    monkeypatch.setattr(ccapi_sandbox.archive, "PAGE", 7)
    ledger, count = Ledger(), MOST_ENTRIES + 50
    added(ledger, *(entry(f"key-{number}", executed=True, billed=0.001) for number in range(count)))
    found = list(ledger.read())
    assert [each.idempotency_key for each in found] == [f"key-{number}" for number in range(count)]
    assert [each.number for each in found] == list(range(count))
    assert {(each.executed, each.billed, each.operation) for each in found} == {(True, 0.001, "createImage")}
    document = document_of(ledger)
    assert (document["requests"], document["executed"], document["dropped"]) == (count, count, 0)
    assert len(document["by_idempotency_key"]) == count


def test_a_request_that_takes_long_is_recorded_on_disk_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_sandbox.ledger, "MOST_ENTRIES", 2)
    ledger = Ledger()
    slow, *_ = added(ledger, *(entry() for _ in range(5)))
    slow.status, slow.executed, slow.billed = 200, True, 0.5
    ledger.finish(slow)
    assert [(each.status, each.billed) for each in ledger.read()] == [(200, 0.5)] + [(None, 0.0)] * 4
    assert document_of(ledger)["billed"] == 0.5


@pytest.mark.parametrize("most", [1, 3, 10])
def test_the_ledger_drops_the_oldest_and_counts_them(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(ccapi_sandbox.ledger, "MOST_ENTRIES", 3)
    ledger = Ledger(most)
    first, *_ = added(ledger, *(entry() for _ in range(15)))
    assert [each.number for each in ledger.read()] == list(range(15 - most, 15))
    assert (ledger.dropped, document_of(ledger)["dropped"]) == (15 - most, 15 - most)
    ledger.finish(first)  # it was dropped while it was in flight
    assert len(list(ledger.read())) == most
    assert [each.number for each in ledger.latest(2)] == [14, 13][:most]


def test_the_ledger_is_bounded_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_sandbox.ledger, "MOST_ENTRIES", 3)
    monkeypatch.setattr(ccapi_sandbox.archive, "MOST_BYTES", 2000)
    ledger = Ledger()
    added(ledger, *(entry("k" * 100) for _ in range(50)))
    kept = len(list(ledger.read()))
    assert 3 + 4 < kept < 3 + 10
    assert ledger.dropped == 50 - kept


def test_a_ledger_that_is_read_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_sandbox.ledger, "MOST_ENTRIES", 2)
    monkeypatch.setattr(ccapi_sandbox.archive, "PAGE", 2)
    ledger = Ledger(6)
    added(ledger, *(entry() for _ in range(6)))
    reader = ledger.read()
    found = [next(reader).number]
    added(ledger, *(entry() for _ in range(20)))
    assert ledger.dropped == 0
    found += [each.number for each in reader]
    assert found == list(range(26))
    assert (ledger.dropped, [each.number for each in ledger.read()]) == (20, list(range(20, 26)))


def test_what_does_not_fit_on_the_disk_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_sandbox.ledger, "MOST_ENTRIES", 3)
    ledger = Ledger()
    ledger._old._db.execute("PRAGMA max_page_count = 3")
    added(ledger, *(entry("k" * 255) for _ in range(100)))
    kept = len(list(ledger.read()))
    assert 3 < kept < 100
    assert ledger.dropped == 100 - kept


@given(st.lists(st.sampled_from(["add", "finish", "read", "next"]), max_size=60), st.integers(1, 8))
def test_a_ledger_is_the_end_of_all_requests_at_any_time(steps: list[str], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ccapi_sandbox.ledger, "MOST_ENTRIES", 3)
        patch.setattr(ccapi_sandbox.archive, "PAGE", 2)
        ledger, entries = Ledger(most), list[Entry]()
        reader: Iterator[Entry] = iter(())
        is_read = False
        for step in steps:
            if step == "add":
                entries += added(ledger, entry())
            elif step == "finish" and entries:
                entries[len(entries) // 2].status = 200
                ledger.finish(entries[len(entries) // 2])
            elif step == "read":
                reader, is_read = ledger.read(), False
            elif step == "next":
                is_read = next(reader, None) is not None
            if not is_read:
                found = list(ledger.read())
                assert [(each.number, each.status) for each in found] == [
                    (each.number, each.status) for each in entries[-most:]
                ]
                assert ledger.dropped == max(0, len(entries) - most)


def test_the_ledger_of_a_sandbox() -> None:
    with ccapi_sandbox.running(ledger=2) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        for limit in (1, 2, 3):
            assert httpx.get(f"{sandbox.base_url}/models?limit={limit}", headers=headers).status_code == 200
        assert len(sandbox.requests) == 2
        assert sandbox.requests_dropped == 1
        document = httpx.get(f"{sandbox.base_url.removesuffix('/v1')}/sandbox/ledger").json()
        assert (document["dropped"], len(document["entries"])) == (1, 2)
        sandbox.reset()
        assert (sandbox.requests, sandbox.requests_dropped) == ([], 0)


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
