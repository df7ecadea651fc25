"""Writes the programs of the README and of the guide into a folder, for type checkers: `python tools/guide.py FOLDER`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
PROGRAM = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for page in PAGES:
        for number, program in enumerate(PROGRAM.findall(page.read_text("utf-8"))):
            name = f"{page.stem.replace('-', '_').lower()}_{number}.py"
            (folder / name).write_text(program, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
