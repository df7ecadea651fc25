"""The command line: `nox -s contract_diff -- [BASE]`."""

import argparse
import subprocess
import sys
from pathlib import Path

import yaml

from . import Change, compare, expected, suffices, with_changes
from .nodes import Node, as_node


def git(folder: Path, *arguments: str) -> str:
    """What git answers. Raises OSError where there is none, or what git has against it."""
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout.decode("utf-8")


def latest(folder: Path) -> str:
    """The latest tag, HEAD before there is one."""
    try:
        return git(folder, "describe", "--tags", "--abbrev=0").strip()
    except OSError:
        return "HEAD"


def earlier(base: str, contract: Path) -> str:
    """The text of the contract in a file or at a git revision. Raises OSError."""
    if Path(base).is_file():
        return Path(base).read_text("utf-8")
    return git(contract.parent, "show", f"{base}:./{contract.name}")


def parsed(text: str, name: str) -> Node:
    """A document. Raises ValueError for what is none."""
    document = as_node(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    version = str(document.get("openapi", "none"))
    if version.split(".")[:2] != ["3", "1"]:
        raise ValueError(f"only OpenAPI 3.1 can be compared, and {name} is {version}")
    return document


def shown(change: Change) -> str:
    verdict = change.verdict
    return (
        f"{change.severity}: {change.where}: {change.what}\n"
        f"    caller   {verdict.caller}: {verdict.for_caller}\n"
        f"    service  {verdict.service}: {verdict.for_service}"
    )


def main(arguments: list[str] | None = None) -> int:
    """0: the version has risen enough; 1: it has not; 2: there is nothing to compare."""
    parser = argparse.ArgumentParser(prog="contract_diff", description="Compares openapi.yaml with an earlier one.")
    parser.add_argument("base", nargs="?", metavar="BASE", help="a file or a git revision; the latest tag, else HEAD")
    parser.add_argument("--contract", type=Path, default=Path("openapi.yaml"), help="the newer contract: %(default)s")
    parser.add_argument("--write-changelog", action="store_true", help="list the changes in CHANGELOG.md beside it")
    options = parser.parse_args(arguments)
    contract = options.contract.resolve()
    try:
        base = options.base or latest(contract.parent)
        old, new = parsed(earlier(base, contract), base), parsed(contract.read_text("utf-8"), contract.name)
        versions = [str(as_node(each.get("info")).get("version")) for each in (old, new)]
        changes = compare(old, new)
        worst = max((change.severity for change in changes), default=None)
        least = expected(versions[0], worst)
        is_enough = suffices(versions[1], versions[0], worst)
    except (OSError, ValueError, yaml.YAMLError) as error:
        print(f"contract_diff: {error}", file=sys.stderr)
        return 2
    for change in changes:
        print(shown(change))
    print(f"{len(changes)} change{'s' * (len(changes) != 1)} since {base}" + (f", the worst {worst}" if worst else ""))
    if options.write_changelog:
        changelog = contract.parent / "CHANGELOG.md"
        text = with_changes(changelog.read_text("utf-8"), changes, versions[1], keeps=base == "HEAD")
        changelog.write_text(text, "utf-8")
    if not is_enough:
        print(f"info.version is {versions[1]}, and was {versions[0]}: expected {least} or more")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
