"""The sandbox's pages, in a real browser that can reach nothing but the sandbox."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import ccapi_sandbox
import httpx
import pytest
from ccapi_sandbox import Sandbox
from ccapi_sandbox.contract import Contract
from playwright.sync_api import Browser, Locator, Page, Request, expect

from ..conftest import chromium


def origin(sandbox: Sandbox) -> str:
    return sandbox.base_url.removesuffix("/v1")


@pytest.fixture(scope="module")
def own() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=1, strict=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--mute-audio") as browser:
        yield browser


@contextmanager
def page_of(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    """A page of Chromium, which knows of no other one; at the end, nothing may have gone wrong in it, nor have been asked for elsewhere."""
    troubles: list[str] = []

    def elsewhere(request: Request) -> None:
        if not request.url.startswith((origin(sandbox), "data:")):
            troubles.append(f"asked for {request.url}")

    page = browser.new_page(viewport={"width": 1000, "height": 1400})
    page.on("request", elsewhere)
    page.on("console", lambda line: troubles.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    yield page
    page.close()
    assert [each for each in troubles if "status of 400" not in each] == []


@pytest.fixture
def page(browser: Browser, own: Sandbox) -> Iterator[Page]:
    with page_of(browser, own) as page:
        yield page


def try_it(page: Page, name: str, **fields: str) -> None:
    """Fills in one of the forms of the first page, and sends it."""
    expect(
        page.locator("#version")
    ).not_to_be_empty()  # waiting for a function would evaluate it: the page forbids that
    for field, value in fields.items():
        element = page.locator(f"#{name}-form [name={field}]")
        element.fill(value) if field == "text" else element.select_option(value)
    page.click(f"#{name}-form button")


def progress(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}-form .progress")


def test_the_first_page_makes_a_picture(page: Page, own: Sandbox, tmp_path: Path) -> None:
    own.reset()
    page.goto(f"{origin(own)}/")
    expect(page.locator("#models tr")).to_have_count(len(httpx.get(f"{origin(own)}/sandbox/status").json()["models"]))
    expect(page.locator("#no-requests")).to_be_visible()
    try_it(page, "picture", text="a fox in the snow")
    expect(progress(page, "picture")).to_contain_text("completed", timeout=10_000)
    picture = page.locator("#picture")
    expect(picture).to_be_visible()
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    expect(picture).to_have_attribute("alt", "a fox in the snow")
    expect(page.locator("#no-requests")).to_be_hidden()
    newest = page.locator("#requests tr")
    expect(newest.first).to_contain_text("GET /v1/images/jobs/")
    expect(newest.last.locator("td")).to_have_text(
        [re.compile(r"^\d\d:\d\d:\d\d$"), "POST /v1/images/generate", "202", "$0.0390", ""]
    )
    page.screenshot(path=os.environ.get("CCAPI_SCREENSHOTS", str(tmp_path)) + "/index.png")


def test_the_first_page_streams_a_chat(page: Page, own: Sandbox) -> None:
    own.reset()
    own.reply(["<b>Hello</b>", ", fox &amp; ", "hen!\n"])
    own.fail_next("slow;seconds=0.5")  # the pieces come apart
    page.goto(f"{origin(own)}/")
    page.evaluate(
        """() => {
          window.texts = [];
          const answer = document.getElementById("answer");
          new MutationObserver(() => window.texts.push(answer.textContent)).observe(answer, { childList: true });
        }"""
    )
    try_it(page, "chat", text="<i>Hello?</i>")
    expect(progress(page, "chat")).to_have_text("Done.", timeout=20_000)
    expect(page.locator("#answer")).to_be_visible()
    assert page.locator("#answer").text_content() == "<b>Hello</b>, fox &amp; hen!\n"
    assert page.locator("#answer b").count() == 0
    assert len(page.evaluate("[...new Set(window.texts)]")) > 1
    assert own.requests[0].body["messages"] == [{"role": "user", "content": "<i>Hello?</i>"}]
    own.fail_next("stream-error")
    try_it(page, "chat", model="sandbox/babble")
    expect(progress(page, "chat")).not_to_have_text(re.compile(r"^(…|Done\.)?$"))


def test_the_first_page_speaks(page: Page, own: Sandbox) -> None:
    page.goto(f"{origin(own)}/")
    try_it(page, "speech", text="Good morning.", voice="nova", model="openai/tts-1")
    expect(progress(page, "speech")).to_have_text("Done.", timeout=20_000)
    expect(page.locator("#sound")).to_be_visible()
    page.wait_for_function("document.getElementById('sound').duration > 0.5")
    assert (own.requests[-1].body["voice"], own.requests[-1].model) == ("nova", "openai/tts-1")


@pytest.mark.parametrize("name", ["chat", "speech", "picture"])
def test_what_is_rejected_is_told_on_the_page(page: Page, own: Sandbox, name: str) -> None:
    page.goto(f"{origin(own)}/")
    own.reset()
    page.route("**/v1/**", lambda route: route.continue_(headers={**route.request.headers, "x-sandbox-fault": "400"}))
    with page.expect_response("**/v1/**"):
        try_it(page, name)
    expect(progress(page, name)).to_contain_text("400")


def test_what_goes_wrong_is_told_on_the_page(page: Page, own: Sandbox) -> None:
    page.goto(f"{origin(own)}/")
    try_it(page, "picture", model="sandbox/job-failed")
    expect(progress(page, "picture")).to_contain_text("failed: The model sandbox/job-failed", timeout=10_000)
    expect(page.locator("#picture")).to_be_hidden()


def test_two_lines_are_copied(page: Page, own: Sandbox) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin(own))
    page.goto(f"{origin(own)}/")
    expect(page.locator("#environment")).to_contain_text("CCAPI_API_KEY")
    page.click("#copy")
    expect(page.locator("#copy")).to_have_text("Copied")
    lines = f"export CCAPI_BASE_URL={own.base_url}\nexport CCAPI_API_KEY={own.api_key}\n"
    assert page.evaluate("navigator.clipboard.readText()") == lines
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate("getSelection().removeAllRanges()")
    page.click("#copy")
    expect(page.locator("#copy")).to_have_text("Selected")
    assert page.evaluate("getSelection().toString()").split() == lines.split()


def luminance(page: Page, expression: str) -> float:
    """How light a color is that a script computes, 0 to 255."""
    return sum(map(float, re.findall(r"[\d.]+", page.evaluate(expression))[:3])) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_how_the_first_page_looks(
    page: Page, own: Sandbox, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    own.reset()
    headers = {"authorization": f"Bearer {own.api_key}", "x-sandbox-fault": "job-never-ends"}
    httpx.get(f"{own.base_url}/models/{'x' * 300}", headers=headers)
    own.reply("word" * 200)
    page.goto(f"{origin(own)}/")
    try_it(page, "chat")
    expect(progress(page, "chat")).to_have_text("Done.")
    expect(page.locator("#requests tr")).to_have_count(2)
    page.screenshot(path=os.environ.get("CCAPI_SCREENSHOTS", str(tmp_path)) + f"/{scheme}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # Nothing is cut off or sticks out, and each label begins where its field does.
    outside = page.evaluate(
        "[...document.querySelectorAll('main *')].filter((each) => each.getBoundingClientRect().right > innerWidth).length"
    )
    assert outside == 0
    for label in page.locator("form label").all():
        field = label.locator("textarea, select").bounding_box()
        box = label.bounding_box()
        assert field
        assert box
        assert (field["x"], field["width"]) == (box["x"], box["width"])
        assert field["y"] > box["y"]
    columns = {box["x"] for each in page.locator(".cards form").all() if (box := each.bounding_box())}
    assert len(columns) == {390: 1, 768: 2, 1280: 3}[width]
    text = luminance(page, "getComputedStyle(document.body).color")
    assert (text > 200) if scheme == "dark" else (text < 50)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_reference_executes_an_operation_at_once(page: Page, own: Sandbox, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{origin(own)}/docs")
    expect(page.locator(".opblock")).to_have_count(len([*Contract().operations()]), timeout=20_000)
    page.click("#operations-Catalog-listProviders")
    page.click("text=Execute")
    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert own.api_key not in page.evaluate("JSON.stringify(localStorage)")
    page.screenshot(path=os.environ.get("CCAPI_SCREENSHOTS", str(tmp_path)) + f"/docs-{width}.png")


def test_a_key_of_ones_own_is_typed_in(browser: Browser) -> None:
    with ccapi_sandbox.running(api_key="my-own-secret") as sandbox, page_of(browser, sandbox) as page:
        page.goto(f"{origin(sandbox)}/docs")
        page.click("text=Authorize", timeout=20_000)
        page.fill("input[aria-label=auth-bearer-value]", sandbox.api_key)
        page.click(".auth-btn-wrapper >> text=Authorize")
        page.click("text=Close")
        page.click("#operations-Catalog-listProviders")
        page.click("text=Execute")
        expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
        page.goto(f"{origin(sandbox)}/")
        expect(page.locator("#environment")).to_contain_text("export CCAPI_API_KEY=your-key")
        page.fill("#key", sandbox.api_key)
        try_it(page, "chat", model="sandbox/babble")
        expect(progress(page, "chat")).to_have_text("Done.")


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


def test_the_key_is_for_pages_of_this_machine_alone() -> None:
    with ccapi_sandbox.running(allow_remote=True) as sandbox:
        for host, key in (
            ("localhost", "sandbox"),
            ("localhost:1", "sandbox"),
            ("127.0.0.1:80", "sandbox"),
            ("[::1]:80", "sandbox"),
            ("sandbox.lan", None),
            ("localhost.evil.example", None),
            ("evil.example:80", None),
            ("", None),
        ):
            headers = {"Host": host, "Origin": f"http://{host}"}
            response = httpx.get(f"{origin(sandbox)}/sandbox/status", headers=headers)
            assert response.json()["api_key"] == key, host
            # Without these, a browser shows no response to a page of another origin.
            assert not [name for name in response.headers if name.startswith("access-control-")]
