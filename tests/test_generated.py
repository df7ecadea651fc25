"""What is generated follows the contract: the methods, their signatures, and a change to the contract."""

import inspect
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ccapi_client import CCAPI, AsyncCCAPI
from ccapi_openapi.operations import CallOptions

from .conftest import ROOT
from .test_openapi import OPERATIONS, SCHEMAS


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_a_method_of_both_clients(name: str) -> None:
    method, twin = getattr(CCAPI, snake(name)), getattr(AsyncCCAPI, snake(name))
    assert inspect.signature(method) == inspect.signature(twin)
    assert inspect.iscoroutinefunction(twin)
    assert method.__doc__ == twin.__doc__
    assert OPERATIONS[name]["summary"] in method.__doc__


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "requestBody" in OPERATIONS[name]])
def test_body_fields_are_keyword_arguments_under_their_own_names(name: str) -> None:
    reference = OPERATIONS[name]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    arguments = inspect.signature(getattr(CCAPI, snake(name))).parameters
    schema = SCHEMAS[reference]
    assert set(schema["properties"]) == set(arguments) - {"self", *CallOptions.__annotations__}
    required = {key for key, argument in arguments.items() if argument.default is argument.empty} - {"self"}
    assert required == set(schema["required"])


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment or None, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


PROGRAM = """
import inspect, json, typing, ccapi_sandbox
from ccapi_client import CCAPI, AsyncCCAPI, BadRequestError

found = [inspect.signature(kind.create_image, eval_str=True).parameters["mood"] for kind in (CCAPI, AsyncCCAPI)]
with ccapi_sandbox.running(strict=True) as sandbox, CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
    client.create_image(prompt="x", mood="calm", size="16x16")
    try:
        client.create_image(prompt="x", extra_body={"mood": "wild"})
    except BadRequestError as error:
        print(json.dumps([typing.get_args(typing.get_args(each.annotation)[0]) for each in found] + [error.details["field"]]))
"""


COMMAND_LINE = """
import json, os, subprocess, sys, ccapi_sandbox

ccapi = [sys.executable, "-m", "ccapi_client.cli"]
print(subprocess.run([*ccapi, "image", "--help"], check=True, capture_output=True, text=True).stdout)
with ccapi_sandbox.running(strict=True, job_seconds=0.1) as sandbox:
    key = {"CCAPI_BASE_URL": sandbox.base_url, "CCAPI_API_KEY": sandbox.api_key}
    subprocess.run([*ccapi, "image", "x", "--mood", "calm"], check=True, capture_output=True, env=os.environ | key)
    print(json.dumps(sandbox.requests[0].body["parameters"]))
"""


def test_a_field_added_to_the_contract_is_an_argument_and_is_checked(tmp_path: Path) -> None:
    """All that a stranger does: edit openapi.yaml, run `nox -s generate`, install."""
    project = tmp_path / "project"
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "__pycache__", "dist"))
    contract = project / "openapi.yaml"
    field = "        prompt:\n          type: string\n          description: What the picture should show.\n"
    added = "        mood:\n          type: string\n          enum: [calm, stormy]\n          description: The mood.\n"
    text = contract.read_text("utf-8")
    assert text.count(field) == 1
    parameter = "        quality:\n          $ref: '#/components/schemas/ImageQuality'\n"
    assert text.count(parameter) == 1
    contract.write_text(text.replace(field, field + added).replace(parameter, added + parameter), "utf-8")

    run(sys.executable, "-m", "nox", "-s", "generate", cwd=project)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", cwd=project)
    (wheel,) = (project / "dist").glob("*.whl")
    site = tmp_path / "site"
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(site), str(wheel), cwd=tmp_path)
    # The same field of the other image operation is an option of the command line, and is sent.
    found = run(sys.executable, "-c", COMMAND_LINE, cwd=tmp_path, PYTHONPATH=str(site), PATH=os.environ["PATH"])
    assert "--mood [calm|stormy]" in found
    assert json.loads(found.splitlines()[-1]) == {"mood": "calm"}
    printed = json.loads(run(sys.executable, "-c", PROGRAM, cwd=tmp_path, PYTHONPATH=str(site)))
    assert printed == [["calm", "stormy"], ["calm", "stormy"], "mood"]
