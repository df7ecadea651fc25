"""Whether a built site works without a network: `python tools/offline.py site` opens every page of it from the folder.

Chromium loads each page, cut off from the network, on a narrow screen. What the page or its scripts request from other
hosts is a fault; so is a file that isn't there, an error of a script, and a page that is wider than the screen. Then the
search has to find the page that a word is on.
"""

import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

from chromium import CHROMIUM, NO_NETWORK, chromium
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import TimeoutError as BrowserTimeout

PHONE = ViewportSize(width=390, height=844)
DESKTOP = ViewportSize(width=1280, height=900)
WORD, FOUND_ON = "Retry-After", "retries-and-billing.html"
METHODS = ("generate_images", "wait_for_image_jobs", "save")
"""Of each way that methods come about, one that the reference has to have."""
LOCAL = ("file:", "data:", "blob:", "about:")


class Loads(HTMLParser):
    """The addresses that a page has a browser load by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = ("src", "srcset", "data", "poster", *(["href", "xlink:href"] if tag != "a" else []))
        self.addresses += [value for name, value in attrs if name in names and value]


def loaded_by(path: Path) -> list[str]:
    """The addresses on other hosts that a page, a style sheet or a drawing names, whether they are loaded now or not."""
    if path.suffix == ".html":
        page = Loads()
        page.feed(path.read_text("utf-8"))
        addresses = page.addresses
    elif path.suffix in (".css", ".svg"):
        addresses = re.findall(r"""(?:url\(\s*|@import\s+(?!url\())["']?([^"')\s;]+)""", path.read_text("utf-8"))
    else:
        return []
    return [address for address in addresses if re.match(r"(https?:)?//", address)]


def named(site: Path) -> list[str]:
    """What the files of a site name as loaded from elsewhere."""
    return [f"{path.relative_to(site)}: {address}" for path in sorted(site.rglob("*")) for address in loaded_by(path)]


class Watch:
    """What goes wrong in a page, as it does.

    Attributes:
        troubles: What went wrong, since it was last cleared.
    """

    def __init__(self, page: Page) -> None:
        self.troubles: list[str] = []
        page.on("request", self._requested)
        page.on("requestfailed", self._failed)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(LOCAL):
            self.troubles.append(f"requests {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure == "net::ERR_FILE_NOT_FOUND":  # others are what leaving a page breaks off
            self.troubles.append(f"lacks {request.url}")

    def _said(self, line: ConsoleMessage) -> None:
        if line.type == "error" and "net::ERR_" not in line.text:  # those are told already
            self.troubles.append(line.text)


def faults(site: Path, browser: Browser) -> list[str]:
    """What is wrong with the pages of a site, each opened from the folder."""
    found = []
    page = browser.new_page(viewport=PHONE)
    page.context.set_offline(True)
    watch = Watch(page)
    for path in sorted(site.rglob("*.html")):
        if path.name == "404.html":  # for servers: its addresses begin at their root
            continue
        page.goto(path.as_uri())
        page.wait_for_timeout(100)  # for what a script requests once the page is there
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            watch.troubles.append(f"is {width} pixels wide on a screen of {PHONE['width']}")
        found += [f"{path.relative_to(site)}: {each}" for each in watch.troubles]
        watch.troubles.clear()
    page.close()
    return found


def search(site: Path, browser: Browser, word: str, patience: float = 60_000) -> list[str]:
    """The pages that the site's search finds a word on, the best first; opens that one. `patience` is in milliseconds.

    Raises:
        playwright.sync_api.Error: There is no search, or it finds nothing, or the page can't be opened.
    """
    page = browser.new_page(viewport=DESKTOP)
    page.context.set_offline(True)
    page.goto((site / "index.html").as_uri())
    box = page.get_by_role("combobox", name="Search")
    for _ in range(int(patience // 1000)):  # the button is there before the script that answers it
        page.get_by_role("button", name="Search").first.click(timeout=patience)
        try:
            box.wait_for(timeout=1000)
        except BrowserTimeout:
            continue
        break
    box.fill(word, timeout=patience)  # at once: each key would change the results
    results = page.get_by_role("option")
    results.first.wait_for(timeout=patience)
    found = [str(link.get_attribute("href")) for link in results.all()]
    results.first.click()
    page.wait_for_url(lambda address: address.endswith(found[0]), timeout=patience)
    page.close()
    return found


def lacking(site: Path) -> list[str]:
    """The methods that the reference lacks."""
    text = (site / "reference" / "client.html").read_text("utf-8")
    return [f"the reference lacks CCAPI.{each}" for each in METHODS if f'id="ccapi_client.CCAPI.{each}"' not in text]


def main() -> None:
    site = Path(sys.argv[1]).resolve()
    wrong = [*lacking(site), *named(site)]
    if CHROMIUM is None:
        if os.environ.get("CCAPI_TEST_BROWSER") == "required":
            sys.exit("there is no Chromium on this machine, and CCAPI_TEST_BROWSER is 'required'")
        print("NOT OPENED: there is no Chromium (Debian's package chromium)", file=sys.stderr)
    else:
        with chromium(NO_NETWORK) as browser:
            wrong += faults(site, browser)
            try:
                pages = search(site, browser, WORD)
            except BrowserError as error:
                wrong.append(f"search: {error}")
            else:
                if not any(FOUND_ON in page for page in pages):
                    wrong.append(f"search: {WORD!r} is found on {pages}, not on {FOUND_ON}")
    if wrong:
        sys.exit("the site has to work from its folder, without a network, but\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
