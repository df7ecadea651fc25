"""Lists page by page: every entry once, in order, and always an end."""

from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, ConfigurationError, InvalidRequestError, NotFoundError
from hypothesis import given
from hypothesis import strategies as st


def service(
    ids: list[str], *, most: int = 1000, knows_offset: bool = True
) -> Callable[[httpx.Request], httpx.Response]:
    def serve(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        start = int(query["offset"]) if knows_offset else 0
        page = ids[start:][: min(most, int(query["limit"]))]
        return httpx.Response(200, json={"object": "list", "data": [{"id": each} for each in page]})

    return serve


def models_of(serve: Callable[[httpx.Request], httpx.Response], **arguments: Any) -> list[str]:
    with CCAPI("key-1", transport=httpx.MockTransport(serve)) as client:
        found = [model.id for model in client.iter_models(**arguments)]

    async def asynchronous() -> list[str]:
        async with AsyncCCAPI("key-1", transport=httpx.MockTransport(serve)) as client:
            return [model.id async for model in client.iter_models(**arguments)]

    assert anyio.run(asynchronous) == found
    return found


MANY = [f"a/{number}" for number in range(250)]


@pytest.mark.parametrize("page_size", [1, 100, 125, 250, 1000])
def test_every_model_once_and_in_order(page_size: int) -> None:
    assert models_of(service(MANY), page_size=page_size) == MANY


def test_a_service_that_gives_fewer_than_it_was_asked_for() -> None:
    assert models_of(service(MANY, most=40)) == MANY


def test_a_service_that_does_not_know_offset_ends_too() -> None:
    assert models_of(service(MANY, knows_offset=False)) == MANY[:100]


def test_nothing_there() -> None:
    assert models_of(service([])) == []


@given(st.lists(st.sampled_from([f"a/{number}" for number in range(9)]), max_size=30), st.integers(1, 40))
def test_no_model_twice(ids: list[str], page_size: int) -> None:
    with CCAPI("key-1", transport=httpx.MockTransport(service(ids))) as client:
        found = [model.id for model in client.iter_models(page_size=page_size)]
    assert len(set(found)) == len(found)
    assert found == [each for each in dict.fromkeys(ids) if each in found]
    assert set(found) >= set(ids[:page_size])


def test_filters_are_sent_and_pages_are_asked_for_as_they_are_needed() -> None:
    seen: list[dict[str, str]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        return service(MANY)(request)

    with CCAPI("key-1", transport=httpx.MockTransport(serve)) as client:
        models = client.iter_models(type="image", sort="id", page_size=10)
        assert seen == []
        assert next(models).id == "a/0"
    assert seen == [{"type": "image", "sort": "id", "limit": "10", "offset": "0"}]


def test_what_is_wrong_is_told() -> None:
    with CCAPI("key-1", transport=httpx.MockTransport(lambda request: httpx.Response(404))) as client:
        with pytest.raises(ConfigurationError, match="page_size"):
            client.iter_models(page_size=0)
        with pytest.raises(InvalidRequestError, match="order"):
            next(client.iter_models(order="up"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        with pytest.raises(NotFoundError):
            next(client.iter_models())


def test_pages_of_the_sandbox(client: CCAPI) -> None:
    whole = [model.id for model in client.list_models().data]
    assert [model.id for model in client.iter_models(page_size=2)] == whole
