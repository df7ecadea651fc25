"""The contact sheet of a batch: one HTML file, with each row's pictures, sounds or text beside what was requested.

Pictures are loaded as they come into view, so that thousands of them do. Nothing is loaded from elsewhere, and what
models and services wrote is text, never markup.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs

from .. import _checks
from .._files.drafts import draft
from .._files.save import NEW
from .errors import BatchError
from .export import text_of
from .items import Counts, Item

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp")
SOUNDS = (".mp3", ".wav", ".ogg", ".opus", ".flac", ".m4a", ".aac")
VIDEOS = (".mp4", ".webm", ".mov")
LONGEST = 2000
"""How much of a text is shown, in characters."""

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #8889; }
* { box-sizing: border-box; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; }
h1 { font-size: 1.2rem; margin: 0; overflow-wrap: anywhere; }
header p { margin: .3rem 0 1.2rem; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(16rem, 100%), 1fr)); gap: 1rem; }
article { border: 1px solid var(--line); border-radius: .5rem; overflow: hidden;
  display: flex; flex-direction: column; }
article[hidden] { display: none; }
article > div { padding: .6rem .8rem; min-width: 0; }
article > p { padding: .4rem .8rem 0; }
img, video { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #8882; }
audio { width: calc(100% - 1rem); margin: .5rem; }
h2 { font-size: .85rem; margin: 0; overflow-wrap: anywhere; }
p, pre { margin: .3rem 0 0; overflow-wrap: anywhere; white-space: pre-wrap; font: inherit; }
.quiet { opacity: .7; font-size: .85em; }
.failed h2::after, .unknown h2::after, .lost h2::after { content: " " attr(data-state); color: #c33; }
.planned h2::after, .sending h2::after, .job h2::after, .done h2::after { content: " " attr(data-state); opacity: .6; }
nav { margin: 0 0 1rem; display: flex; gap: .5rem; flex-wrap: wrap; }
nav button { font: inherit; padding: .2rem .7rem; border: 1px solid var(--line); border-radius: 1rem; cursor: pointer;
  background: none; color: inherit; }
nav button[aria-pressed=true] { background: var(--quiet); }
"""

SCRIPT = """
for (const button of document.querySelectorAll("nav button")) button.onclick = () => {
  const on = button.getAttribute("aria-pressed") !== "true";
  for (const each of document.querySelectorAll("nav button")) each.setAttribute("aria-pressed", each === button && on);
  for (const each of document.querySelectorAll("article"))
    each.hidden = on && !each.classList.contains(button.dataset.state);
};
"""


def report(items: Iterator[Item], counts: Counts, title: str, path: str | os.PathLike[str]) -> Path:
    """Writes the contact sheet, whole or not at all, and returns its path.

    Raises:
        BatchError: It can't be written.
    """
    target = _checks.path("path", path).absolute()
    try:
        with draft(target.parent, target.name, NEW) as file:
            for piece in pieces(items, counts, title, target.parent):
                file.file.write(piece.encode(errors="replace"))
            file.rename(target)
    except OSError as error:
        raise BatchError(f"{path} can't be written: {error.strerror or error}") from None
    return target


def pieces(items: Iterator[Item], counts: Counts, title: str, folder: Path) -> Iterator[str]:
    """The sheet, a piece for each row; its links start from a folder."""
    found = {name: count for name, count in attrs.asdict(counts).items() if count}
    noun = "row" if counts.total == 1 else "rows"
    summary = ", ".join(f"{count:,} {name}" for name, count in found.items())
    yield (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>\n"
        f"<header><h1>{escape(title)}</h1><p>{counts.total:,} {noun}: {summary}</p></header>\n"
    )
    if len(found) > 1:
        buttons = (
            f'<button aria-pressed="false" data-state="{name}">{name} {count:,}</button>'
            for name, count in found.items()
        )
        yield f"<nav>{''.join(buttons)}</nav>\n"
    yield "<main>\n"
    for item in items:
        yield _article(item, folder)
    yield f"</main>\n<script>{SCRIPT}</script>\n</html>\n"


def _article(item: Item, folder: Path) -> str:
    media = "".join(_media(path, folder, item.id) for path in item.paths)
    answer = text_of(item.response["body"]) if item.response else ""
    texts = [f"<p>{escape(_short(prompt_of(item.body)))}</p>"]
    if answer:
        texts.append(f"<pre>{escape(_short(answer))}</pre>")
    if item.error:
        texts.append(f'<p class="quiet">{escape(_short(f"{item.error.code}: {item.error.message}"))}</p>')
    name = f'<h2 data-state="{item.state}">{escape(item.id)}</h2>'
    return f'<article class="{item.state}">{media}<div>{name}{"".join(texts)}</div></article>\n'


def _media(path: Path, folder: Path, name: str) -> str:
    try:
        address = quote(os.path.relpath(path, folder).replace(os.sep, "/"))
    except ValueError:  # on another drive
        address = path.as_uri()
    if path.suffix.lower() in PICTURES:
        return f'<a href="{address}"><img loading="lazy" decoding="async" src="{address}" alt="{escape(name)}"></a>'
    if path.suffix.lower() in SOUNDS:
        return f'<audio controls preload="none" src="{address}"></audio>'
    if path.suffix.lower() in VIDEOS:
        return f'<video controls preload="none" src="{address}"></video>'
    return f'<p><a href="{address}">{escape(path.name)}</a></p>'


def prompt_of(body: Mapping[str, Any]) -> str:
    """What a request is about: its texts, in their order."""
    texts = list(_texts(body))
    return "\n".join(texts) or json.dumps(body, ensure_ascii=False)


def _texts(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name)
    elif isinstance(value, str) and name in ("text", "prompt", "input", "content", "negative_prompt"):
        yield value


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
