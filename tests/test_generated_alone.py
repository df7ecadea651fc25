"""What the generator wrote, used by itself, as its own documentation has it: the guide's page tells what it lacks."""

import asyncio
import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest
from ccapi_openapi import AuthenticatedClient, models
from ccapi_openapi.models import ErrorResponse, MultimodalImageGenerationResponse, VideoTask
from ccapi_sandbox import Sandbox

from .test_generated import snake
from .test_openapi import OPERATIONS, resolve


def module_of(name: str) -> Any:
    """The generator's functions for an operation."""
    (tag,) = OPERATIONS[name]["tags"]
    return import_module(f"ccapi_openapi.api.{tag.lower()}.{snake(name)}")


def arguments_of(name: str, job_ids: Mapping[str, str]) -> dict[str, Any]:
    """The contract's own example of a request; `job_ids` are those of jobs that are there, by what polls them."""
    operation = OPERATIONS[name]
    names = {"Idempotency-Key": "idempotency_key", "type": "type_"}  # where Python has another
    given: dict[str, Any] = {}
    for parameter in map(resolve, operation.get("parameters", [])):
        own = str(parameter["name"])
        given[names.get(own, own)] = job_ids.get(name, parameter["example"])
    if "requestBody" in operation:
        media = operation["requestBody"]["content"]["application/json"]
        example = next(iter(media["examples"].values()))["value"]
        given["body"] = getattr(models, media["schema"]["$ref"].rsplit("/", 1)[-1]).from_dict(example)
    return given


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[AuthenticatedClient]:
    with AuthenticatedClient(base_url=sandbox.base_url, token=sandbox.api_key) as opened:
        yield opened


@pytest.fixture
def job_ids(client: AuthenticatedClient) -> dict[str, str]:
    job, task = (
        module_of(name).sync(client=client, **arguments_of(name, {})) for name in ("generateImages", "generateVideo")
    )
    assert isinstance(job, MultimodalImageGenerationResponse)
    assert isinstance(task, VideoTask)
    return {"getImageJob": job.id, "getVideoJob": task.task_id}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation(name: str, sandbox: Sandbox, client: AuthenticatedClient, job_ids: dict[str, str]) -> None:
    module, arguments = module_of(name), arguments_of(name, job_ids)
    model = inspect.signature(module._parse_response).return_annotation
    whole = module.sync_detailed(client=client, **arguments)
    assert whole.status_code in (200, 202)
    assert isinstance(whole.parsed, model)
    assert not isinstance(whole.parsed, ErrorResponse)
    assert type(module.sync(client=client, **arguments)) is type(whole.parsed)

    async def main() -> None:
        async with AuthenticatedClient(base_url=sandbox.base_url, token=sandbox.api_key) as opened:
            assert type((await module.asyncio_detailed(client=opened, **arguments)).parsed) is type(whole.parsed)
            assert type(await module.asyncio(client=opened, **arguments)) is type(whole.parsed)

    asyncio.run(main())


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_error_is_a_value(name: str, sandbox: Sandbox) -> None:
    with AuthenticatedClient(base_url=sandbox.base_url, token="wrong") as stranger:
        found = module_of(name).sync_detailed(client=stranger, **arguments_of(name, {}))
    assert found.status_code == 401
    assert isinstance(found.parsed, ErrorResponse)
    assert found.parsed.error.code == "unauthorized"
