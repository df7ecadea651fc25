"""The Chromium that looks at pages: that of the machine, which requests nothing by itself."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND"


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """A running Chromium with these arguments.

    Raises:
        LookupError: There is none on this machine.
    """
    if CHROMIUM is None:
        raise LookupError("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *arguments])
        yield browser
        browser.close()
