"""A new kind of job in the contract is waited for by generated methods, without a line written by hand."""

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import generate
import pytest
import yaml

from .conftest import ROOT


def text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


SCHEMAS: dict[str, Any] = {
    "SongRequest": {
        "type": "object",
        "description": "A song to be made.",
        "properties": {
            "verses": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/SongVerse"},
                "x-short-form": "words",
                "description": "The verses.",
            }
        },
        "required": ["verses"],
        "additionalProperties": True,
    },
    "SongVerse": {
        "type": "object",
        "description": "A verse.",
        "properties": {"words": text("Its words.")},
        "required": ["words"],
    },
    "SongStarted": {
        "type": "object",
        "description": "A job that has just been accepted.",
        "properties": {"song_id": text("The job's id."), "status": text("Its status.")},
        "required": ["song_id"],
        "additionalProperties": True,
    },
    "SongJob": {
        "type": "object",
        "description": "A job.",
        "properties": {
            "id": text("The job's id."),
            "status": text("Its status."),
            "progress": {"type": "integer", "description": "How far it is, 0 to 100."},
            "error": {"$ref": "#/components/schemas/ErrorObject", "description": "Why it failed."},
            "metadata": {"type": "object", "additionalProperties": True, "description": "Where the song is."},
        },
        "required": ["id", "status"],
        "additionalProperties": True,
    },
}
STARTED = {"song_id": "song-1", "status": "queued"}
DONE = {"id": "song-1", "status": "completed", "progress": 100, "metadata": {"url": "https://files.example/a.mp3"}}
PROGRAM = """
import asyncio, inspect, sys
import ccapi_openapi, ccapi_sandbox
from ccapi_client import CCAPI, AsyncCCAPI, ConfigurationError, InvalidRequestError, PollPolicy
from ccapi_client.models import SongJob

assert ccapi_openapi.__file__.startswith(sys.argv[1])
poll = PollPolicy(initial=0.001)
for name in ("wait_for_song_job", "watch_song_job", "wait_for_song_jobs"):
    song, image = (inspect.signature(getattr(CCAPI, each)) for each in (name, name.replace("song", "image")))
    assert [(each.name, each.kind, each.default) for each in song.parameters.values()] == [
        (each.name, each.kind, each.default) for each in image.parameters.values()
    ]
    song, image = (getattr(CCAPI, each).__doc__ for each in (name, name.replace("song", "image")))
    names = ("`create_song`", "`generate_images`"), ("`metadata.url`", "`data`"), ("a song", "an image"), ("song", "image")
    for ours, theirs in names:
        song = song.replace(ours, theirs)
    assert song.split() == image.split(), name

with ccapi_sandbox.running(strict=True, job_seconds=0.01) as sandbox:
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=poll) as client:
        started = client.create_song(verses=[{"words": "la"}])
        assert (started.song_id, started.status) == ("song-1", "queued"), started
        for job in (started, started.to_dict(), "song-1", {"id": "song-1", "status": "queued"}):
            done = client.wait_for_song_job(job)
            assert isinstance(done, SongJob) and done.metadata["url"].endswith("a.mp3"), done
        sent = len(sandbox.requests)
        assert client.wait_for_song_job(done) is done and len(sandbox.requests) == sent
        states = [(each.status, each.progress) for each in client.watch_song_job(started)]
        assert states == [("queued", None), ("completed", 100.0)], states
        seen = []
        assert client.create_song_and_wait(verses="la", timeout=60, on_update=seen.append) == done
        assert [each.status for each in seen] == ["queued", "completed"], seen
        assert sandbox.requests[-2].body == {"verses": [{"words": "la"}]}
        sent = len(sandbox.requests)
        try:
            client.create_song_and_wait(verses="la", timeout=-1)
        except ConfigurationError:
            assert len(sandbox.requests) == sent
        image = client.generate_images(contents=[{"text": "a fox"}])
        found = {each.job_id: type(each.completed()).__name__ for each in client.wait_for_jobs([started, image])}
        kinds = {"song-1": "SongJob", image.id: "MultimodalImageGenerationResponse"}
        assert found == kinds, found
        documents = [started.to_dict(), image.to_dict()]
        assert {each.job_id: type(each.completed()).__name__ for each in client.wait_for_jobs(documents)} == kinds
        for unclear in ("song-1", {"id": "song-1", "status": "queued"}):
            try:
                list(client.wait_for_jobs([unclear]))
            except InvalidRequestError as error:
                assert "wait_for_image_jobs" in str(error) and "wait_for_song_jobs" in str(error), error
            else:
                raise AssertionError(unclear)
        try:
            client.wait_for_song_job(image)
        except InvalidRequestError as error:
            assert str(error) == "job: a response of create_song, or a job's id, is expected", error
        else:
            raise AssertionError

    async def also() -> None:
        async with AsyncCCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=poll) as client:
            assert await client.wait_for_song_job(started) == done
            assert [each.progress async for each in client.watch_song_job(started)] == [None, 100.0]
            assert [each.result async for each in client.wait_for_song_jobs([started])] == [done]
            assert await client.create_song_and_wait(verses={"words": "la"}) == done
            found = {each.job_id: type(each.completed()).__name__ async for each in client.wait_for_jobs([started, image])}
            assert found == kinds, found

    asyncio.run(also())
"""


def grown() -> dict[str, Any]:
    """The contract with `createSong` and `getSongJob`; each has a tag of its own."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    start, poll = document["paths"]["/images/generate"]["post"], document["paths"]["/images/jobs/{id}"]["get"]
    document["components"]["schemas"] |= SCHEMAS
    document["tags"] += [{"name": name, "description": "Songs."} for name in ("Music", "Jobs")]

    def json(name: str, example: Any = None) -> dict[str, Any]:
        example = {} if example is None else {"example": example}
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}, **example}}

    errors = {code: each for code, each in start["responses"].items() if code >= "400"}
    link = {"operationId": "getSongJob", "parameters": {"task_id": "$response.body#/song_id"}}
    accepted = {"description": "The job.", "content": json("SongStarted", STARTED), "links": {"job": link}}
    document["paths"]["/songs"] = {
        "post": {
            "operationId": "createSong",
            "tags": ["Music"],
            "summary": "Create a song",
            "description": "Makes a song.",
            "parameters": start["parameters"],
            "requestBody": {"required": True, "content": json("SongRequest")},
            "responses": {"200": accepted, **errors},
        }
    }
    job = copy.deepcopy(poll["x-job"])
    del job["estimate"], job["poll_url"]
    document["paths"]["/songs/{task_id}"] = {
        "get": {
            "operationId": "getSongJob",
            "x-job": job | {"result": "metadata.url", "progress": "progress"},
            "tags": ["Jobs"],
            "summary": "Get a song job",
            "description": "The state of a job.",
            "parameters": [{**poll["parameters"][0], "name": "task_id", "example": "song-1"}],
            "responses": {"200": {"description": "The job.", "content": json("SongJob", DONE)}, **errors},
        }
    }
    return document


def test_a_new_kind_of_job_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contract, folder = tmp_path / "openapi.yaml", tmp_path / "generated" / "ccapi_openapi"
    folder.parent.mkdir()
    contract.write_text(yaml.safe_dump(grown(), sort_keys=False), "utf-8")
    monkeypatch.setattr(generate, "CONTRACT", contract)
    generate.generate(grown(), folder)
    paths = [str(folder.parent), *(str(ROOT / each) for each in ("overlays", "sandbox"))]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", PROGRAM, str(folder.parent)]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
