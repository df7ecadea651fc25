"""Other people's programs before the sandbox: the quick lines of docs/reliability.md, and the page itself.

nginx and haproxy are Debian's; .ci/run installs them. Where they are not, their lines are not run."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccapi_sandbox
import pytest
from ccapi_client import CCAPI
from ccapi_client._http.blocking import run
from reliability import fault_plans, haproxy, nginx, prism
from reliability.page import FAILS, PAGE, Row, lasting, part_of, put, table
from reliability.programs import connections_to
from reliability.scenarios import Scenario
from reliability.traffic import Traffic, echo

from .carriers import CARRIERS, Carrier, on

TEXT = PAGE.read_text("utf-8")
PARTS: dict[str, Any] = {"nginx": nginx.SCENARIOS, "haproxy": haproxy.SCENARIOS}


@pytest.fixture(scope="module")
def nginx_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nginx.Place]:
    with nginx.place(tmp_path_factory.mktemp("nginx")) as found:
        yield found


@pytest.fixture(scope="module")
def haproxy_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[haproxy.Place]:
    with haproxy.place(tmp_path_factory.mktemp("haproxy")) as found:
        yield found


@pytest.mark.skipif(nginx.PROGRAM is None, reason="there is no nginx (Debian's package nginx)")
@on(CARRIERS)
@pytest.mark.parametrize("scenario", nginx.SCENARIOS.quick, ids=str)
def test_nginx(scenario: Scenario[nginx.Place], carrier: Carrier, nginx_place: nginx.Place) -> None:
    assert scenario.run(nginx_place, carrier)["calls"]


@pytest.mark.skipif(haproxy.PROGRAM is None, reason="there is no haproxy (Debian's package haproxy)")
@on(CARRIERS)
@pytest.mark.parametrize("scenario", haproxy.SCENARIOS.quick, ids=str)
def test_haproxy(scenario: Scenario[haproxy.Place], carrier: Carrier, haproxy_place: haproxy.Place) -> None:
    assert scenario.run(haproxy_place, carrier)["calls"]


def test_a_violation_is_excused_only_where_tests_provoke_it(tmp_path: Path) -> None:
    log = tmp_path / "1.log"

    def judged(operation: str) -> Row:
        received, violation = (
            f"> [HTTP SERVER] {operation} i  info      Request received",
            "Response body must be object",
        )
        log.write_text(f"{received}\n> [VALIDATOR] x  error     Violation: response.body {violation}\n", "utf-8")
        return prism.of_logs([log])

    assert not judged("get /v1/models").fails
    assert judged("get /v1/models").figures == "1 requests, 1 provoked"
    assert judged("post /v1/chat/completions").result == (
        f"{FAILS}: post /v1/chat/completions: response.body Response body must be object"
    )


def test_what_is_executed_twice_or_answered_wrongly_fails_a_line() -> None:
    with ccapi_sandbox.running() as own, CCAPI(own.api_key, base_url=own.base_url) as client:
        echo(own)
        made = Traffic(client, CARRIERS[0], 60)
        found = run(made.chat())
        assert made.check(own) == {"calls": 1, "answered": 1, "errors": 0}
        found.seconds = 62
        with pytest.raises(AssertionError, match=r"62\.0 s in place of 60 s"):
            made.check(own)
        found.seconds, found.value.choices[0].message.content = 1, "something else"
        with pytest.raises(AssertionError, match="got the answer 'something else'"):
            made.check(own)
        messages = [{"role": "user", "content": found.key}]
        client.create_chat_completion(model="sandbox/babble", messages=messages, idempotency_key=found.key)
        with pytest.raises(AssertionError, match="executed 2 times"):
            made.check(own)


def test_an_error_that_denies_a_bill_fails_a_line_where_there_is_one() -> None:
    with ccapi_sandbox.running() as own, CCAPI(own.api_key, base_url=own.base_url) as client:
        echo(own)
        made = Traffic(client, CARRIERS[0], 60)
        found = run(made.chat(extra_headers={"X-Sandbox-Fault": "502;executed=true"}))
        made.check(own)
        assert found.error
        found.error.may_be_billed = False
        with pytest.raises(AssertionError, match="said not to be billed, but executed"):
            made.check(own)


def test_connections_that_are_left_are_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            assert connections_to(port) == 1
        assert connections_to(port) == 0


def test_a_table_is_put_between_its_markers_and_found_there() -> None:
    inside = table("nginx/1", [Row("what", "result", "1 call")])
    page = "head\n<!-- nginx -->\nold\n<!-- /nginx -->\ntail"
    changed = put(page, "nginx", inside)
    assert changed.startswith("head\n<!-- nginx -->\nVersions: nginx/1")
    assert changed.endswith("<!-- /nginx -->\ntail")
    assert part_of(changed, "nginx") == inside
    assert put(changed, "nginx", inside) == changed


def test_a_page_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="<!-- haproxy -->"):
        put("<!-- nginx -->\n<!-- /nginx -->", "haproxy", "")


def test_what_lasts_of_a_table_has_no_versions_and_no_figures() -> None:
    rows = [Row("what", "result", "1 call")]
    assert lasting(table("1.0", rows)) == lasting(table("2.0", [Row("what", "result", "2 calls")]))
    assert lasting(table("1.0", rows)) != lasting(table("1.0", [Row("what", f"{FAILS}: why", "1 call")]))
    assert Row("what", f"{FAILS}: why").fails


@pytest.mark.parametrize("part", PARTS)
def test_the_page_has_every_line(part: str) -> None:
    scenarios = PARTS[part].all
    lines = [line for line in part_of(TEXT, part).splitlines() if line.startswith("| ")][1:]
    assert [line.split(" | ")[:2] for line in lines] == [[f"| {each.what}", each.result] for each in scenarios]


def test_the_page_has_the_plans_of_every_carrier() -> None:
    lines = [line for line in part_of(TEXT, "fault_plans").splitlines() if line.startswith("| ")][1:]
    assert [line.split(" | ")[:2] for line in lines] == [
        [f"| {fault_plans.named(each)}", fault_plans.RESULT] for each in CARRIERS
    ]


def test_no_line_of_the_page_fails() -> None:
    assert FAILS not in TEXT
