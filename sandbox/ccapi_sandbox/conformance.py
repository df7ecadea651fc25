"""`python -m ccapi_sandbox.conformance -- PROGRAM`: what a client in any language does wrong, by the sandbox's ledger.

It starts the program once for each scenario, against a sandbox of its own. The program reads `CCAPI_SCENARIO`, does
what the part before the slash says (`TASKS`), and prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import running
from .file_host import FileHost, hosting
from .forms import Content, Reply
from .paint import Recipe, paint
from .replies import Received
from .scenarios import SCENARIOS, TASKS, Scenario
from .server import Sandbox
from .verdicts import Seen, problems

SECONDS = 60.0
"""How long a program may take for a scenario by default, in seconds."""


@dataclass(frozen=True)
class Ended:
    """How a program ended: what it printed, and in words how it ended otherwise."""

    output: str
    how: str


Start = Callable[[Mapping[str, str]], Ended]
"""What runs the program to its end, with these variables in its environment."""


@dataclass(frozen=True)
class Verdict:
    """What became of a scenario.

    Attributes:
        name: Its name.
        happens: What happened to the client.
        expected: What a good client does.
        passed: Whether this one did.
        problems: What it did wrong.
        result: What it printed; None if it printed no object.
    """

    name: str
    happens: str
    expected: str
    passed: bool
    problems: Sequence[str]
    result: Mapping[str, Any] | None


@contextmanager
def judging() -> Iterator[Callable[[Scenario, Start], Verdict]]:
    """Gives what runs a program in a scenario and says what it did wrong. One scenario at a time."""
    key = f"key-{secrets.token_hex(8)}"  # one that no program knows by heart
    sandboxes: dict[float, Sandbox] = {}
    with ExitStack() as stack:

        def judge(scenario: Scenario, start: Start) -> Verdict:
            seconds = scenario.job_seconds
            if seconds not in sandboxes:
                sandboxes[seconds] = stack.enter_context(running(api_key=key, job_seconds=seconds))
            sandboxes[seconds].reset()
            return _judge(scenario, start, sandboxes[seconds])

        yield judge


def _judge(scenario: Scenario, start: Start, sandbox: Sandbox) -> Verdict:
    with (
        tempfile.TemporaryDirectory(prefix="ccapi-conformance-") as folder,
        hosting(_picture(), scenario.file) as host,
    ):
        _prepare(sandbox, scenario, host)
        file = Path(folder) / "picture.png"
        ended = start(
            {
                "CCAPI_BASE_URL": sandbox.base_url,
                "CCAPI_API_KEY": sandbox.api_key,
                "CCAPI_SCENARIO": scenario.name,
                "CCAPI_FILE": str(file),
            }
        )
        seen = Seen(
            requests=sandbox.requests,
            elsewhere=host.received,
            result=_result(ended.output),
            ended=f"printed no line with a JSON object: {ended.how}",
            file=file.read_bytes() if file.exists() else None,
            picture=_picture(),
            api_key=sandbox.api_key,
        )
    found = problems(scenario, seen)
    return Verdict(scenario.name, scenario.happens, scenario.expected, not found, found, seen.result)


def _prepare(sandbox: Sandbox, scenario: Scenario, host: FileHost) -> None:
    """Scripts what is to happen."""
    poll_faults = [scenario.poll_fault] if scenario.poll_fault else []
    reply: Reply = scenario.reply
    if scenario.task == "file":
        reply = {"json": {"data": [{"url": f"{host.origin}/fox.png"}]}}

    def respond(received: Received) -> Content | None:
        if poll_faults:  # once the job is accepted: before, its own request would get the fault
            sandbox.fail_next(poll_faults.pop())
        return reply or None

    sandbox.reply(respond, to=TASKS[scenario.task][0])
    for fault in scenario.faults:
        sandbox.fail_next(fault)


@cache
def _picture() -> bytes:
    return paint(Recipe("a fox", 0, 256, 256, "PNG", None, None, 0.5))


def _result(output: str) -> Mapping[str, Any] | None:
    """The object in the last line that has one."""
    for line in reversed(output.splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return None


def process(command: Sequence[str], seconds: float) -> Start:
    """What runs a program of this machine. After so many seconds, it is killed with all that it has started."""

    def start(variables: Mapping[str, str]) -> Ended:
        # Files, not pipes: a process that the program leaves behind may keep a pipe open.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            try:
                program = subprocess.Popen(  # noqa: S603 - it is the user's own program
                    command,
                    env={**os.environ, **variables},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,  # so that it can be killed with all that it has started
                )
            except OSError as error:
                raise ValueError(f"can't run {command[0]!r}: {error.strerror}") from None
            try:
                how = f"it ended with the exit code {program.wait(seconds)}"
            except subprocess.TimeoutExpired:
                how = f"it ran for more than {seconds:g} s"
            finally:  # after Ctrl-C too, which the program does not get
                if program.poll() is None:
                    _kill(program)
            out.seek(0)
            err.seek(0)
            said = err.read().decode(errors="replace").strip().rpartition("\n")[2][:300]
            return Ended(out.read().decode(errors="replace"), f"{how}{said and f'; its last error: {said}'}")

    return start


def _kill(program: subprocess.Popen[bytes]) -> None:
    """Kills a program, with all that it has started."""
    if sys.platform == "win32":
        program.kill()
    else:
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()


def chosen(names: Sequence[str]) -> list[Scenario]:
    """The scenarios of these names or tasks; all of them without a name.

    Raises:
        ValueError: There is no such name.
    """
    for name in names:
        if not any(name in (each.name, each.task) for each in SCENARIOS):
            there = ", ".join((*TASKS, *(each.name for each in SCENARIOS)))
            raise ValueError(f"--only: there is no {name!r}; there are {there}")
    return [each for each in SCENARIOS if not names or each.name in names or each.task in names]


def _listed(scenarios: Sequence[Scenario]) -> str:
    """The tasks and the scenarios, for people."""
    lines = ["CCAPI_SCENARIO is a task, a slash, and what happens. The tasks:", ""]
    lines += [f"{task:8}{does}; print {prints}" for task, (_, does, prints) in TASKS.items()]
    lines += ["", 'If it fails, print {"error": {"status": …, "code": …, "message": …, "details": …}}. What happens:']
    for each in scenarios:
        lines += ["", each.name, f"    {each.happens}", f"    Expected: {each.expected}"]
    return "\n".join(lines)


def _row(verdict: Verdict) -> str:
    if verdict.passed:
        return f"{verdict.name:24}passes"
    texts = [*verdict.problems, f"expected: {verdict.expected}"]
    lines = [line for text in texts for line in textwrap.wrap(text, 94, subsequent_indent="  ")]
    return f"{verdict.name:24}FAILS\n{textwrap.indent(chr(10).join(lines), ' ' * 24)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the options, runs the program in each scenario, and says what it did wrong; 1 if there is anything."""
    parser = argparse.ArgumentParser(
        prog="python -m ccapi_sandbox.conformance",
        description="Says what a client of the API does wrong, in any language.",
        epilog="Exit code: 0 if all scenarios pass, 1 if one fails, 2 if the program can't be run.",
    )
    parser.add_argument("program", nargs="*", help="the program and its arguments, after --: node program.js")
    parser.add_argument("--only", action="append", metavar="NAME", help="a scenario, or a task; repeatable")
    parser.add_argument("--list", action="store_true", help="list the tasks and the scenarios")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--timeout",
        type=float,
        default=SECONDS,
        metavar="SECONDS",
        help="how long the program may take for a scenario, in seconds (default %(default)g)",
    )
    options = parser.parse_args(arguments)
    verdicts = []
    try:
        scenarios = chosen(options.only or ())
        if options.list:
            print(_listed(scenarios))
            return 0
        if not options.program:
            raise ValueError("PROGRAM is missing: python -m ccapi_sandbox.conformance -- node program.js")
        if shutil.which(options.program[0]) is None:
            raise ValueError(f"can't run {options.program[0]!r}: there is no such program")
        if not options.timeout > 0:
            raise ValueError("--timeout: a number of seconds above 0 is expected")
        start = process(options.program, options.timeout)
        with judging() as judge:
            for scenario in scenarios:
                verdicts.append(judge(scenario, start))
                if not options.json:
                    print(_row(verdicts[-1]), flush=True)
    except ValueError as error:
        parser.error(str(error))
    count = sum(verdict.passed for verdict in verdicts)
    if options.json:
        print(json.dumps([asdict(verdict) for verdict in verdicts], ensure_ascii=False, indent=2))
    else:
        print(f"\n{count} of {len(verdicts)} scenarios pass.")
    return int(count < len(verdicts))


if __name__ == "__main__":
    sys.exit(main())
