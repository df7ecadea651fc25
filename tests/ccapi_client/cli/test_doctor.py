"""`ccapi doctor`: what it finds, and what it says before anything is sent."""

import json
from pathlib import Path
from typing import Any

import pytest
from ccapi_client._carriers import library
from ccapi_client.cli import doctor
from ccapi_sandbox import Sandbox

from .here import Here, recording


@pytest.fixture
def here(sandbox: Sandbox, tmp_path: Path) -> Here:
    sandbox.reset()
    return Here(tmp_path, CCAPI_API_KEY=sandbox.api_key, CCAPI_BASE_URL=sandbox.base_url)


def told(here: Here, *arguments: str, **environment: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(here("doctor", "--json", *arguments, environment=environment).stdout)
    return found


def test_the_carrier_and_its_extra(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "(AsyncCCAPI on asyncio: aiohttp 3." in told(here)["carrier"]["detail"]
    monkeypatch.setattr(library, "is_installed", lambda name: name != "aiohttp")
    monkeypatch.setattr(doctor, "is_installed", lambda name: name != "aiohttp")
    without = told(here)["carrier"]["detail"]
    assert without.endswith("; aiohttp is not installed: pip install 'ccapi-client[fast]' makes AsyncCCAPI quicker")
    wrong = told(here, CCAPI_CARRIER="pigeon")
    assert wrong["carrier"] == {
        "ok": False,
        "detail": "CCAPI_CARRIER: httpx, httpx2, aiohttp are the carriers, not 'pigeon'",
    }
    assert list(wrong) == ["versions", "carrier"]


def test_the_proxy_and_the_certificates(here: Here) -> None:
    none = told(here)
    assert (none["proxy"]["detail"], none["certificates"]["detail"]) == ("none", "none are needed for http")
    service = {"CCAPI_BASE_URL": "https://api.invalid/v1", "SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}
    found = told(here, **service, HTTPS_PROXY="http://me:planted@127.0.0.1:1")
    assert found["proxy"]["detail"] == "http://127.0.0.1:1"
    assert found["certificates"]["detail"] == "those of certifi"
    assert found["connection"]["ok"] is False
    assert "planted" not in str(found)


def test_what_sets_the_key_and_the_address(here: Here, sandbox: Sandbox) -> None:
    found = told(here)
    assert found["key"]["detail"] == f"CCAPI_API_KEY, {len(sandbox.api_key)} characters"
    assert found["address"]["detail"] == f"{sandbox.base_url} (CCAPI_BASE_URL)"
    found = told(here, "--base-url", sandbox.base_url, CCAPI_BASE_URL="")
    assert found["address"]["detail"] == f"{sandbox.base_url} (--base-url)"
    none = told(here, CCAPI_API_KEY="")
    assert list(none) == ["versions", "carrier", "key"]
    assert none["key"]["ok"] is False
    assert none["key"]["detail"].startswith("no API key: set CCAPI_API_KEY, or keep one by `ccapi login`")


def test_what_is_wrong_with_the_key_or_with_the_address(here: Here) -> None:
    for environment, name, why in (
        ({"CCAPI_API_KEY": "a b"}, "key", "api_key: it holds characters that no key has"),
        ({"CCAPI_API_KEY": "", "CCAPI_PROFILE": "wrk"}, "key", "profile: 'wrk' is not kept here"),
        ({"CCAPI_BASE_URL": "nonsense"}, "address", "base_url: an address like"),
    ):
        found = told(here, **environment)
        assert list(found) == ["versions", "carrier", name]
        assert found[name]["detail"].startswith(why)


def test_it_is_not_retried_unless_that_is_wanted(here: Here, sandbox: Sandbox) -> None:
    sandbox.fail_next("503;retry-after=0;times=2")
    assert here("doctor").returncode == 1
    assert len(sandbox.requests) == 1
    assert here("doctor", "--retries", "1").returncode == 0
    assert len(sandbox.requests) == 3


def test_it_shows_its_request(here: Here, sandbox: Sandbox) -> None:
    assert f"GET {sandbox.base_url}/models: 200 in " in here("doctor", "--verbose").stderr


def test_a_clock_that_differs(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(here)["clock"]["detail"] == "agrees with the service's within 30 s"
    monkeypatch.setattr(doctor, "MOST_SKEW", -1.0)
    found = told(here)["clock"]
    assert found["ok"] is False
    assert " the service's" in found["detail"]


def test_a_key_that_is_rejected_is_named(here: Here, sandbox: Sandbox) -> None:
    found = here("doctor", environment={"CCAPI_API_KEY": "wrong-key"})
    assert found.returncode == 3
    assert "CCAPI_API_KEY, 9 characters: 401 Unauthorized" in found.stdout


def test_an_error_is_shown_once_and_the_next_step_follows(here: Here) -> None:
    down = here("doctor", "--base-url", "http://127.0.0.1:1/v1")
    assert (down.returncode, down.stdout.count("Connection refused")) == (1, 1)
    assert down.stderr == "is a server running at http://127.0.0.1:1/v1? --base-url URL names another address\n"
    service = here("doctor", environment={"CCAPI_BASE_URL": "", "HTTPS_PROXY": "http://127.0.0.1:1"})
    assert service.stderr == "check the network of this machine; behind a proxy, set HTTPS_PROXY\n"
    assert here("doctor", environment={"CCAPI_API_KEY": ""}).stderr == ""


def test_the_address_of_a_profile_is_changed_with_its_key(here: Here) -> None:
    here("login", "-", "--profile", "work", "--base-url", "http://127.0.0.1:1/v1", input="key-1\n")
    down = here("doctor", "--profile", "work")
    way = "to keep another address: ccapi login --profile work --base-url URL"
    assert down.stderr == f"is a server running at http://127.0.0.1:1/v1? {way}\n"


def test_an_address_that_others_can_read_is_named(here: Here) -> None:
    found = told(here, "--timeout", "0.001", CCAPI_BASE_URL="http://gateway.invalid/v1")["certificates"]
    exposed = "http://gateway.invalid is not encrypted: others on the network can read the key"
    assert found == {"ok": False, "detail": exposed}
    shown = here("doctor", "--timeout", "0.001", environment={"CCAPI_BASE_URL": "http://gateway.invalid/v1"})
    assert "note:" not in shown.stderr  # it is in the table


def test_an_address_without_v1(here: Here, sandbox: Sandbox) -> None:
    root = sandbox.base_url.removesuffix("/v1")
    usual = f"the address of an API usually ends in /v1: {root} does not"
    assert told(here, CCAPI_BASE_URL=root)["address"] == {"ok": False, "detail": f"{root}/ (CCAPI_BASE_URL): {usual}"}
    assert usual in here("models", "--base-url", root).stderr
    assert "usually" not in here("providers", "nobody").stderr
    with recording(b"<html>", "text/html") as (url, _):  # as some gateways do for their own pages
        assert "usually" in here("models", "--base-url", url.removesuffix("/v1")).stderr
        assert "usually" not in here("models", "--base-url", url).stderr
