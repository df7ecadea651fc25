"""What turns measurements into a page or a verdict; and the answers that the peers are measured with."""

import json

import pytest
from ccapi_sandbox.contract import Contract
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.compare import report, server
from benchmarks.compare.lines import Comparison
from benchmarks.guard.__main__ import compare

ROUNDS: report.Rounds = {
    "ours": [{"cpu_us": 2.0}, {"cpu_us": 3.0}, {"cpu_us": 8.0}, None],
    "peer": [{"cpu_us": 1.0}, {"cpu_us": 6.0}, {"cpu_us": 2.0}, {"cpu_us": 1.0}],
}


def test_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    assert report.ratios(ROUNDS, Comparison("", "cpu_us", "ours", "peer")) == (2.0, 0.5, 4.0)
    assert report.ratios(ROUNDS, Comparison("", "cpu_us", "ours", None)) == (3.0, 2.0, 8.0)
    assert report.ratios({"ours": [None]}, Comparison("", "cpu_us", "ours", None)) is None


@pytest.mark.parametrize(("at_least", "ratio", "reached"), [(False, 2, True), (False, 2.1, False), (True, 2.1, True)])
def test_reach(at_least: bool, ratio: float, reached: bool) -> None:
    assert Comparison("", "cpu_us", "ours", "peer", 2, at_least=at_least).is_reached(ratio) is reached


def test_page_keeps_what_stands_around_the_table() -> None:
    page = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n"
    once = report.written_between(page, "new")
    assert once == "before\n<!-- bench -->\n\nnew\n<!-- /bench -->\nafter\n"
    assert report.written_between(once, "new") == once
    with pytest.raises(ValueError, match="lacks"):
        report.written_between("no markers", "new")


def test_guard_lets_a_tenth_pass_and_no_more() -> None:
    baseline = {"import": 1000, "call": 1000}
    assert compare(baseline, {"import": 1100, "call": 500})[1]
    lines, is_good = compare(baseline, {"import": 1000, "call": 1101})
    assert not is_good
    assert [line.endswith("more than +10%") for line in lines] == [False, True]


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/chat/completions", server.chat(300)),
        ("POST", "/images/generations", server.picture(1000)),
        ("GET", "/models", server.models()),
    ],
)
def test_peers_are_answered_by_the_contract(method: str, path: str, content: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"host", b"localhost")]
    request = Request({"type": "http", "method": method, "path": f"/v1{path}", "query_string": b"", "headers": headers})
    answer = Response(content, media_type="application/json", headers={"x-request-id": "req-1"})
    contract = Contract()
    (operation,) = (each for each in contract.operations() if (each.method, each.path) == (method, path))
    assert contract.violation(operation, request, answer) is None


def test_peers_are_streamed_what_the_contract_says() -> None:
    *events, done, rest = b"".join(server.stream(1000)).decode().split("\n\n")
    assert (len(events), done, rest) == (1000, "data: [DONE]", "")
    contract = Contract()
    for event in (events[0], events[1], events[-1]):
        assert contract.chunk_violation(json.loads(event.removeprefix("data: "))) is None
