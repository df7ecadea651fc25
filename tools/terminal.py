"""A terminal that commands run in, and the drawing of what it shows."""

import base64
import fcntl
import io
import os
import re
import struct
import termios
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pyte
from PIL import Image
from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

COLUMNS = 80
ROWS = 200  # more than a session has, so that nothing scrolls away
HALF, BLANK = "▀", Char(" ")
"""What programs draw pictures with, two pixels in a cell, one above the other; and a cell that shows nothing."""
COMMANDS = re.compile("\x1b_.*?\x1b\\\\")
"""What asks a terminal whether it can draw; pyte would show it."""

# Rich's own loads a font from another host.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
.{unique_id}-title {{ font: bold 18px system-ui, sans-serif; }}
image {{ image-rendering: pixelated; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g>PICTURES</g>
</svg>
"""
CHARACTER = (20 * 0.61, 20 * 1.22)
"""The width and height of a cell in rich's drawings."""


class Terminal:
    """A terminal of 80 columns, in a folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        colors = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": str(COLUMNS)}
        self._folder, self._environment = folder, {**os.environ, **environment, **colors}
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)

    def run(self, command: str, *, until: str | None = None) -> None:
        """Types a command and shows what it prints, to its end, or until it has printed what a pattern matches. Then it is killed.

        Raises:
            RuntimeError: The command failed, or ended without printing that.
        """
        self._stream.feed(f"\x1b[32m$\x1b[0m \x1b[1m{command}\x1b[0m\r\n")
        child = pexpect.spawn(
            "/bin/sh",
            ["-c", command],
            cwd=str(self._folder),
            env=self._environment,
            dimensions=(ROWS, COLUMNS),
            timeout=300,
            encoding="utf-8",
        )
        # In pixels too: who draws pictures looks at the size of a cell.
        fcntl.ioctl(child.child_fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, COLUMNS * 10, ROWS * 20))
        is_over = child.expect([pexpect.EOF] if until is None else [pexpect.EOF, until]) == 0
        printed = str(child.before) + ("" if is_over else str(child.after))
        self._stream.feed(COMMANDS.sub("", printed))
        child.close(force=True)
        if is_over and (until or child.exitstatus != 0):
            raise RuntimeError(f"{command}: exit code {child.exitstatus}\n" + "\n".join(self.lines()))

    def lines(self) -> list[str]:
        """What the terminal shows, as text."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")

    def svg(self, title: str) -> str:
        """What the terminal shows, as a drawing."""
        rows = range(len(self.lines()))
        return drawn([[self._screen.buffer[row][column] for column in range(COLUMNS)] for row in rows], title)


def drawn(cells: list[list[Char]], title: str) -> str:
    """Rows of cells as an SVG."""
    console = Console(
        record=True, width=len(cells[0]), file=io.StringIO(), color_system="truecolor", legacy_windows=False
    )
    text = [[BLANK if cell.data == HALF else cell for cell in row] for row in cells]
    for row in text:
        line = Text()
        for style, alike in groupby(row, style_of):
            line.append("".join(cell.data for cell in alike), style)
        line.rstrip()
        console.print(line, soft_wrap=True)
    return console.export_svg(title=title, code_format=SVG.replace("PICTURES", pictures(cells)), unique_id="t")


def style_of(cell: Char) -> Style:
    """How a cell looks."""
    return Style(
        color=color_of(cell.fg),
        bgcolor=color_of(cell.bg),
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        reverse=cell.reverse,
    )


def color_of(name: str) -> str:
    """The name that rich has for a color of pyte."""
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name):
        return f"#{name}"
    return name.replace("bright", "bright_").replace("brown", "yellow")


def pictures(cells: list[list[Char]]) -> str:
    """The pictures that are drawn with half blocks, each as one image: that is small, and has no seams."""
    found, top = [], 0
    while top < len(cells):
        width = next((at for at, cell in enumerate(cells[top]) if cell.data != HALF), len(cells[top]))
        bottom = top
        while width and bottom < len(cells) and cells[bottom][width - 1].data == HALF:
            bottom += 1
        if width:
            found.append(picture([row[:width] for row in cells[top:bottom]], top))
        top = max(bottom, top + 1)
    return "".join(found)


def picture(cells: list[list[Char]], top: int) -> str:
    """Half blocks as an image, two pixels a cell."""
    image = Image.new("RGB", (len(cells[0]), 2 * len(cells)))
    for y, row in enumerate(cells):
        for x, cell in enumerate(row):
            image.putpixel((x, 2 * y), rgb(cell.fg))
            image.putpixel((x, 2 * y + 1), rgb(cell.bg))
    file = io.BytesIO()
    image.save(file, "PNG")
    width, height = CHARACTER
    return (
        f'<image y="{top * height:g}" width="{image.width * width:g}" height="{len(cells) * height:g}"'
        f' preserveAspectRatio="none" href="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"/>'
    )


def rgb(name: str) -> tuple[int, int, int]:
    """A color of pyte as numbers."""
    style = Style(color=color_of(name))
    found = SVG_EXPORT_THEME.background_color if style.color is None else style.color.get_truecolor(SVG_EXPORT_THEME)
    return (found.red, found.green, found.blue)
