"""The pictures of the README and of the guide: each is there, light, described, and made by tools/pictures.py."""

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from offline import loaded_by
from pictures import FOLDER, PICTURES
from PIL import Image
from terminal import COLUMNS, Terminal

from .test_docs import PAGES

SHOWN = [
    (page, alt, target)
    for page in PAGES
    for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text("utf-8"))
]
MOST = 150_000
"""The most bytes that a file may have."""


@pytest.mark.parametrize(("page", "alt", "target"), SHOWN, ids=[f"{page.name}: {target}" for page, _, target in SHOWN])
def test_a_page_shows_what_is_there(page: Path, alt: str, target: str) -> None:
    assert (page.parent / target).is_file()
    assert len(alt.split()) > 3  # whoever doesn't see it reads this


def test_each_picture_is_made_by_the_script_and_shown() -> None:
    shown = {(page.parent / target).resolve() for page, _, target in SHOWN}
    made = {FOLDER / name for name in PICTURES}
    assert set(FOLDER.iterdir()) == made
    assert made <= shown
    assert {path for path in shown if path.parent == FOLDER} <= made


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_light_and_whole(name: str) -> None:
    path = FOLDER / name
    assert path.stat().st_size <= MOST
    assert loaded_by(path) == []
    if path.suffix == ".svg":
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
    else:
        Image.open(path).verify()


def test_a_terminal_draws_what_a_command_prints(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, {})
    terminal.run(r"printf 'gone\rr\033[31med \033[38;2;1;2;3m<&>\033[0m\n'; echo $COLUMNS")
    terminal.run(r"printf '\033[38;2;9;8;7;48;2;6;5;4m▀▀\033[0m\n\033[38;2;1;1;1m▀▀\033[0m end\n'")
    drawing = terminal.svg("a title")
    svg = ElementTree.fromstring(drawing)
    texts = [each.text or "" for each in svg.iter("{http://www.w3.org/2000/svg}text")]
    plain = "".join(texts).replace("\xa0", " ")
    assert "a title" in plain
    assert "red <&>" in plain
    assert f"\n{COLUMNS}\n" in plain
    assert "fill: #010203" in drawing
    assert "\n   end" in plain
    (image,) = svg.iter("{http://www.w3.org/2000/svg}image")
    picture = Image.open(io.BytesIO(base64.b64decode(image.attrib["href"].partition(",")[2])))
    assert (picture.size, picture.getpixel((1, 0)), picture.getpixel((1, 1))) == ((2, 4), (9, 8, 7), (6, 5, 4))


def test_a_command_that_fails_makes_no_picture(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"exit code 3\n(.*\n)*why"):
        Terminal(tmp_path, {}).run("echo why; exit 3")


def test_a_command_that_does_not_end_is_shown_as_it_is_then(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, {})
    terminal.run("printf 'be%s later' gun; sleep 60", until="begun")
    assert "begun" in terminal.svg("")
    assert "begun&#160;later" not in terminal.svg("")
    with pytest.raises(RuntimeError, match="exit code 0"):
        terminal.run("echo begun", until="ended")
