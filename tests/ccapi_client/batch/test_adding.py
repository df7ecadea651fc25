"""Inputs of every kind become requests as the contract has them, or an error that names the line; all, or none."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ccapi_client import InvalidRequestError, media
from ccapi_client.batch import Added, Batch, BatchError
from ccapi_client.batch.moves import start
from ccapi_client.batch.operations import operations
from ccapi_client.batch.template import compiled
from ccapi_client.cli.options import contract
from ccapi_client.models import MultimodalInputContent
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ...scripted import ClientClass


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Batch]:
    monkeypatch.chdir(tmp_path)
    with Batch.open("x.ccapi") as batch:
        yield batch


def rows(batch: Batch) -> list[tuple[str, str, dict[str, Any]]]:
    return [(item.id, item.operation, item.body) for item in batch.items()]


def test_lines_of_text(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("\ufeffa fox\n\n  an owl {by night}  \n", "utf-8")
    assert batch.add("prompts.txt") == Added(2, 0, 0)
    assert rows(batch) == [
        ("1", "generateImages", {"contents": [{"text": "a fox"}]}),
        ("2", "generateImages", {"contents": [{"text": "an owl {by night}"}]}),
    ]


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("createImage", {"prompt": "a fox"}),
        ("create_image", {"prompt": "a fox"}),
        ("/v1/images/generations", {"prompt": "a fox"}),
        ("generateImages", {"contents": [{"text": "a fox"}]}),
        ("createSpeech", {"model": "a/b", "input": "a fox"}),
        ("createChatCompletion", {"model": "a/b", "messages": [{"role": "user", "content": "a fox"}]}),
    ],
)
def test_a_text_goes_where_the_operation_has_it(batch: Batch, operation: str, body: dict[str, Any]) -> None:
    template = {"text": "{text}", **({"model": "a/b"} if "model" in body else {})}
    batch.add(["a fox"], operation=operation, template=template)
    assert rows(batch)[0][2] == body
    assert rows(batch)[0][1] in ("createImage", "generateImages", "createSpeech", "createChatCompletion")


def test_operations_are_those_that_a_batch_can_run(batch: Batch) -> None:
    """`parse_chat_completion` and `stream_chat_completion` are other forms of the same operation."""
    posts = {
        each["operationId"]
        for path in contract()["paths"].values()
        for method, each in path.items()
        if method == "post"
    }
    assert operations().keys() == posts
    with pytest.raises(InvalidRequestError, match="'parse_chat_completion' can't be sent in a batch; did you mean"):
        batch.add(["a fox"], operation="parse_chat_completion")


CSV = 'sku,color,seed,hd\nfox-1,red,7,true\nfox-2,"light, grey",,\n,,,\n'


def test_a_csv_fills_a_template(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(CSV)
    template = {"text": "a {color} {{fox}}", "parameters": {"seed": "{seed}", "width": 64}, "model": "a/b"}
    assert batch.add("rows.csv", template=template, id="{sku}").new == 2
    assert rows(batch) == [
        (
            "fox-1",
            "generateImages",
            {
                "parameters": {"seed": 7, "width": 64},
                "model": "a/b",
                "contents": [{"text": "a red {fox}"}],
            },
        ),
        (
            "fox-2",
            "generateImages",
            {"parameters": {"width": 64}, "model": "a/b", "contents": [{"text": "a light, grey {fox}"}]},
        ),
    ]


def test_the_columns_of_a_csv_are_fields_without_a_template(batch: Batch, tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text("id\ttext\tparameters.seed\tmodel\na\ta fox\t7\t\nb\tan owl\t\tm/n\n")
    batch.add("rows.tsv")
    assert rows(batch) == [
        ("a", "generateImages", {"parameters": {"seed": 7}, "contents": [{"text": "a fox"}]}),
        ("b", "generateImages", {"model": "m/n", "contents": [{"text": "an owl"}]}),
    ]


def test_openai_s_batches_bring_their_ids_and_operations(batch: Batch, tmp_path: Path) -> None:
    lines = [
        {"custom_id": "c", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "a", "messages": []}},
        {"custom_id": "i", "url": "/v1/images/generations", "body": {"prompt": "a fox", "n": 2}},
    ]
    (tmp_path / "requests.jsonl").write_text("\n".join(map(json.dumps, lines)))
    batch.add("requests.jsonl")
    assert rows(batch) == [
        ("c", "createChatCompletion", {"model": "a", "messages": []}),
        ("i", "createImage", {"prompt": "a fox", "n": 2}),
    ]


def test_dicts_as_data_frames_give_them(batch: Batch) -> None:
    given = ({"id": number, "prompt": text, "n": math.nan} for number, text in enumerate(["a fox", "an owl"]))
    batch.add(given, operation="createImage")
    assert rows(batch) == [
        ("0", "createImage", {"prompt": "a fox"}),
        ("1", "createImage", {"prompt": "an owl"}),
    ]


def test_models_and_what_the_contract_does_not_list(batch: Batch) -> None:
    batch.add([{"contents": [media.text("a fox")], "extra_body": {"style": "x"}}])
    batch.add([{"contents": [MultimodalInputContent(text="a fox")], "id": "b"}])
    assert [body for _, _, body in rows(batch)] == [
        {"contents": [{"text": "a fox"}], "style": "x"},
        {"contents": [{"text": "a fox"}]},
    ]


def test_pictures_are_kept_by_path_and_hash(batch: Batch, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save("fox.png")
    path = str(tmp_path / "fox.png")
    batch.add([{"text": "in winter", "image": "fox.png", "id": "a"}])
    batch.add([{"text": "in winter", "image": Path("fox.png"), "mask": "https://x.example/m.png", "id": "b"}])
    batch.add([{"contents": [{"image": {"path": "fox.png"}}], "id": "c"}])
    sha256 = rows(batch)[0][2]["contents"][0]["image"]["sha256"]
    assert len(sha256) == 64
    kept = {"path": path, "sha256": sha256}
    assert [body["contents"] for _, _, body in rows(batch)] == [
        [{"text": "in winter", "image": kept}],
        [{"text": "in winter", "image": kept, "mask": {"url": "https://x.example/m.png"}}],
        [{"image": kept}],
    ]
    Image.new("RGB", (9, 9)).save("fox.png")
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET sent=1")
    with pytest.raises(InvalidRequestError, match="planned with another content"):
        batch.add([{"text": "in winter", "image": "fox.png", "id": "a"}])


def deep(levels: int) -> Any:
    """An object in an object, and so on."""
    found: dict[str, Any] = {}
    for _ in range(levels - 1):
        found = {"a": found}
    return found


WRONG: list[Any] = [
    ([{"text": "a", "colour": "red"}], {}, r"^row 1: colour: no such field; there are contents, model"),
    ([{"text": "a", "modle": "red"}], {}, r"^row 1: modle: no such field; did you mean 'model'\?"),
    (
        [{"text": "a"}],
        {"template": {"text": "{colour}"}},
        r"^row 1: text: \{colour\}: there is no such column; there are text. A brace",
    ),
    (
        [{"sku": "a", "color": "b"}],
        {"template": {"parameters": {"seed": "{colour}"}}},
        r"^row 1: parameters.seed: \{colour\}: there is no such column \(did you mean \{color\}\?\); there are sku, color",
    ),
    ([{"color": "red"}], {"template": {"text": "a {color fox"}}, r"text: 'a \{color fox': a brace is alone"),
    ([{"color": "red"}], {"template": {"text": "a color} fox"}}, r"text: 'a color\} fox': a brace is alone"),
    ([{"text": "a", "parameters": {"seed": "x"}}], {}, r"^row 1: parameters.seed: integer expected, not string"),
    ([{"text": "a", "contents": [{"text": "b"}]}], {}, "text: it goes into contents, which is set as a whole too"),
    ([{"text": "a", "image": "gone.png"}], {}, r"^row 1: .*gone.png can't be read"),
    ([{"text": "a", "image": "x.ccapi"}], {}, "x.ccapi is not a picture"),
    (
        [{"parameters": {"seed": 1}}],
        {},
        "contents: required, but missing: text is empty in this row, or isn't set",
    ),
    (
        [{"question": ""}],
        {"operation": "create_chat_completion", "template": {"model": "a/b", "text": "{question}"}},
        "messages: required, but missing: text is empty in this row",
    ),
    ([{"size": "1x1"}], {"operation": "create_image"}, "prompt: required, but missing: text is empty in this row"),
    (["a"], {"operation": "createImages"}, r"^row 1: operation: 'createImages' .* did you mean 'createImage'\?"),
    (["a"], {"operation": "listModels"}, "can't be sent in a batch"),
    ([5], {}, "row 1: a dict or a text is expected, not int"),
    ({"text": "a"}, {}, "rows: a path, or several dicts or texts, are expected"),
    (5, {}, "rows: a path, or several"),
    ("gone.csv", {}, "gone.csv can't be read: No such file"),
    ("x.ccapi", {}, "x.ccapi: a file of these is expected: .txt, .csv, .tsv, .jsonl, .ndjson"),
    (
        [{"messages": [], "stream": True}],
        {"operation": "createChatCompletion"},
        "stream: a batch takes whole responses",
    ),
    (["a"], {"id": "{text}-{x}"}, "row 1: id: {x}: there is no such column"),
    ([{"text": "a", "sku": ""}], {"template": {"text": "{text}"}, "id": "{sku}"}, "row 1: id: it is empty here"),
    (
        [{"color": "red"}, {"color": ""}],
        {"template": {"text": "a {color} fox"}},
        r"^row 2: text: \{color\} is empty here, and would leave a gap in the text; fill that cell, or leave the row out",
    ),
    (["a", "b"], {"id": "same"}, r"^row 2: the id 'same' is that of an earlier row; ids have to differ: change it, or"),
    (
        [{"custom_id": "a", "url": "/v1/models", "body": {}}],
        {},
        "operation: '/v1/models' can't be sent in a batch",
    ),
    ([{"custom_id": "a", "url": "/v1/images/generations", "body": 5}], {}, "body an object"),
    ([{"custom_id": "a", "url": "/v1/x", "body": {}, "method": "GET"}], {}, "only POST"),
    (
        [{"custom_id": "a", "url": "/v1/images/generations", "body": {"prompt": "a"}}],
        {"template": {"prompt": "b"}},
        "have their whole body already",
    ),
    ([{"text": "a", "id": "\ud83d"}], {}, "row 1: id: it contains half of a surrogate pair"),
    (["\ud83d"], {"template": {"text": "a"}, "id": "{text}"}, "row 1: id: it contains half of a surrogate pair"),
    (
        [{"custom_id": "\ud83d", "url": "/v1/images/generations", "body": {"prompt": "a"}}],
        {},
        "row 1: id: it contains half of a surrogate pair",
    ),
    ([{"text": "a", "extra_body": deep(101)}], {}, "^row 1: it is nested deeper than 100 levels$"),
    ([{"text": "a", "extra_body": deep(400)}], {}, "^row 1: it is nested deeper than 100 levels$"),
    ([{"text": "a", "extra_body": deep(5000)}], {}, "^row 1: it is nested deeper than 100 levels$"),
    ([{"text": "a", "parameters" + ".x" * 900: "b"}], {}, "^row 1: it is nested deeper than 100 levels$"),
    (["a"], {"template": {"text": "{text}", "extra_body": deep(5000)}}, "^template: it is nested deeper than 100"),
    ("a\0.csv", {}, "rows: the path of a file or a folder is expected: it holds a NUL"),
    ("\ud83d.csv", {}, "rows: the path of a file or a folder is expected: .*surrogates"),
]


@pytest.mark.parametrize(("given", "options", "message"), WRONG)
def test_a_wrong_row_is_named_and_nothing_is_added(
    batch: Batch, given: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        batch.add(given, **options)
    assert batch.counts().total == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"text,text\na,b\n", "has to name each column, and none twice"),
        ("a.csv", b"text,\na,b\n", "has to name each column"),
        ("a.csv", b"", "a.csv: it holds no rows: in a"),
        ("a.csv", b"text\n", "a.csv: it holds no rows: in a"),
        ("a.txt", b" \n", "a.txt: it holds no rows: in a"),
        ("a.csv", b"text\na\nb,c\n", "a.csv, line 3: it has 2 cells, and the first line names 1 columns"),
        ("a.csv", b'text\n"a\n', "a.csv, line"),
        ("a.csv", b"text\n\xe4\n", "it is not UTF-8"),
        ("a.jsonl", b'{"text": "a"}\n{"text": \n', "a.jsonl, line 2: not JSON"),
        ("a.jsonl", b"[1]\n", "a.jsonl, line 1: a JSON object is expected"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl, line 1: not JSON"),
    ],
)
def test_a_file_that_can_t_be_read(batch: Batch, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidRequestError, match=message):
        batch.add(name)
    assert batch.counts().total == 0


def test_braces_of_a_text_are_no_levels(batch: Batch) -> None:
    batch.add([{"text": "{[" * 200, "extra_body": deep(99)}])
    assert batch.counts().total == 1


@pytest.mark.parametrize("name", ["a\0", "\ud83d"])
def test_a_path_that_no_file_can_have(batch: Batch, client_class: ClientClass, name: str) -> None:
    for work in (
        lambda: batch.export(f"{name}.csv"),
        lambda: batch.report(f"{name}.html"),
        lambda: Batch.open(name),
        lambda: batch.run(client_class("key-1"), output=name),
    ):
        with pytest.raises(InvalidRequestError, match=r"^(path|output): the path of a file or a folder is expected: "):
            work()


def test_a_ledger_whose_name_is_too_long_is_not_there() -> None:
    with pytest.raises(BatchError, match="there is no such ledger"):
        Batch.open("x" * 5000, read_only=True)


def test_half_of_a_surrogate_pair_is_no_id(batch: Batch) -> None:
    batch.add([{"text": "a", "id": "a"}])
    with pytest.raises(InvalidRequestError, match="there is no row"):
        batch.retry(["\ud83d"])
    with pytest.raises(InvalidRequestError, match="there is no row"):
        batch.resolve(["\ud83d"], "drop")
    batch._ledger._connection.execute("UPDATE item SET state='unknown'")
    with pytest.raises(InvalidRequestError, match="decision: "):
        batch.resolve(["a"], "\ud83d")


def test_several_wrong_rows_are_named_at_once(batch: Batch) -> None:
    given = [{"text": "a", "colour": str(number)} if number % 2 else {"text": "b"} for number in range(100)]
    with pytest.raises(InvalidRequestError) as caught:
        batch.add(given)
    lines = str(caught.value).splitlines()
    assert lines[0] == "nothing was added:"
    assert [line.partition(":")[0] for line in lines[1:-1]] == [f"row {number}" for number in range(2, 21, 2)]
    assert lines[-1] == "and 40 more"
    with pytest.raises(InvalidRequestError) as caught:
        batch.add([{"text": "a", "colour\nred": "1"} for _ in range(10)])
    assert len(str(caught.value).splitlines()) == 11
    assert batch.counts().total == 0


def test_what_is_there_stays_and_identical_rows_stay_two(batch: Batch) -> None:
    assert batch.add(["a fox", "a fox"]) == Added(2, 0, 0)
    assert batch.add(["a fox", "a fox", "an owl"]) == Added(1, 2, 0)
    assert [name for name, _, _ in rows(batch)] == ["1", "2", "3"]
    with pytest.raises(InvalidRequestError, match="the id '1' is that of an earlier row"):
        batch.add([{"id": "1", "text": "a fox"}, {"id": "1", "text": "a fox"}])


def test_ids_may_have_gaps_as_those_of_earlier_versions(batch: Batch) -> None:
    given = [{"sku": "fox", "size": "", "text": "a fox"}]
    for added in (Added(1, 0, 0), Added(0, 1, 0)):
        assert batch.add(given, template={"text": "{text}"}, id="{sku}-{size}") == added
    assert [name for name, _, _ in rows(batch)] == ["fox-"]


def test_an_id_that_was_forgotten_sends_nothing_again(batch: Batch) -> None:
    foxes = [{"sku": f"fox-{number}", "text": f"fox {number}"} for number in range(1, 4)]
    template = {"text": "{text}"}
    batch.add(foxes, template=template, id="{sku}")
    message = r"id: row 2 of the input is there already, as 'fox-2'; give the same id as before \(--id\), or"
    with pytest.raises(InvalidRequestError, match=message):
        batch.add([{"text": "a bear"}, *foxes[1:]], template=template)
    assert batch.counts().total == 3
    assert batch.add(foxes, template=template, id="again-{sku}").new == 3
    assert batch.add([{"text": "an owl"}], template=template).new == 1
    assert batch.add([{"text": "an owl"}, {"text": "an owl"}], template=template) == Added(1, 1, 0)
    assert batch.add([{"id": "own", "text": "an owl"}], template=template).new == 1


def test_an_id_that_was_forgotten_is_noticed_beside_ids_that_are_the_same(batch: Batch) -> None:
    batch.add(
        [{"sku": "1", "text": "a fox"}, {"sku": "owl", "text": "an owl"}], template={"text": "{text}"}, id="{sku}"
    )
    with pytest.raises(InvalidRequestError, match="id: row 2 of the input is there already, as 'owl'"):
        batch.add(["a fox", "an owl"])
    assert batch.counts().total == 2


def test_a_changed_row_is_an_error_or_kept_or_replaced(batch: Batch) -> None:
    batch.add(["a fox", "an owl"])
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET sent=1")
    with pytest.raises(
        InvalidRequestError, match=r"row 1: the row '1' was planned with another content, and is planned"
    ):
        batch.add(["a bear", "an owl", "a wolf"])
    assert batch.counts().total == 2
    assert batch.add(["a bear", "an owl"], on_change="keep") == Added(0, 1, 1)
    assert rows(batch)[0][2] == {"contents": [{"text": "a fox"}]}
    assert batch.add(["a bear"], operation="createImage", on_change="replace") == Added(0, 0, 1)
    assert rows(batch)[0] == ("1", "createImage", {"prompt": "a bear"})
    assert next(batch.items()).attempt == 1
    with pytest.raises(InvalidRequestError, match='"error", "keep" or "replace" is expected'):
        batch.add([], on_change="merge")  # type: ignore[arg-type]
    with batch._ledger.transaction() as connection:
        start(connection, 2, now=0, oldest=0, cost=0)
    with pytest.raises(InvalidRequestError, match="the row '2' is in flight"):
        batch.add(["a bear", "a wolf"], on_change="replace")


def test_a_row_that_is_replaced_has_nothing_of_the_one_before(batch: Batch) -> None:
    batch.add(["a fox"])
    had = "state='saved', sent=1, job='job-1', answer='{}', paths='[]', error='{}'"
    with batch._ledger.transaction() as connection:
        connection.execute(f"UPDATE item SET {had}")
    batch.add(["a bear"], on_change="replace")
    columns = "state, attempt, sent, job, answer, paths, error"
    assert batch._ledger.read(f"SELECT {columns} FROM item") == [("planned", 1, None, None, None, None, None)]


def test_a_row_whose_job_runs_is_not_replaced(batch: Batch) -> None:
    batch.add(["a fox"])
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='job', sent=1, job='job-1'")
    with pytest.raises(InvalidRequestError, match="the row '1' is in flight"):
        batch.add(["a bear"], on_change="replace")


def test_a_row_that_was_never_sent_is_replaced_without_asking(batch: Batch) -> None:
    batch.add(["a fox"])
    for text in ("a bear", "a wolf"):
        assert batch.add([text]) == Added(0, 0, 1)
        assert rows(batch)[0][2] == {"contents": [{"text": text}]}
    assert batch.add(["an owl"], on_change="keep") == Added(0, 0, 1)
    assert rows(batch)[0][2] == {"contents": [{"text": "a wolf"}]}


def test_a_chat_without_a_model_is_a_wrong_row(batch: Batch) -> None:
    with pytest.raises(
        InvalidRequestError, match=r"row 1: model: it is missing; name one \(--set model=…\), or models"
    ):
        batch.add(["Why?"], operation="create_chat_completion")
    batch.add([{"text": "Why?", "models": ["a/b"]}], operation="create_chat_completion")


def test_an_input_that_fails_half_way_adds_nothing(batch: Batch) -> None:
    def given() -> Iterator[str]:
        yield "a fox"
        raise KeyError("from the generator")

    with pytest.raises(KeyError, match="from the generator"):
        batch.add(given())
    assert batch.counts().total == 0


def fill(template: Any, columns: Mapping[str, Any]) -> Any:
    return compiled(template)(columns)


def test_templates() -> None:
    columns = {"a": 1, "b": "x", "empty": "", "none": None, "nan": math.nan, "list": [1, 2], "blank": " "}
    assert fill("{a}", columns) == 1
    assert fill("{ a }", columns) == 1
    assert fill("{a}{b}", columns) == "1x"
    assert fill("{{a}} {b}", columns) == "{a} x"
    assert fill({"x": "{list}", "y": ["{a}", "{empty}"], "z": "{nan}", "w": {"v": "{none}"}, "u": 5}, columns) == {
        "x": [1, 2],
        "y": [1],
        "w": {},
        "u": 5,
    }
    for name in ("empty", "none", "nan", "blank"):
        with pytest.raises(
            InvalidRequestError, match=rf"^\{{{name}\}} is empty here, and would leave a gap in the text"
        ):
            fill(f"a {{{name}}} fox", columns)
    with pytest.raises(InvalidRequestError, match="no such column"):
        fill("{b.__class__}", columns)
    with pytest.raises(InvalidRequestError, match="no such column"):
        fill("{b[0]} {b!r} {b:>10}", columns)


@given(st.text(), st.dictionaries(st.text(st.characters(exclude_characters="{} "), min_size=1), st.text()))
def test_a_text_with_its_braces_doubled_is_itself(text: str, columns: dict[str, str]) -> None:
    assert fill(text.replace("{", "{{").replace("}", "}}"), columns) == text
    for name, value in columns.items():
        if not value.strip():
            with pytest.raises(InvalidRequestError, match="is empty here"):
                fill(f"-{{{name}}}-", columns)
            continue
        assert fill(f"-{{{name}}}-", columns) == f"-{value}-"
