"""A share of the soak by every carrier, and what it finds where something is wrong."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from ccapi_client import RetryPolicy
from ccapi_sandbox.ledger import Entry
from reliability.page import FAILS, PAGE, Row, part_of, table
from reliability.soak import calls, jobs, rounds
from reliability.soak.__main__ import PART, merged, read, row, written
from reliability.soak.calls import Calls, Outcome
from reliability.soak.jobs import many
from reliability.soak.judging import wrongs
from reliability.soak.measuring import Sample, growths, slope
from reliability.soak.plans import ANSWERED, FAULTS, WEIGHTS, WITHOUT, Plan, plan
from reliability.soak.rounds import Place, Report, sandbox, soak

from .carriers import ASYNC_CARRIERS, CARRIERS, Carrier, on

SEED = 22
CHAT = Plan(7, "chat", None, 0.5, "soak-22-7")
SAMPLE = Sample(100, 50_000, 9, 2, 1, 200_000)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with sandbox(SEED, "--job-seconds", "0.05:0.2") as found:
        yield found


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SILENCE", 1.0)
    monkeypatch.setattr(rounds, "SETTLED", 0.35)
    monkeypatch.setattr(jobs, "POLL", rounds.QUICK)


def run(place: Place, carrier: Carrier, count: int = 20) -> Report:
    """Two rounds."""
    found: Report = carrier.drive(
        lambda: soak(place, carrier, seed=SEED, rounds=2, calls=count, per_second=100, seconds=60)
    )
    return found


@on(CARRIERS)
def test_a_share_of_the_traffic(place: Place, carrier: Carrier) -> None:
    report = run(place, carrier)
    assert report.wrong == []
    assert report.calls == 40
    assert report.faults > 10
    assert report.survived > 2
    assert len(report.errors) > 5
    assert len(report.client) == len(report.sandbox) == 2


@on(CARRIERS[:1])
def test_a_client_that_retries_what_may_be_billed_is_found(
    place: Place, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "RetryPolicy", partial(RetryPolicy, retry_unknown_outcome=True))
    monkeypatch.setattr(
        rounds, "plan", lambda _, number: replace(CHAT, number=number, fault="502;executed=true", key=f"bad-{number}")
    )
    wrong = run(place, carrier, 1).wrong
    assert wrong[:2] == [
        "call 0 (chat, 502;executed=true): executed 4 times",
        "call 0 (chat, 502;executed=true): retried a POST that may have been executed and billed (the response: 502)",
    ]


@on(CARRIERS[:1])
def test_descriptors_and_files_that_are_left_are_found(
    place: Place, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list[int]()

    async def leave(made: Calls, plan: Plan) -> None:
        (made.folder / "file").write_bytes(b"")
        left.append(os.open(os.devnull, os.O_RDONLY))

    monkeypatch.setattr(Calls, "_wrong_key", leave)
    monkeypatch.setattr(rounds, "plan", lambda _, number: Plan(number, "wrong-key", None, 0.5, f"left-{number}"))
    try:
        wrong = run(place, carrier, 3).wrong
    finally:
        for each in left:
            os.close(each)
    assert "AuthenticationError 401 was to come" in wrong[0]
    assert "files are left: ['file']" in wrong
    assert [each for each in wrong if each.startswith("the client was closed, and left descriptors: ")]
    assert [each for each in wrong if each.startswith("the client had ")]


@on(ASYNC_CARRIERS[-1:])
def test_some_jobs(place: Place, carrier: Carrier) -> None:
    report: Report = carrier.drive(lambda: many(place, carrier, seed=SEED, jobs=20))
    assert report.wrong == []
    assert report.calls == 20
    assert report.requests >= 40
    assert len(report.client) == len(report.sandbox) == 2


@on(ASYNC_CARRIERS[-1:])
def test_a_job_that_is_lost_is_found(place: Place, carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    started = jobs._started

    async def all_but_the_first(client: Any, seed: int, count: int) -> AsyncIterator[Any]:
        at = 0
        async for each in started(client, seed, count):
            at += 1
            if at > 1:
                yield each

    monkeypatch.setattr(jobs, "_started", all_but_the_first)
    report: Report = carrier.drive(lambda: many(place, carrier, seed=SEED, jobs=20))
    (wrong,) = report.wrong
    assert wrong.endswith(": given 0 times")


def test_a_report_is_read_as_it_was_written() -> None:
    report = Report("trio-httpx", 600, 900, 60.0, 300, 80, client=[SAMPLE] * 2, sandbox=[SAMPLE], wrong=["what"])
    report.errors["RateLimitError 429"] += 3
    assert read(written(report)) == report


def test_a_seed_gives_the_same_calls_and_all_kinds_and_faults() -> None:
    plans = [plan(SEED, number) for number in range(6000)]
    assert plans == [plan(SEED, number) for number in range(6000)]
    assert plans != [plan(SEED + 1, number) for number in range(6000)]
    assert {each.kind for each in plans} == WEIGHTS.keys() == FAULTS.keys() | WITHOUT.keys()
    planned = {(each.kind, each.fault) for each in plans if each.fault}
    assert planned == {(kind, fault) for kind, faults in FAULTS.items() for fault in faults}


def entry(**changes: Any) -> Entry:
    given: dict[str, Any] = {"method": "POST", "path": "/v1/chat/completions", "operation": "createChatCompletion"}
    given |= {"time": 1.0, "idempotency_key": CHAT.key, "request_id": "r", "status": 200, "executed": True}
    return Entry(**given | changes)


def judged(outcomes: list[Outcome], requests: list[Entry], made: Plan = CHAT) -> list[str]:
    return [each.partition("): ")[2] or each for each in wrongs([made], outcomes, requests)]


def test_what_is_right_is_not_found() -> None:
    assert judged([Outcome(CHAT, ANSWERED, 0.1)], [entry()]) == []


def test_what_is_wrong_with_a_call_is_found() -> None:
    good = Outcome(CHAT, ANSWERED, 0.1)
    assert judged([], [entry()]) == ["lost, nothing came of it"]
    assert judged([good], []) == ["executed 0 times"]
    assert judged([good, good], [entry()]) == ["2 outcomes of 1 calls"]
    assert judged([replace(good, seconds=91)], [entry()]) == ["it took 91.0 s"]
    assert judged([good], [entry(), entry(idempotency_key="other")]) == ["a request that nobody planned: other"]
    assert judged([replace(good, name="APIConnectionError", why="cut")], [entry()]) == [
        "APIConnectionError is not explained: answered was to come (cut)"
    ]
    assert judged([good], [entry(), entry(time=2.0)]) == [
        "executed 2 times",
        "retried a POST that may have been executed and billed (the response: 200)",
        "had the request executed 2 times, for 0.000 US dollars in all",
    ]
    refused = replace(CHAT, fault="429;retry-after=0.05;times=2")
    requests = [entry(status=429, executed=False, fault="429"), entry(time=1.1), entry(time=9, method="GET")]
    assert judged([Outcome(refused, ANSWERED, 0.2)], requests[:2], refused) == []
    cut = replace(CHAT, fault="cut-body")
    denied = Outcome(cut, "APIConnectionError", 0.1, may_be_billed=False)
    assert judged([denied], [entry(fault="cut-body")], cut) == ["said not to be billed, but executed"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"kb": 56_000, "threads": 10, "descriptors": 3, "tasks": 0}, []),
        ({"kb": 57_000}, ["it grew from 50,000 to 57,000 kB, 7,000 kB per 1,000 calls"]),
        ({"descriptors": 10}, ["it had 9 descriptors, and has 10"]),
        ({"threads": 11}, ["it had 2 threads, and has 11"]),
        ({"tasks": 2}, ["it had 1 tasks, and has 2"]),
    ],
)
def test_what_grows_is_found(changes: dict[str, int], expected: list[str]) -> None:
    last = replace(SAMPLE, calls=1100, **changes)
    assert list(growths("it", [SAMPLE, last], 8, is_long=True)) == expected
    assert list(growths("it", [SAMPLE, last], 8, is_long=False)) == [each for each in expected if " kB" not in each]


def test_a_call_that_leaves_an_object_is_found() -> None:
    samples = [replace(SAMPLE, calls=100 * at, blocks=200_000 + 100 * at) for at in range(5)]
    assert list(growths("it", samples, 8, is_long=True)) == ["it keeps 1.0 blocks of memory a call"]
    assert list(growths("it", samples, 8, is_long=False)) == []
    assert slope([(1, 1)]) == 0


def test_a_line_of_the_table_is_replaced_by_its_carrier() -> None:
    report = Report("trio-httpx", 600, 900, 60.0, 300, 80, client=[SAMPLE] * 2, sandbox=[SAMPLE] * 2)
    report.errors["RateLimitError 429"] += 3
    new = row(report, SEED, 0)
    assert new.what == "mixed traffic by trio-httpx: 1.0 minutes, seed 22"
    assert new.result.endswith("; too short to judge memory")
    assert row(replace(report, is_long=True), SEED, 0).result.endswith("; memory flat")
    assert "600 calls, 10.0 a second, 8 at once; 900 requests, 300 with a fault; 80 calls answered" in new.figures
    assert "3 errors of 1 kinds; client 50.0 → 50.0 MB (+0 kB per 1,000 calls), 9 → 9 desc" in new.figures
    old = [Row(f"mixed traffic by {name}: old", "well", "1") for name in ("trio-httpx", "asyncio-aiohttp")]
    old = [row(report, SEED, 10_000), *old]
    found = merged(table("1", old), new)
    assert [each.what.partition(":")[0] for each in found] == [
        "mixed traffic by trio-httpx",
        "mixed traffic by asyncio-aiohttp",
        "10,000 jobs by trio-httpx",
    ]
    assert found[0] == new
    report.wrong.append("a | b")
    assert row(report, SEED, 0).result == f"{FAILS}: a / b"


def test_the_page_has_a_line_for_every_carrier() -> None:
    lines = [line for line in part_of(PAGE.read_text("utf-8"), PART).splitlines() if line.startswith("| ")][1:]
    names = [line.strip("| ").partition(":")[0] for line in lines]
    assert names[:-1] == [f"mixed traffic by {each}" for each in CARRIERS]
    assert names[-1].startswith("10,000 jobs by ")
