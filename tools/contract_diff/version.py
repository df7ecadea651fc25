"""Which version a contract has to have after a change (SemVer 2.0.0)."""

import re

from .changes import Severity

VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")

Core = tuple[int, int, int]


def parse(version: str) -> tuple[Core, bool]:
    """The three numbers of a version, and whether it comes before its release. Raises ValueError for anything else."""
    match = VERSION.fullmatch(version)
    if not match:
        raise ValueError(f"{version!r} is not a version: three numbers, as 1.2.3")
    major, minor, patch = (int(number) for number in match.group(1, 2, 3))
    return (major, minor, patch), match.group(4) is not None


def expected(base: str, worst: Severity | None) -> str:
    """The least version after changes of which `worst` is the worst, None if there are none. Raises ValueError.

    While the version is 0.x, breaking changes raise the second number and all others the third. What comes before a
    release may change at will until that release.
    """
    (major, minor, patch), is_prerelease = parse(base)
    if worst is None:
        return base
    if is_prerelease:
        return f"{major}.{minor}.{patch}"
    if worst is Severity.BREAKING and major:
        return f"{major + 1}.0.0"
    if worst is Severity.BREAKING or (worst is Severity.ADDITIVE and major):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def suffices(version: str, base: str, worst: Severity | None) -> bool:
    """Whether a version has risen enough; more is welcome, and so is a pre-release of enough. Raises ValueError."""
    core, _ = parse(version)
    least, _ = parse(expected(base, worst))
    return core >= least and (worst is None or version != base)
