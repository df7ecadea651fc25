"""Other people's programs before the sandbox: the quick lines of docs/reliability.md, and the page itself.

nginx and haproxy are Debian's; .ci/run installs them. Where they are not, their lines are not run."""

from collections.abc import Iterator
from typing import Any

import pytest
from reliability import haproxy, nginx
from reliability.page import FAILS, PAGE, Row, lasting, part_of, put, table
from reliability.scenarios import Scenario

from .carriers import CARRIERS, Carrier, on

TEXT = PAGE.read_text("utf-8")
PARTS = {"nginx": nginx.SCENARIOS, "haproxy": haproxy.SCENARIOS}


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
    scenarios: Any = PARTS[part].all
    lines = [line for line in part_of(TEXT, part).splitlines() if line.startswith("| ")][1:]
    assert [line.split(" | ")[:2] for line in lines] == [[f"| {each.what}", each.result] for each in scenarios]


def test_no_line_of_the_page_fails() -> None:
    assert FAILS not in TEXT
