"""Writes the programs of the README and of the guide into a folder, for type checkers: `python tools/guide.py FOLDER`."""

from __future__ import annotations

import ast
import json
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
PROGRAM = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


PYRIGHT = {
    "exclude": [],  # else all that is below a folder whose name starts with a dot
    "typeCheckingMode": "strict",
    "reportUnusedImport": "none",  # a table of samples shares them
    "reportUnusedExpression": "none",  # cells of notebooks end in one
    "reportDeprecated": "none",  # `AsyncIterator` of a context manager: what else there is needs Python 3.13
}
"""How an editor checks them that is strict."""


def module(program: str) -> str:
    """A program as a module: what awaits outside of any function, as in a cell of a notebook, is in one here."""
    try:
        compile(program, "program", "exec")
    except SyntaxError:
        compile(program, "program", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return f"async def cell() -> None:\n{textwrap.indent(program, '    ')}"
    return program


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), "utf-8")
    for page in PAGES:
        for number, program in enumerate(PROGRAM.findall(page.read_text("utf-8"))):
            name = f"{page.stem.replace('-', '_').lower()}_{number}.py"
            (folder / name).write_text(module(program), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
