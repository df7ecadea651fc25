"""What tools/offline.py finds wrong with a site."""

from pathlib import Path

import pytest
from chromium import NO_NETWORK
from offline import METHODS, faults, lacking, named, search
from playwright.sync_api import Error

from .conftest import chromium

PAGES = {
    "good.html": '<script src="good.js"></script><a href="https://example.com/">elsewhere</a><img src="data:,">',
    "script.html": "<script>document.head.append(Object.assign(document.createElement('script'),"
    " { src: 'https://example.com/late.js' }))</script>",
    "fetch.html": "<script>setTimeout(() => fetch('https://example.com/data.json').catch(() => 0), 20)</script>",
    "frame.html": "<iframe srcdoc=\"<script src='https://example.com/framed.js'></script>\"></iframe>",
    "missing.html": '<img src="missing.png">',
    "broken.html": "<script>undefined.x</script>",
    "wide.html": '<meta name="viewport" content="width=device-width"><div style="width: 500px">wide</div>',
    "named.html": '<link rel="stylesheet" href="https://example.com/a.css" media="print">',
}


def write(site: Path, pages: dict[str, str]) -> None:
    for name, text in pages.items():
        (site / name).write_text(text)


def test_what_a_page_does_wrong_is_found(tmp_path: Path) -> None:
    write(tmp_path, {**PAGES, "good.js": "document.title = 'good'"})
    with chromium(NO_NETWORK) as browser:
        found = faults(tmp_path, browser)
    assert {line.partition(":")[0] for line in found} == set(PAGES) - {"good.html"}
    texts = "\n".join(found)
    for expected in (
        "script.html: requests https://example.com/late.js",
        "fetch.html: requests https://example.com/data.json",
        "frame.html: requests https://example.com/framed.js",
        "wide.html: is 508 pixels wide on a screen of 390",
        "missing.html: lacks file://",
        "undefined",
    ):
        assert expected in texts


def test_what_files_name_is_found_without_a_browser(tmp_path: Path) -> None:
    write(tmp_path, {"named.html": PAGES["named.html"], "good.html": PAGES["good.html"]})
    (tmp_path / "a.css").write_text("@import url(//example.com/b.css); a { background: url('data:,') }")
    (tmp_path / "a.svg").write_text("<svg><style>@font-face { src: url('https://example.com/c.woff') }</style></svg>")
    assert named(tmp_path) == [
        "a.css: //example.com/b.css",
        "a.svg: https://example.com/c.woff",
        "named.html: https://example.com/a.css",
    ]


def test_a_method_that_the_reference_lacks_is_found(tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    write(
        tmp_path / "reference", {"client.html": "".join(f'<h3 id="ccapi_client.CCAPI.{each}">' for each in METHODS[1:])}
    )
    assert lacking(tmp_path) == [f"the reference lacks CCAPI.{METHODS[0]}"]


def test_the_search_gives_what_it_finds(tmp_path: Path) -> None:
    """On a page that searches as the guide's do: the button answers late, and what is typed brings options, as links."""
    index = """<button>Search</button><input hidden role="combobox" aria-label="Search" oninput="results.innerHTML =
        this.value === 'word' ? `<a role='option' href='word.html'>word</a>` : ''"><div role="listbox" id="results"></div>
        <script>setTimeout(() => { document.querySelector('button').onclick = () => {
            document.querySelector('input').hidden = false } }, 1500)</script>"""
    write(tmp_path, {"index.html": index, "word.html": "found"})
    with chromium(NO_NETWORK) as browser:
        assert search(tmp_path, browser, "word") == ["word.html"]
        (tmp_path / "word.html").unlink()
        for word in ("word", "another"):
            with pytest.raises(Error, match="Timeout 3000ms"):
                search(tmp_path, browser, word, patience=3000)
