"""The sandbox's pages, in a real browser that can reach nothing but the sandbox."""

import os
from collections.abc import Iterator
from pathlib import Path

import ccapi_sandbox
import httpx
import pytest
from ccapi_sandbox import Sandbox
from ccapi_sandbox.contract import Contract
from playwright.sync_api import Page, Request, expect

from ..conftest import chromium


def origin(sandbox: Sandbox) -> str:
    return sandbox.base_url.removesuffix("/v1")


@pytest.fixture(scope="module")
def own() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=1, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def page(own: Sandbox) -> Iterator[Page]:
    """A page of Chromium; at the end, nothing may have gone wrong in it, nor have been asked for elsewhere."""
    troubles: list[str] = []

    def elsewhere(request: Request) -> None:
        if not request.url.startswith((origin(own), "data:")):
            troubles.append(f"asked for {request.url}")

    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1000, "height": 1400})
        page.on("request", elsewhere)
        page.on("console", lambda line: troubles.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        yield page
    assert troubles == []


def test_the_first_page_makes_a_picture(page: Page, own: Sandbox, tmp_path: Path) -> None:
    page.goto(f"{origin(own)}/")
    expect(page.locator("#models tr")).to_have_count(len(httpx.get(f"{origin(own)}/sandbox/status").json()["models"]))
    page.fill("input[name=prompt]", "a fox in the snow")
    page.click("text=Make a picture")
    expect(page.locator("#progress")).to_contain_text("completed", timeout=10_000)
    picture = page.locator("#picture")
    expect(picture).to_be_visible()
    page.wait_for_function("document.getElementById('picture').naturalWidth > 0")
    expect(picture).to_have_attribute("alt", "a fox in the snow")
    expect(page.locator("#requests tr").last).to_contain_text("POST /v1/images/generate")
    page.screenshot(path=os.environ.get("CCAPI_SCREENSHOTS", str(tmp_path)) + "/index.png")


def test_what_goes_wrong_is_told_on_the_page(page: Page, own: Sandbox) -> None:
    page.goto(f"{origin(own)}/")
    page.select_option("select[name=model]", "sandbox/job-failed")
    page.click("text=Make a picture")
    expect(page.locator("#progress")).to_contain_text("failed: The model sandbox/job-failed", timeout=10_000)


def test_the_reference_tries_an_operation(page: Page, own: Sandbox, tmp_path: Path) -> None:
    page.goto(f"{origin(own)}/docs")
    expect(page.locator(".opblock")).to_have_count(len([*Contract().operations()]), timeout=20_000)
    page.click("text=Authorize")
    page.fill("input[aria-label=auth-bearer-value]", own.api_key)
    page.click(".auth-btn-wrapper >> text=Authorize")
    page.click("text=Close")
    page.click("#operations-Catalog-listProviders")
    page.click("text=Execute")
    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    page.screenshot(path=os.environ.get("CCAPI_SCREENSHOTS", str(tmp_path)) + "/docs.png")


def test_the_ledger_and_the_contract_are_served(own: Sandbox) -> None:
    own.reset()
    httpx.get(f"{own.base_url}/models", headers={"authorization": f"Bearer {own.api_key}", "idempotency-key": "k"})
    ledger = httpx.get(f"{origin(own)}/sandbox/ledger").json()
    assert ledger["by_idempotency_key"] == {"k": {"requests": 1, "executed": 1, "billed": 0.0}}
    assert own.api_key not in str(ledger)
    document = httpx.get(f"{origin(own)}/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/v1", "description": "This sandbox"}]


def test_no_page_is_framed_and_no_file_is_taken_for_a_page(own: Sandbox) -> None:
    for path in ("/", "/docs"):
        policy = httpx.get(origin(own) + path).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy.split("; ")
    headers = {"authorization": f"Bearer {own.api_key}"}
    body = {"prompt": "x", "size": "8x8"}
    file = httpx.post(f"{own.base_url}/images/generations", json=body, headers=headers).json()["data"][0]["url"]
    paths = ("/", "/docs", "/openapi.json", "/sandbox/status", "/sandbox/ledger", "/static/swagger-ui/swagger-ui.css")
    for url in (*(origin(own) + path for path in paths), file, f"{origin(own)}/files/none", f"{own.base_url}/models"):
        response = httpx.get(url)
        assert response.headers.get_list("x-content-type-options") == ["nosniff"], url
    stranger = httpx.get(f"{origin(own)}/", headers={"Host": "evil.example"})
    assert stranger.headers["x-content-type-options"] == "nosniff"


def test_a_key_of_ones_own_is_not_shown() -> None:
    with ccapi_sandbox.running(api_key="my-own-secret") as sandbox:
        for path in ("/", "/docs", "/sandbox/status", "/sandbox/ledger", "/openapi.json"):
            assert "my-own-secret" not in httpx.get(origin(sandbox) + path).text
