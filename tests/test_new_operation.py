"""A new operation of the contract is served by everything that reads the contract, without a line written by hand."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import generate
import pytest
import reference
import yaml

from .conftest import ROOT

NUMBERS = {"type": "array", "items": {"type": "number"}, "description": "The embedding."}
NEW: dict[str, Any] = {
    "EmbeddingRequest": {
        "type": "object",
        "description": "Texts to embed.",
        "properties": {
            "model": {"type": "string", "description": "The model."},
            "input": {"type": "array", "items": {"type": "string"}, "description": "The texts."},
        },
        "required": ["model", "input"],
        "additionalProperties": True,
    },
    "EmbeddingResponse": {
        "type": "object",
        "description": "Embeddings.",
        "properties": {
            "model": {"type": "string", "description": "The model."},
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/Embedding"}, "description": "One each."},
        },
        "required": ["data"],
        "additionalProperties": True,
    },
    "Embedding": {
        "type": "object",
        "description": "The embedding of one text.",
        "properties": {"index": {"type": "integer", "description": "Its position."}, "embedding": NUMBERS},
        "required": ["embedding"],
        "additionalProperties": True,
    },
}
PROGRAM = """
import asyncio
import contextlib
import io
import json
import os
import sys
import ccapi_openapi
import ccapi_sandbox
from ccapi_client import CCAPI, AsyncCCAPI
from ccapi_client.cli.app import ccapi

assert ccapi_openapi.__file__.startswith(sys.argv[1])
with ccapi_sandbox.running(strict=True) as sandbox:
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
        found = client.create_embedding(model="any/model", input=["a fox", "a cat"])
        assert found.data[0].embedding == [1.0], found
    async def also() -> None:
        async with AsyncCCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
            assert (await client.create_embedding(model="any/model", input=["a fox"])).data == found.data
    asyncio.run(also())
    os.environ |= {"CCAPI_API_KEY": sandbox.api_key, "CCAPI_BASE_URL": sandbox.base_url}
    fields = ["-F", "model=any/model", "-F", "input[]=a fox"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        ccapi.main(["api", "createEmbedding", *fields], standalone_mode=False)
    assert json.loads(out.getvalue())["data"][0]["embedding"] == [1.0], out.getvalue()
    assert [(each.operation, each.status, each.model) for each in sandbox.requests] == [
        ("createEmbedding", 200, "text")
    ] * 3, sandbox.requests
"""


@pytest.fixture
def grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the contract with `POST /embeddings`; the tools read it."""
    document = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    speech = document["paths"]["/audio/speech"]["post"]
    content = {
        kind: {"application/json": {"schema": {"$ref": f"#/components/schemas/Embedding{kind}"}}}
        for kind in ("Request", "Response")
    }
    ok = {"description": "The embeddings.", "headers": speech["responses"]["200"]["headers"]}
    document["tags"].append({"name": "Embeddings", "description": "Numbers from text."})
    document["components"]["schemas"] |= NEW
    document["paths"]["/embeddings"] = {
        "post": {
            "operationId": "createEmbedding",
            "tags": ["Embeddings"],
            "summary": "Create embeddings",
            "description": "Embeds texts.",
            "parameters": speech["parameters"],
            "requestBody": {"required": True, "content": content["Request"]},
            "responses": speech["responses"] | {"200": ok | {"content": content["Response"]}},
        }
    }
    copy = tmp_path / "openapi.yaml"
    copy.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    monkeypatch.setattr(generate, "CONTRACT", copy)
    monkeypatch.setattr(reference, "CONTRACT", copy)
    return copy


def test_client_and_sandbox_have_it(grown: Path, tmp_path: Path) -> None:
    folder = tmp_path / "generated" / "ccapi_openapi"
    folder.parent.mkdir()
    generate.generate(yaml.safe_load(grown.read_text("utf-8")), folder)
    paths = [str(folder.parent), *(str(ROOT / each) for each in ("overlays", "sandbox"))]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", PROGRAM, str(folder.parent)]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_reference_page_has_it(grown: Path) -> None:
    page = reference.script()
    assert '"/embeddings"' in page
    assert '"Create embeddings"' in page
    assert '"EmbeddingResponse"' in page
