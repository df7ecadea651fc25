"""Builds what is released: `python tools/release.py DIST` writes the source distribution and the wheel into a folder.

Fails where a second build, of a copy elsewhere, on a day of its own, gives other bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EPOCH = "1577836800"
"""The time of all files in what is released, in seconds since 1970: that of the build would change its bytes."""
LEFT_OUT = (".git", ".[!g]*", "__pycache__", "dist", "site", "tests")
"""What the copy lacks."""


def build(source: Path, folder: Path, *options: str, **env: str) -> None:
    """Builds both into a folder, which holds nothing else then."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", str(folder), str(source)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, **env}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(done.stdout.decode("utf-8", "replace"))


def main() -> None:
    dist = Path(sys.argv[1]).resolve()
    build(ROOT, dist)
    with tempfile.TemporaryDirectory() as text:
        copy, again = Path(text) / "copy", Path(text) / "again"
        ignore = shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(ROOT, copy, copy_function=shutil.copy, ignore=ignore)  # with today's times
        # The wheel from the sources this time, and not from the source distribution.
        build(copy, again, "--sdist", "--wheel", TZ="Asia/Kathmandu", PYTHONHASHSEED="1")
        for path in sorted(dist.iterdir()):
            if path.read_bytes() != (again / path.name).read_bytes():
                sys.exit(f"a second build of {path.name} has other bytes")
            print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}, twice")


if __name__ == "__main__":
    main()
