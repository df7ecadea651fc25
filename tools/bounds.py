"""Writes the versions to try: `python tools/bounds.py lowest FILE`, the lowest that pyproject.toml allows, or the newest."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
"""The words of uv."""


def write(resolution: str, path: Path) -> None:
    """Writes a line for each package."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--quiet", "--all-extras", "--no-annotate", "--no-header"]
    options = [f"--resolution={RESOLUTIONS[resolution]}", f"--output-file={path}"]
    subprocess.run([*command, *options], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    if resolution == "lowest":
        # Of the rest, the tests may need newer ones. And what the package itself requires is the lowest that it says,
        # also where an extra wants it newer.
        extras = itertools.chain(*PROJECT["optional-dependencies"].values())
        names = {re.split("[<>=]", each)[0] for each in extras}
        found = dict(line.split("==") for line in path.read_text().splitlines())
        found = {name: version for name, version in found.items() if name in names}
        found |= dict(each.partition(",")[0].split(">=") for each in PROJECT["dependencies"])
        found["opentelemetry-sdk"] = found["opentelemetry-api"]  # the tests', which works with this one alone
        path.write_text("".join(f"{name}=={version}\n" for name, version in found.items()))


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
