"""What an extra brings: `python tools/supply.py DIST` writes a bill of materials for each into a folder.

And it fails where docs/licenses.md isn't what the installed packages say of their licenses, or where one of them is
under a license that a reader has to know of and the pages don't name it. With --write, it writes docs/licenses.md.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
OURS = "ccapi-client"
PAGE = ROOT / "docs" / "licenses.md"
HEAD = """\
# What each extra brings, and its licenses

Written by `nox -s package -- --write` from what the installed packages say of themselves, on Linux. `nox -s package` fails
where a package or a license is new. The bills of materials that it writes into `dist/` have the versions.

"""
TOLD = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
"""The pages of which one has to name each package that isn't under a permissive license."""
PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "PSF-2.0",
    "Unlicense",
    "Zlib",
}
NAMES = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD License": "BSD",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Licenses by the names that packages give them, without which they have one of SPDX."""
UNKNOWN = "not stated"


def brought(extra: str) -> Iterator[Distribution]:
    """The packages that come with an extra, with all that they require; with "", those of the package itself."""
    waiting, seen = [Requirement(f"{OURS}[{extra}]" if extra else OURS)], set[tuple[str, str]]()
    found: dict[str, Distribution] = {}
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        found.setdefault(name, distribution(name))
        for each in ("", *wanted.extras):
            if (name, each) in seen:
                continue
            seen.add((name, each))
            required = map(Requirement, found[name].requires or ())
            waiting += [one for one in required if one.marker is None or one.marker.evaluate({"extra": each})]
    del found[OURS]
    yield from (found[name] for name in sorted(found))


def license_of(package: Distribution) -> str:
    """The license that a package states, by its name in SPDX where that can be told."""
    named = [each for key in ("License-Expression", "License") for each in package.metadata.get_all(key, [])]
    stated = str(next(filter(None, named), ""))
    classified = [
        str(each).rpartition(" :: ")[2]
        for each in package.metadata.get_all("Classifier", [])
        if each.startswith("License ::") and each != "License :: OSI Approved"
    ]
    if "\n" in stated or len(stated) > 60 or not stated or stated == "UNKNOWN":
        stated = " AND ".join(NAMES.get(each, each) for each in classified) or UNKNOWN
    return NAMES.get(stated, stated)


def is_permissive(stated: str) -> bool:
    return set(re.split(r" (?:AND|OR|WITH) |[()]", stated)) - {""} <= PERMISSIVE


def page(packages: Mapping[str, list[Distribution]]) -> str:
    """docs/licenses.md: a table of the packages, with the extras that bring each."""
    rows: dict[str, tuple[str, list[str]]] = {}
    core = {each.name for each in packages[""]}
    for extra, found in packages.items():
        for each in found:
            if not extra or each.name not in core:
                rows.setdefault(canonicalize_name(each.name), (license_of(each), []))[1].append(extra)
    lines = ["| package | license | comes with |", "|---|---|---|"]
    for name, (stated, extras) in sorted(rows.items()):
        bringers = ", ".join(f"`{extra}`" if extra else "the package" for extra in extras)
        lines.append(f"| `{name}` | {stated} | {bringers} |")
    return HEAD + "\n".join(lines) + "\n"


def untold(packages: Mapping[str, list[Distribution]]) -> list[str]:
    """The packages under a license that isn't permissive which no page names."""
    told = "\n".join(path.read_text("utf-8") for path in TOLD)
    found = {canonicalize_name(each.name): license_of(each) for some in packages.values() for each in some}
    return [
        f"{name} ({stated})"
        for name, stated in found.items()
        if not is_permissive(stated) and not re.search(rf"(?<![\w-]){name}(?![\w-])", told)
    ]


def bill(whole: Mapping[str, Any], packages: list[Distribution]) -> dict[str, Any]:
    """A bill of materials of some of the packages, from that of all that is installed."""
    names = {canonicalize_name(each.name) for each in packages}
    components = [each for each in whole["components"] if canonicalize_name(each["name"]) in names]
    ours = whole["metadata"]["component"]["bom-ref"]
    refs = {ours, *(each["bom-ref"] for each in components)}
    dependencies = [
        {**each, "dependsOn": sorted(refs.intersection(each.get("dependsOn", ())))}
        for each in whole["dependencies"]
        if each["ref"] in refs
    ]
    return {**whole, "components": components, "dependencies": dependencies}


def write_bills(packages: Mapping[str, list[Distribution]], folder: Path) -> None:
    options = ["--no-validate", "--output-reproducible", "--spec-version=1.6", "--mc-type=library"]
    options.append(f"--pyproject={ROOT / 'pyproject.toml'}")
    command = ["cyclonedx-py", "environment", *options, sys.executable]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    whole = json.loads(done.stdout)
    bills = {extra: json.dumps(bill(whole, found), indent=1) + "\n" for extra, found in packages.items()}
    # The smallest of them: the others are made alike, and checking one of a hundred packages takes half a minute.
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(bills[""]):
        sys.exit(f"the bill of {OURS} isn't CycloneDX: {wrong}")
    for extra, text in bills.items():
        name = "-".join(filter(None, (f"ccapi_client-{distribution(OURS).version}", extra)))
        (folder / f"{name}.cdx.json").write_text(text, "utf-8")


def main(folder: Path, *options: str) -> None:
    extras = distribution(OURS).metadata.get_all("Provides-Extra", [])
    packages = {extra: list(brought(extra)) for extra in ("", *sorted(extras))}
    write_bills(packages, folder)
    if "--write" in options:
        PAGE.write_text(page(packages), "utf-8")
    elif PAGE.read_text("utf-8") != page(packages):
        sys.exit("docs/licenses.md isn't what the packages say; see what is new: nox -s package -- --write")
    if missing := untold(packages):
        sys.exit(f"no page tells that these are not under a permissive license: {', '.join(missing)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
