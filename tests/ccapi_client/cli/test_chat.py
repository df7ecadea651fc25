"""`ccapi chat` and `ccapi speech`: what they read; conversations in files, pictures, schemas, usage."""

import base64
import io
import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pexpect  # type: ignore[import-untyped]
import pytest
from ccapi_client import ConfigurationError, InvalidRequestError
from ccapi_client.cli.conversation import Conversation
from ccapi_client.cli.inputs import text_of
from ccapi_client.cli.schema import Schema
from ccapi_client.cli.usage import Usage, _decimal
from PIL import Image

from .local import Local
from .processes import COMMAND, Processes

BABBLE = ("--model", "sandbox/babble")
RIVER = {
    "type": "object",
    "title": "A river",
    "properties": {"name": {"type": "string"}, "kilometers": {"type": "integer"}},
    "required": ["name", "kilometers"],
    "additionalProperties": False,
}


def texts(cli: Local | Processes) -> list[Any]:
    """What the users of the chats said last."""
    bodies = [each.body for each in cli.sandbox.requests if each.body]
    return [body["messages"][-1]["content"] for body in bodies if "messages" in body]


# What is read


@pytest.mark.parametrize("command", [("chat", *BABBLE, "--max-tokens", "3"), ("speech", "-o", "out/")])
def test_a_loop_of_the_shell_keeps_its_lines(process: Processes, command: tuple[str, ...]) -> None:
    (process.folder / "lines.txt").write_text("Name a river.\nName a lake.\n")
    line = " ".join([*COMMAND, *command])
    loop = f'while read -r line; do {line} "$line"; done < lines.txt'
    done = subprocess.run(
        ["bash", "-c", loop], cwd=process.folder, env=process.environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    spoken = (
        texts(process)
        if command[0] == "chat"
        else [each.body and each.body["input"] for each in process.sandbox.requests]
    )
    assert spoken == ["Name a river.", "Name a lake."]


@pytest.mark.parametrize("command", [("chat", "hello", *BABBLE), ("speech", "hello")])
def test_an_open_pipe_is_not_waited_for(process: Processes, command: tuple[str, ...]) -> None:
    open_pipe: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, *command], cwd=process.folder, env=process.environment, **open_pipe) as running:
        try:
            assert running.wait(60) == 0  # while standard input is open
        finally:
            running.kill()


def test_standard_input_where_it_is_named(cli: Local) -> None:
    assert cli("chat", "Sum up:", "-", *BABBLE, input="a tale\n").returncode == 0
    assert cli("speech", "-", "-o", "x.mp3", input="Good morning.\n").stdout == "x.mp3\n"
    assert texts(cli) == ["Sum up:\n\na tale"]
    assert cli.sandbox.requests[-1].body
    assert cli.sandbox.requests[-1].body["input"] == "Good morning."


class Input(io.StringIO):
    """Standard input that counts how often it is read."""

    def __init__(self, text: str, *, is_terminal: bool = False) -> None:
        super().__init__(text)
        self.reads, self._is_terminal = 0, is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def read(self, size: int | None = -1) -> str:
        self.reads += 1
        return super().read(size)


@pytest.mark.parametrize(
    ("words", "text", "reads"),
    [
        (["Why", "not?"], "Why not?", 0),
        ([""], "", 0),
        ([], "a tale", 1),
        (["-"], "a tale", 1),
        (["Sum", "up:", "-"], "Sum up:\n\na tale", 1),
        (["-", "Sum", "up."], "a tale\n\nSum up.", 1),
        (["a-b", "--", "-c"], "a-b -- -c", 0),
    ],
)
def test_what_is_read(monkeypatch: pytest.MonkeyPatch, words: list[str], text: str, reads: int) -> None:
    source = Input("a tale\n")
    monkeypatch.setattr(sys, "stdin", source)
    assert (text_of(words), source.reads) == (text, reads)


def test_of_a_terminal_nothing_is_read_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Input("typed\n", is_terminal=True)
    monkeypatch.setattr(sys, "stdin", source)
    assert (text_of([]), source.reads) == ("", 0)
    assert text_of(["-"]) == "typed"


def test_what_can_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequestError, match="which can be read once"):
        text_of(["-", "and", "-"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), "utf-8"))
    with pytest.raises(InvalidRequestError, match="standard input is not text"):
        text_of(["-"])
    monkeypatch.setattr(sys, "stdin", None)
    assert text_of([]) == ""
    with pytest.raises(InvalidRequestError, match="standard input is closed"):
        text_of(["-"])


# Conversations in files


def test_a_conversation_is_kept_and_continued(cli: Local) -> None:
    first = cli("chat", "Name a river.", "--save", "talk.json", "--system", "Be brief.", *BABBLE)
    path = cli.folder / "talk.json"
    assert json.loads(path.read_text()) == {
        "model": "sandbox/babble",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Name a river."},
            {"role": "assistant", "content": first.stdout.removesuffix("\n")},
        ],
    }
    path.chmod(0o600)
    assert cli("chat", "And a lake.", "--continue", "talk.json", "--system", "Be long.").returncode == 0
    kept = json.loads(path.read_text())
    assert [each["role"] for each in kept["messages"]] == ["system", "user", "assistant", "user", "assistant"]
    assert kept["messages"][0]["content"] == "Be long."
    assert cli.sandbox.requests[-1].body
    assert cli.sandbox.requests[-1].body["messages"] == kept["messages"][:-1]
    assert cli.sandbox.requests[-1].model == "sandbox/babble"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    branch = cli("chat", "Why?", "--continue", "talk.json", "--save", "other.json", "--model", "a/b", "--model", "c/d")
    assert branch.returncode == 1  # there are no such models
    assert json.loads(path.read_text()) == kept
    assert sorted(each.name for each in cli.folder.iterdir()) == ["talk.json"]


def test_another_file_gets_the_rest(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"model": "a/b", "messages": []}')
    opened = Conversation.opened(str(tmp_path / "old.json"), str(tmp_path / "new.json"))
    opened.models = ["c/d", "e/f"]
    opened.keep({"role": "user", "content": "?"}, {"role": "assistant", "content": None, "refusal": None, "id": "x"})
    assert json.loads((tmp_path / "new.json").read_text()) == {
        "models": ["c/d", "e/f"],
        "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": ""}],
    }
    assert json.loads((tmp_path / "old.json").read_text())["messages"] == []
    again = Conversation.opened(str(tmp_path / "new.json"), None)
    assert (again.models, len(again.messages)) == (["c/d", "e/f"], 2)


def test_what_can_not_be_written_is_not_kept_either(tmp_path: Path) -> None:
    (tmp_path / "gone").write_text("")  # a file where the folder was
    kept = Conversation(["a/b"], [], tmp_path / "gone" / "talk.json")
    with pytest.raises(OSError, match="gone"):
        kept.keep({"role": "user", "content": "?"}, {"content": "!"})
    assert kept.messages == []


def test_calls_of_tools_are_kept() -> None:
    kept = Conversation(["a/b"])
    calls = [{"id": "call-1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    kept.keep({"role": "user", "content": "?"}, {"role": "assistant", "content": None, "tool_calls": calls})
    assert kept.messages[1] == {"role": "assistant", "content": None, "tool_calls": calls}


@pytest.mark.parametrize(
    ("continued", "saved", "message"),
    [
        ("none.json", None, "--continue: none.json can't be read: No such file or directory; --save none.json starts"),
        ("text.json", None, "--continue: text.json is not JSON: "),
        ("list.json", None, "--continue: list.json is no conversation: "),
        ("more.json", None, "--continue: more.json has temperature: only model, models, messages are kept there"),
        ("number.json", None, "--continue: number.json: model: the id of a model is expected"),
        (None, "list.json", "--save: list.json is there already; --continue list.json goes on with it"),
        (None, "folder", "--save: folder is a folder; a file is expected"),
        ("-", None, "--continue: - is standard input; a file is expected"),
        (None, "/proc/none/talk.json", "--save: /proc/none/talk.json can't be written"),
        ("fine.json", "list.json", "--save: list.json is there already"),
    ],
)
def test_what_is_no_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, continued: str | None, saved: str | None, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.json").write_text("hello")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "more.json").write_text('{"messages": [], "temperature": 1}')
    (tmp_path / "number.json").write_text('{"messages": [], "model": 7}')
    (tmp_path / "fine.json").write_text('{"messages": []}')
    with pytest.raises(InvalidRequestError) as caught:
        Conversation.opened(continued, saved)
    assert str(caught.value).startswith(message)


# Pictures


def test_pictures_go_with_the_text(cli: Local) -> None:
    Image.new("RGB", (4, 4), "red").save(cli.folder / "fox.png")
    cli.sandbox.reply("A fox.")
    url = "https://example.com/owl.png"
    done = cli("chat", "What is this?", "--attach", "fox.png", "--attach", url, "--save", "talk.json")
    assert (done.stdout, done.stderr) == ("A fox.\n", "")
    data = base64.b64encode((cli.folder / "fox.png").read_bytes()).decode()
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    assert texts(cli) == [parts]
    assert json.loads((cli.folder / "talk.json").read_text())["messages"][0]["content"] == parts


# Schemas


def test_an_answer_follows_a_schema(cli: Local) -> None:
    (cli.folder / "river.json").write_text(json.dumps(RIVER))
    cli.sandbox.reply('```json\n{"name": "Po", "kilometers": 652}\n```')
    done = cli("chat", "A river.", "--schema", "river.json", "--usage", "--save", "talk.json")
    assert json.loads(done.stdout) == {"name": "Po", "kilometers": 652}
    assert done.stderr.startswith("usage: ")
    (request,) = [each.body for each in cli.sandbox.requests if each.operation == "createChatCompletion"]
    assert request
    assert request["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "A_river", "schema": RIVER, "strict": True},
    }
    assert json.loads((cli.folder / "talk.json").read_text())["messages"][1]["content"].startswith("```json")
    cli.sandbox.reply({"json": {"name": "Po", "kilometers": 652}})
    whole = cli.json("chat", "A river.", "--schema", "river.json")
    assert json.loads(whole["choices"][0]["message"]["content"]) == {"name": "Po", "kilometers": 652}


def test_an_answer_that_does_not_follow_it_is_shown_as_it_is(cli: Local) -> None:
    (cli.folder / "river.json").write_text(json.dumps(RIVER))
    cli.sandbox.reply('{"name": "Po", "kilometers": "long"}')
    done = cli("chat", "A river.", "--schema", "river.json", "--save", "talk.json", "--usage")
    assert (done.returncode, done.stdout) == (1, "")
    text, usage, error = done.stderr.splitlines()
    assert text == '{"name": "Po", "kilometers": "long"}'
    assert usage.startswith("usage: ")
    assert error == "error: the answer does not match A_river: kilometers: 'long' is not of type 'integer'"
    assert not (cli.folder / "talk.json").exists()
    cli.sandbox.reply('{"name": "P', finish_reason="length")
    cut = cli("chat", "A river.", "--schema", "river.json")
    assert (cut.returncode, cut.stdout) == (1, "")
    assert '{"name": "P\nerror: the answer was cut' in cut.stderr


def test_a_partial_answer_as_json_says_why_it_is_partial(cli: Local) -> None:
    cut = cli("chat", "Name a river.", *BABBLE, "--json", "--header", "X-Sandbox-Fault: cut-stream")
    document = json.loads(cut.stdout)
    assert (cut.returncode, document["choices"][0]["message"]["role"]) == (1, "assistant")
    assert document["error"]["type"] == "StreamInterruptedError"
    assert document["error"]["hint"].startswith("the request may have been executed, and billed")
    (cli.folder / "river.json").write_text(json.dumps(RIVER))
    cli.sandbox.reply('{"name": "Po"}')
    wrong = json.loads(cli("chat", "A river.", "--schema", "river.json", "--json").stdout)
    assert wrong["choices"][0]["message"]["content"] == '{"name": "Po"}'
    assert wrong["error"]["type"] == "InvalidAnswerError"


def test_several_answers_are_for_json(cli: Local) -> None:
    done = cli("chat", "Name a river.", *BABBLE, "--n", "2")
    assert (done.returncode, done.stdout, cli.sandbox.requests) == (2, "", [])
    assert done.stderr == "error: --n: several answers are printed as JSON alone; add --json, or leave --n out\n"
    assert len(cli.json("chat", "Name a river.", *BABBLE, "--max-tokens", "3", "--n", "2")["choices"]) == 2


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "--schema: s.json is not JSON: "),
        ("[]", "--schema: s.json is no JSON Schema: an object is expected"),
        ('{"$schema": 5}', "--schema: s.json is no JSON Schema: $schema: a text is expected"),
        ('{"$schema": ["x"]}', "--schema: s.json is no JSON Schema: $schema: a text is expected"),
        ('{"not": ' * 400 + "{}" + "}" * 400, "--schema: s.json is nested too deeply to be checked"),
        ('{"type": "river"}', "--schema: s.json is no JSON Schema: type: 'river' is not valid"),
        ('{"$ref": "http://127.0.0.1:1/s"}', "--schema: s.json refers to http://127.0.0.1:1/s: all of it has to be in"),
    ],
)
def test_what_is_no_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.json").write_text(document)
    with pytest.raises(InvalidRequestError) as caught:
        Schema("s.json")
    assert str(caught.value).startswith(message)


def test_a_schema_is_strict_where_it_can_be(tmp_path: Path) -> None:
    def strict(document: Any) -> bool:
        (tmp_path / "s.json").write_text(json.dumps(document))
        schema = Schema(str(tmp_path / "s.json"))
        assert schema.response_format()["json_schema"]["schema"] == document
        return bool(schema.response_format()["json_schema"]["strict"])

    assert strict(RIVER)
    assert strict({**RIVER, "properties": {"name": {"anyOf": [RIVER]}, "kilometers": {"type": "integer"}}})
    assert not strict({**RIVER, "required": ["name"]})
    assert not strict({**RIVER, "additionalProperties": True})
    assert not strict({**RIVER, "properties": {"name": {"type": "object"}, "kilometers": {"type": "integer"}}})


def test_a_schema_that_was_read_is_not_too_deep_for_a_request(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"default": ' + "[" * 300 + "]" * 300 + "}")
    schema = Schema(str(tmp_path / "s.json"))

    def within(frames: int) -> Any:
        return within(frames - 1) if frames else schema.response_format()

    assert within(sys.getrecursionlimit() - 300)["json_schema"]["strict"] is True


def test_a_schema_needs_what_checks_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(ConfigurationError) as caught:
        Schema(str(tmp_path / "s.json"))
    assert str(caught.value) == "--schema needs jsonschema: pip install 'ccapi-client[cli]'"


def test_a_reference_inside_of_a_schema(tmp_path: Path) -> None:
    path = tmp_path / "a list.json"
    path.write_text(json.dumps({"type": "array", "items": {"$ref": "#/$defs/river"}, "$defs": {"river": RIVER}}))
    schema = Schema(str(path))
    assert schema.name == "a_list"
    assert schema.read('[{"name": "Po", "kilometers": 652}]') == [{"name": "Po", "kilometers": 652}]
    with pytest.raises(ValueError, match=r"^\[0\]: 'kilometers' is a required property$"):
        schema.read('[{"name": "Po"}]')
    with pytest.raises(ValueError, match="nested too deeply"):
        schema.read("[" * 100_000)


# Usage


def test_usage_and_price(cli: Local) -> None:
    cli.sandbox.reply("one two three", times=3)
    shown = r"usage: \d+ \+ \d+ = (\d+) tokens, ([\d.]+) USD \(openai/gpt-4o-mini\)\n"
    for more in ((), ("--quiet",), ("--json",)):
        done = cli("chat", "hello", "--usage", *more)
        found = re.fullmatch(shown, done.stderr)
        assert found
        tokens = int(found[1])
        assert float(found[2]) == pytest.approx(tokens * 0.0004 / 1000, rel=0.01)
        if more == ("--json",):
            assert json.loads(done.stdout)["usage"]["total_tokens"] == tokens
    unpriced = cli("chat", "hello", "--usage", *BABBLE)
    assert "tokens, 0.00 USD (sandbox/babble)" in unpriced.stderr


@pytest.mark.parametrize(
    ("cost", "text"),
    [(0, "0.00"), (0.00004, "0.00004"), (0.0000123456, "0.0000123"), (0.5, "0.50"), (12.3456, "12.35")],
)
def test_a_price_has_the_digits_that_count(cost: float, text: str) -> None:
    assert _decimal(cost) == text


def test_usage_as_far_as_it_is_known() -> None:
    def known(model: str, usage: object) -> str:
        told = Usage(SimpleNamespace(client=SimpleNamespace(iter_models=list)), ["a/b"])  # type: ignore[arg-type]
        return told._text(SimpleNamespace(model=model, usage=usage))

    assert known("a/b", None) == "usage: the service did not say"
    only_total = SimpleNamespace(prompt_tokens=None, completion_tokens=None, total_tokens=7)
    assert known("b-2025", only_total) == "usage: 7 tokens, price not known (b-2025)"


# In a terminal


def test_a_conversation_with_all_of_it(process: Processes) -> None:
    Image.new("RGB", (4, 4), "red").save(process.folder / "fox.png")
    process.sandbox.reply("A fox.", times=2)
    terminal = process.terminal("chat", "--attach", "fox.png", "--save", "talk.json", "--usage")
    for text in ("What is this?", "And this?"):
        terminal.expect("> ")
        terminal.sendline(text)
        terminal.expect("A fox.")
        terminal.expect("usage: ")
    terminal.expect("> ")
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    kept = json.loads((process.folder / "talk.json").read_text())["messages"]
    assert [each["role"] for each in kept] == ["user", "assistant", "user", "assistant"]
    assert [part["type"] for part in kept[0]["content"]] == ["text", "image_url"]
    assert kept[2]["content"] == "And this?"  # the picture was sent once, and is in the conversation
    terminal = process.terminal("chat", "--continue", "talk.json")
    terminal.expect("> ")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
