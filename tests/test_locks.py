"""The lock files fit pyproject.toml, have hashes and name no host."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import nox
import pytest
from locking import FOR_NODE, LOCKED, LOCKS
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .conftest import ROOT

PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
GROUP = pytest.mark.parametrize("group", LOCKED)


@dataclass(frozen=True)
class Pin:
    """What a lock file has of a package."""

    name: str
    version: str
    hashes: list[str]
    is_required: bool
    """By pyproject.toml itself."""


def pins(group: str) -> list[Pin]:
    text = (LOCKS / f"{group}.txt").read_text("utf-8")
    found = []
    for entry in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        name, version = re.match(r"([a-z0-9-]+)==([^ ]+)", entry).groups()  # type: ignore[union-attr]
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry)
        found.append(Pin(name, version, hashes, is_required="pyproject.toml" in entry))
    return found


def required(group: str) -> list[Requirement]:
    """What pyproject.toml requires in the environment of a group."""
    found = list(nox.project.dependency_groups(PYPROJECT, group))
    extras = LOCKED[group]
    if extras is not None:
        project = PYPROJECT["project"]
        found += project["dependencies"]
        found += [each for extra in extras for each in project["optional-dependencies"][extra]]
    return [Requirement(each) for each in found]


def test_each_group_is_locked_by_itself_or_with_another() -> None:
    groups = PYPROJECT["dependency-groups"]
    included = {each["include-group"] for group in groups.values() for each in group if isinstance(each, dict)}
    assert groups.keys() - included <= LOCKED.keys() <= groups.keys()
    assert {path.stem for path in LOCKS.glob("*.txt")} == LOCKED.keys()


@GROUP
def test_a_lock_fits_what_is_required(group: str) -> None:
    wanted: dict[str, list[Requirement]] = {}
    for each in required(group):
        wanted.setdefault(canonicalize_name(each.name), []).append(each)
    locked = pins(group)
    assert {pin.name for pin in locked if pin.is_required} == wanted.keys(), "nox -s lock"
    for pin in locked:
        for each in wanted.get(pin.name, []):
            assert each.specifier.contains(pin.version, prereleases=True), f"{each}, not {pin.version}: nox -s lock"


@GROUP
def test_each_package_has_its_hashes(group: str) -> None:
    assert all(pin.hashes for pin in pins(group))


@pytest.mark.parametrize("folder", FOR_NODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_locks_for_node_fit_and_have_hashes(folder: Path) -> None:
    wanted = json.loads((folder / "package.json").read_text("utf-8"))
    root, *others = json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"].values()
    for kind in ("dependencies", "devDependencies"):
        assert root.get(kind, {}) == wanted.get(kind, {})
    assert all(each["integrity"].startswith("sha512-") for each in others)


def test_no_lock_names_a_host() -> None:
    for path in LOCKS.glob("*.txt"):
        assert "://" not in path.read_text("utf-8"), path
    for folder in FOR_NODE:
        assert '"resolved"' not in (folder / "package-lock.json").read_text("utf-8"), folder
