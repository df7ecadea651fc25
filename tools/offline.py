"""Whether a built site works without a network: `python tools/offline.py site` names what it loads from elsewhere."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path


class Loads(HTMLParser):
    """The addresses that a page has a browser load by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = ("src", "srcset", "data", "poster", *(["href", "xlink:href"] if tag != "a" else []))
        self.addresses += [value for name, value in attrs if name in names and value]


def loaded_by(path: Path) -> list[str]:
    """The addresses on other hosts that a page or a style sheet loads."""
    if path.suffix == ".html":
        page = Loads()
        page.feed(path.read_text("utf-8"))
        addresses = page.addresses
    elif path.suffix == ".css":
        addresses = re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s;]+)""", path.read_text("utf-8"))
    else:
        return []
    return [address for address in addresses if re.match(r"(https?:)?//", address)]


def main() -> None:
    site = Path(sys.argv[1])
    loaded = [f"{path.relative_to(site)}: {address}" for path in site.rglob("*") for address in loaded_by(path)]
    if loaded:
        sys.exit("the site has to work without a network, but loads\n" + "\n".join(loaded))


if __name__ == "__main__":
    main()
