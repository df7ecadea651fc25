"""The reference, docs/reference/: the page in a browser without a network, and the samples that it shows, executed."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import ccapi_sandbox
import pytest
from ccapi_client import CCAPI
from ccapi_sandbox import Sandbox, llm
from reference import MARK, script

from .conftest import ROOT, chromium, skip_page
from .test_openapi import DOCUMENT, OPERATIONS, SCHEMAS

PAGE = ROOT / "docs" / "reference"
GUIDE = ROOT / "docs" / "guide" / "other-languages.md"
FRAMES = Path(__file__).parent / "reference"
PYTHON = shlex.quote(sys.executable)
PLACES = {
    operation["operationId"]: f"{method.upper()}{path}"
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
SAMPLES = [
    pytest.param(name, sample["source"], id=f"{name}-{sample['label']}")
    for name, operation in OPERATIONS.items()
    for sample in operation["x-codeSamples"]
]


@pytest.fixture(scope="module")
def quick() -> Iterator[Sandbox]:
    """A sandbox that does not think long about chats."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llm, "installed", lambda: False)
        with ccapi_sandbox.running(job_seconds=0.2, strict=True) as sandbox:
            yield sandbox


# --- Our own client's samples ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_our_client_has_the_first_sample(operation: dict[str, Any]) -> None:
    first = operation["x-codeSamples"][0]
    assert (first["lang"], first["label"]) == ("Python", "ccapi-client")


@pytest.mark.parametrize(("name", "source"), SAMPLES)
def test_sample_of_our_client(
    name: str, source: str, quick: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Does what it says, as it stands; what makes pictures, speech or a video ends with a file."""
    monkeypatch.setenv("CCAPI_API_KEY", quick.api_key)
    monkeypatch.setenv("CCAPI_BASE_URL", quick.base_url)
    quick.reset()
    done = run(f"{PYTHON} sample.py", save(tmp_path / "work", "sample.py", source))
    assert done.returncode == 0, done.stdout
    assert done.stdout.strip()
    assert name in {request.operation for request in quick.requests}
    assert all(request.status in (200, 202) for request in quick.requests)
    files = {
        "createSpeech": ["welcome.mp3"],
        "createImage": ["pictures"] * 2,
        "generateImages": ["pictures"],
        "generateVideo": ["videos"],
    }
    made = [path.relative_to(tmp_path / "work") for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert sorted(path.parts[0] for path in made if path.name != "sample.py") == files.get(name, [])


# --- The page --------------------------------------------------------------------------------------------------------


@dataclass
class Shown:
    """What the page showed when it was clicked through.

    Attributes:
        forms: The menu: each language's name, with the forms that there are of its samples.
        samples: The text of each, by its form and the operation.
        schemas: The names in the list of schemas.
        text: What the operations' sections say.
        asked: The addresses that were loaded.
        troubles: What the console told.
    """

    forms: dict[str, list[str]] = field(default_factory=dict)
    samples: dict[tuple[str, str], str] = field(default_factory=dict)
    schemas: list[str] = field(default_factory=list)
    text: str = ""
    asked: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Opens the page from its folder, chooses the sandbox as the server, and looks at each operation in each form."""
    contract = PAGE / "openapi.js"
    if not contract.exists() or contract.read_text("utf-8") != script():
        skip_page("the reference is not built, or from another contract: nox -s reference")
    found = Shown()
    with chromium("--host-resolver-rules=MAP * ~NOTFOUND") as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.context.set_offline(True)
        page.on("request", lambda request: found.asked.append(request.url))
        page.on("console", lambda line: found.troubles.append(line.text) if line.type != "info" else None)
        page.on("pageerror", lambda error: found.troubles.append(str(error)))
        page.goto((PAGE / "index.html").as_uri())
        page.get_by_role("button", name="Server:").click()
        page.get_by_role("option", name=DOCUMENT["servers"][1]["url"]).click()
        for group in page.get_by_role("button", name=re.compile("^Open Group")).all_inner_texts():
            page.get_by_role("button", name=group).click()
        found.schemas = page.locator("[data-sidebar-id*='/schemas/']").all_inner_texts()
        sections = {}
        for name, place in PLACES.items():
            page.locator(f"[data-sidebar-id$='{place}'] a").click()
            sections[name] = page.locator(f"section[id$='{place}']")
            sections[name].locator(".scalar-card pre").first.wait_for()
        found.text = "\n".join(section.inner_text() for section in sections.values())
        menu = sections["createChatCompletion"].locator(".scalar-card-header [id*=popover-button]").first
        menu.click()
        pictures = os.environ.get("CCAPI_SCREENSHOTS") or tmp_path_factory.mktemp("pictures")
        page.screenshot(path=f"{pictures}/reference.png")
        for language in page.locator("[role=listbox] [role=group]").all():
            options = [str(option.get_attribute("id")) for option in language.get_by_role("option").all()]
            heading = language.locator("[id$=-label]").inner_text()
            found.forms[heading] = [re.sub(r"^\D+-\d+-\d+-", "", option) for option in options]
        page.keyboard.press("Escape")
        for form in [form for forms in found.forms.values() for form in forms]:
            menu.click()
            page.locator(f"[role=option][id$='-{form}']").click()
            for name, section in sections.items():
                found.samples[form, name] = section.locator(".scalar-card pre").first.inner_text()
    return found


def test_the_page_needs_no_network_and_finds_no_fault(shown: Shown) -> None:
    assert [address for address in shown.asked if not address.startswith((PAGE.as_uri(), "data:", "blob:"))] == []
    assert shown.troubles == []


def test_the_page_has_all_languages_and_our_client_first(shown: Shown) -> None:
    ours, *others = shown.forms
    assert shown.forms[ours] == ["custom/python", "custom/python/1"]
    assert set(others) == {
        *("Shell", "JavaScript", "Java", "Swift", "Go", "PHP", "Python", "HTTP", "C", "C#", "Objective-C", "Ruby"),
        *("OCaml", "Dart", "R"),
    }
    for name, operation in OPERATIONS.items():
        assert shown.samples["custom/python", name].strip() == operation["x-codeSamples"][0]["source"]


def test_the_page_lists_the_schemas(shown: Shown) -> None:
    assert {name.replace("\u200b", "") for name in shown.schemas} == set(SCHEMAS)


def test_the_page_marks_what_is_not_confirmed_and_says_no_more_of_it(shown: Shown) -> None:
    assert f"What the stream brings beside the text; only with stream. {MARK}" in shown.text
    assert "How many pictures to make, 1 or more; the model sets the upper bound. Left out, the service decides.\n" in (
        shown.text
    )
    assert "onfirmed" not in shown.text


# --- The other samples that the page shows ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Runner:
    """How samples of one form are executed, in a folder that has the frames too.

    Attributes:
        file: What a sample is saved as.
        command: Executes it; `$PORT` is the sandbox's.
        needs: A command that succeeds where the language is installed, and what the samples use of it.
        framed: What makes a program of a sample that is a part of one.
    """

    file: str
    command: str
    needs: str
    framed: Callable[[str], str] = str


def java(sample: str) -> str:
    return (FRAMES / "Frame.java").read_text("utf-8").replace("SAMPLE", sample)


def csharp(sample: str) -> str:
    """For Mono, whose C# is 7: raw strings are of C# 11, and `using` without a block of C# 8."""
    sample = re.sub('"""\n(.*?)\n"""', lambda raw: '@"' + raw[1].replace('"', '""') + '"', sample, flags=re.DOTALL)
    return (FRAMES / "frame.cs").read_text("utf-8").replace("SAMPLE", sample.replace("using var", "var"))


JARS = "/usr/share/java/okhttp.jar:/usr/share/java/okio.jar"
CLANG = (
    "clang -fblocks $(gnustep-config --objc-flags) -I. -I$(dirname $(find /usr/lib/gcc -path '*objc/objc.h'))/.. -w"
    " frame.m -o sample -lgnustep-base -lobjc -lBlocksRuntime"
)
RUNNERS = {
    "c/libcurl": Runner(
        file="sample.c",
        command="gcc -Wall -Werror sample.c -o sample -lcurl && ./sample",
        needs="echo '#include <curl/curl.h>' | gcc -fsyntax-only -xc -",
    ),
    "csharp/httpclient": Runner(
        file="sample.cs",
        command="mcs -r:System.Net.Http.dll sample.cs && mono sample.exe",
        needs="mcs --version && find /usr/lib/mono -name System.Net.Http.dll | grep .",
        framed=csharp,
    ),
    "go/native": Runner(file="sample.go", command="go run sample.go", needs="go version"),
    "http/http1.1": Runner(file="sample.http", command=f"{PYTHON} send.py sample.http $PORT", needs="true"),
    "java/okhttp": Runner(
        file="Sample.java",
        command=f"java -XX:TieredStopAtLevel=1 -cp {JARS} Sample.java",
        needs=f"javac --version && ls {JARS.replace(':', ' ')}",
        framed=java,
    ),
    "js/fetch": Runner(file="sample.mjs", command="node sample.mjs", needs="node -e fetch"),
    "objc/nsurlsession": Runner(
        file="sample.inc",
        command=f"mkdir objc && echo '#include <Block.h>' > objc/blocks_runtime.h && {CLANG} && ./sample",
        needs="clang --version && gnustep-config --objc-flags && echo '#include <Block.h>' | clang -fsyntax-only -xc -",
    ),
    "ocaml/cohttp": Runner(
        file="sample.ml",
        command="ocamlfind ocamlopt -thread -package cohttp-lwt-unix -linkpkg sample.ml -o sample && ./sample",
        needs="ocamlfind query cohttp-lwt-unix",
    ),
    "php/curl": Runner(
        file="sample.php", command="php sample.php", needs="php -r 'curl_version();'", framed="<?php\n{}".format
    ),
    "python/python3": Runner(file="sample.py", command=f"{PYTHON} sample.py", needs="true"),
    "python/requests": Runner(
        file="sample.py", command=f"{PYTHON} sample.py", needs="true", framed="import requests\n{}".format
    ),
    "r/httr2": Runner(file="sample.R", command="Rscript sample.R", needs="Rscript -e 'library(httr2)'"),
    "ruby/native": Runner(file="sample.rb", command="ruby sample.rb", needs="ruby --version"),
    "shell/curl": Runner(file="sample.sh", command="sh sample.sh", needs="curl --version"),
}
PARSED = {"dart/http": "dart", "swift/nsurlsession": "swift"}
"""Forms of languages that Debian has no compiler of, with their grammars."""


def save(folder: Path, file: str, text: str) -> Path:
    folder.mkdir()
    (folder / file).write_text(text, "utf-8")
    return folder


def run(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("form", RUNNERS)
def test_samples(form: str, shown: Shown, quick: Sandbox, tmp_path: Path) -> None:
    """Each is what the page shows, but for what a reader would put in: the key, the sandbox's port, the id of a job."""
    runner = RUNNERS[form]
    missing = run(runner.needs, tmp_path)
    if missing.returncode:
        told = f"{form} is not installed, as this says: {runner.needs}"
        assert form.partition("/")[0] not in os.environ.get("CCAPI_TEST_LANGUAGES", "").split(), told
        pytest.skip(told)
    quick.reset()
    port = quick.base_url.removesuffix("/v1").rpartition(":")[2]
    with CCAPI(quick.api_key, base_url=quick.base_url) as client:
        job = client.generate_images(contents=[{"text": "a fox"}]).id
        video = client.generate_video(prompt="a fox").task_id
    for name, operation in OPERATIONS.items():
        sample = shown.samples[form, name].replace("YOUR_SECRET_TOKEN", quick.api_key)
        sample = sample.replace("127.0.0.1:8765", f"127.0.0.1:{port}").replace("job-4d2e", job)
        sample = sample.replace("video-7c1e", video)
        shutil.copytree(FRAMES, folder := tmp_path / name)
        (folder / runner.file).write_text(runner.framed(sample), "utf-8")
        before = len(quick.requests)
        done = run(runner.command, folder, PORT=port)
        assert done.returncode == 0, f"{name}: {done.stdout}"
        (request,) = quick.requests[before:]
        assert (request.operation, request.status in (200, 202)) == (name, True), done.stdout
        if "requestBody" in operation:
            first, *_ = operation["requestBody"]["content"]["application/json"]["examples"].values()
            assert request.body == first["value"]


@pytest.mark.parametrize("form", PARSED)
def test_samples_that_are_only_parsed(form: str, shown: Shown) -> None:
    parser = import_module("tree_sitter_language_pack").get_parser(PARSED[form])
    for name in OPERATIONS:
        assert not parser.parse(shown.samples[form, name].encode()).root_node.has_error, name


def test_no_form_is_left_out(shown: Shown) -> None:
    forms = {form for forms in shown.forms.values() for form in forms if not form.startswith("custom/")}
    assert forms == {*RUNNERS, *PARSED}


def test_the_guide_tells_what_is_executed(shown: Shown) -> None:
    _, *languages = shown.forms
    rows = re.findall(r"^\| (\S+) \| .* \| (\w+) .*\|$", GUIDE.read_text("utf-8"), re.MULTILINE)
    parsed = {language for language in languages if PARSED.keys() & set(shown.forms[language])}
    assert {language for language, how in rows if how == "parse"} == parsed
    assert sorted(language for language, _ in rows[1:]) == sorted(languages)
