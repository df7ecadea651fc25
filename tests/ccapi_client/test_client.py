"""The clients as people use them."""

import inspect
import pickle
import socket
from typing import Any

import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncCCAPI,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
    RetryPolicy,
)
from ccapi_client._carriers.proxies import Proxies
from ccapi_client._http.address import parse
from ccapi_sandbox import Sandbox

AT_ONCE = RetryPolicy(base_delay=0)


def recording(seen: list[httpx.Request]) -> httpx.MockTransport:
    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": []})

    return httpx.MockTransport(serve)


@pytest.mark.parametrize("kind", [CCAPI, AsyncCCAPI])
def test_a_client_whose_constructor_failed_can_be_shown_and_closed(kind: Any) -> None:
    client = kind.__new__(kind)
    with pytest.raises(ConfigurationError):
        client.__init__("key-1", timeout="soon")
    assert repr(client) == f"{kind.__name__}(not set up)"
    closing = client.close()
    if closing is not None:
        with pytest.raises(StopIteration):
            closing.send(None)


def test_the_catalog(client: CCAPI) -> None:
    models = client.list_models(type="image", sort="id", order="desc", limit=2).data
    assert [model.id for model in models] == sorted((model.id for model in models), reverse=True)
    assert len(models) == 2
    provider = client.get_provider("imaginepro").provider
    assert provider
    assert provider.display_name == "ImaginePro"
    assert {provider.name for provider in client.list_providers().data} >= {"imaginepro", "sandbox"}
    assert client.get_model("openai/gpt-4o-mini").id == "openai/gpt-4o-mini"


@pytest.mark.anyio
async def test_the_catalog_asynchronously(async_client: AsyncCCAPI) -> None:
    assert (await async_client.list_models(limit=1)).data
    with pytest.raises(NotFoundError):
        await async_client.get_provider("no/such name?")


def test_the_service_s_refusals_are_typed(client: CCAPI) -> None:
    with pytest.raises(BadRequestError) as caught:
        client.create_image(prompt="x", model="no/such")
    assert caught.value.details == {"field": "model"}
    assert caught.value.request_id
    with pytest.raises(NotFoundError, match="no image job 'job-0'"):
        client.get_image_job("job-0")
    with pytest.raises(AuthenticationError):
        client.with_options(api_key="wrong").list_models()


def test_what_is_wrong_by_the_contract_is_not_sent() -> None:
    seen: list[httpx.Request] = []
    with CCAPI("key-1", transport=recording(seen)) as client:
        with pytest.raises(InvalidRequestError, match="prompt"):
            client.create_image(prompt="\ud800")
        for job_id in ("", "\ud800"):
            with pytest.raises(InvalidRequestError, match="id"):
                client.get_image_job(job_id)
    assert seen == []


@pytest.mark.anyio
async def test_a_key_of_one_s_own_is_sent_with_every_attempt(anyio_backend: str) -> None:
    seen: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(429 if len(seen) % 2 else 200, json={"data": []})

    transport, own = httpx.MockTransport(serve), {"Idempotency-Key": "of the client"}
    with CCAPI("key-1", transport=transport, retry=AT_ONCE, headers=own) as client:
        client.create_image(prompt="x", idempotency_key="order-17")
    async with AsyncCCAPI("key-1", transport=transport, retry=AT_ONCE) as twin:
        await twin.create_image(prompt="x", idempotency_key="order-17")
    assert [request.headers["idempotency-key"] for request in seen] == ["order-17"] * 4
    assert "idempotency" not in seen[0].content.decode()


@pytest.mark.parametrize("key", ["", "a\nb", "ü", " a", 7])
def test_a_key_that_no_header_can_hold_is_not_sent_or_shown(key: Any) -> None:
    seen: list[httpx.Request] = []
    with CCAPI("key-1", transport=recording(seen)) as client:
        with pytest.raises(InvalidRequestError, match="idempotency_key") as caught:
            client.create_image(prompt="x", idempotency_key=key)
        with (
            pytest.raises(InvalidRequestError, match="idempotency_key"),
            client.stream_chat_completion(messages=[], idempotency_key=key),
        ):
            pass
    assert not key or repr(key) not in str(caught.value)
    assert seen == []


def test_what_is_sent() -> None:
    seen: list[httpx.Request] = []
    with CCAPI("key-1", base_url="https://host.example/api/", transport=recording(seen)) as client:
        client.list_models(provider="a b&c", limit=3)
        client.create_image(prompt="x")
    assert str(seen[0].url) == "https://host.example/api/models?provider=a+b%26c&limit=3"
    assert seen[0].headers["authorization"] == "Bearer key-1"
    assert seen[0].headers["user-agent"].startswith("ccapi-client/")
    assert seen[1].content == b'{"prompt":"x"}'
    default = {"connect": 5, "read": 600, "write": 60, "pool": 600}
    assert seen[1].extensions["timeout"] == default, "a picture that takes minutes is billed: it is waited for"
    assert seen[0].extensions["timeout"] == default | {"read": 60, "pool": 60}, "a GET that hangs is better retried"


def test_a_path_parameter_cannot_leave_its_place() -> None:
    seen: list[httpx.Request] = []
    with CCAPI("key-1", transport=recording(seen)) as client:
        with pytest.raises(MalformedResponseError, match="id: required"):
            client.get_image_job("../../models?x=/")
        for name in ("..", ".", "", None, 5):
            with pytest.raises(InvalidRequestError, match="name"):
                client.get_provider(name)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert [request.url.raw_path for request in seen] == [b"/v1/images/jobs/..%2F..%2Fmodels%3Fx%3D%2F"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"limit": "3"}, "limit: integer expected, not string"),
        ({"order": "up"}, "order: 'up' is not one of 'asc', 'desc'"),
        ({"provider": ["openai"]}, "provider: string expected, not array"),
    ],
)
def test_a_wrong_parameter_is_named(arguments: dict[str, Any], message: str) -> None:
    with CCAPI("key-1", transport=recording([])) as client, pytest.raises(InvalidRequestError) as caught:
        client.list_models(**arguments)
    assert str(caught.value) == message


def test_a_stream_is_refused_rather_than_billed_and_lost() -> None:
    seen: list[httpx.Request] = []
    with CCAPI("key-1", transport=recording(seen)) as client:
        for arguments in ({"stream": True}, {"extra_body": {"stream": True}}):
            with pytest.raises(InvalidRequestError, match=r"stream_chat_completion\(\)"):
                client.create_chat_completion(messages=[{"role": "user", "content": "x"}], **arguments)  # pyright: ignore[reportArgumentType]
    assert seen == []


def test_cookies_are_not_kept() -> None:
    seen: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": []}, headers={"set-cookie": "session=key-1; Path=/"})

    with CCAPI("key-1", transport=httpx.MockTransport(serve)) as client:
        client.list_models()
        client.with_options(api_key="key-2").list_models()
    assert all("cookie" not in request.headers for request in seen)


def test_this_machine_is_asked_without_a_proxy(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url, retry=AT_ONCE) as client:
        assert client.list_providers().data


def test_which_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "user:secret@proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "own.invalid, ported.invalid:8443")
    proxies = Proxies.of_environment()
    asked = {
        url: proxies.of(parse(url))
        for url in (
            "https://a.invalid/",
            "http://a.invalid/",
            "https://x.own.invalid/",
            "https://ported.invalid:8443/",
            "https://ported.invalid/",
            "https://127.0.0.1/",
        )
    }
    proxy = "http://user:secret@proxy.invalid:3128"
    assert [each and str(each) for each in asked.values()] == [f"{proxy}/", None, None, None, f"{proxy}/", None]
    assert "secret" not in repr(proxies)


def test_a_proxy_that_can_t_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "nonsense://127.0.0.1:1")
    with CCAPI("key-1") as client, pytest.raises(ConfigurationError, match="ALL_PROXY: the proxy"):
        client.list_models()


def test_options_of_a_copy() -> None:
    seen: list[httpx.Request] = []
    with CCAPI("key-1", transport=recording(seen)) as client:
        with client.with_options(api_key="key-2", timeout=5, headers={"X-Team": "a"}) as copy:
            copy.list_models()
        client.list_models()
    assert [request.headers["authorization"] for request in seen] == ["Bearer key-2", "Bearer key-1"]
    assert [request.headers.get("x-team") for request in seen] == ["a", None]
    assert [request.extensions["timeout"]["read"] for request in seen] == [5, 60.0]


def test_a_server_that_is_down() -> None:
    with socket.socket() as bound:  # and doesn't listen
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with (
            CCAPI("key-1", base_url=f"http://127.0.0.1:{port}/v1", retry=AT_ONCE) as client,
            pytest.raises(APIConnectionError) as caught,
        ):
            client.list_models()
    assert f"GET http://127.0.0.1:{port}/v1/models" in str(caught.value)


def test_a_server_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        with CCAPI("key-1", base_url=address, timeout=0.05, retry=AT_ONCE) as client, pytest.raises(APITimeoutError):
            client.list_models()


@pytest.mark.anyio
async def test_a_server_that_does_not_answer_asynchronously(anyio_backend: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        async with AsyncCCAPI("key-1", base_url=address, timeout=0.05, retry=AT_ONCE) as client:
            with pytest.raises(APITimeoutError):
                await client.list_models()


def test_a_redirect_is_not_followed() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "api.ccapi.ai"
        return httpx.Response(307, headers={"location": "https://evil.example/"})

    with CCAPI("key-1", transport=httpx.MockTransport(serve)) as client, pytest.raises(APIStatusError, match="307"):
        client.create_image(prompt="x")


@pytest.mark.parametrize("kind", [CCAPI, AsyncCCAPI])
def test_the_key_does_not_show(kind: Any) -> None:
    client = kind("key-1", headers={"X-Secret": "hush"})
    assert repr(client) == f"{kind.__name__}(base_url='https://api.ccapi.ai/v1')"
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(client)


def test_the_twins_have_the_same_members() -> None:
    def members(kind: type) -> dict[str, Any]:
        return {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}

    def arguments(method: Any) -> list[Any]:
        return [(each.name, each.kind, each.default) for each in inspect.signature(method).parameters.values()]

    sync, twin = members(CCAPI), members(AsyncCCAPI)
    assert sync.keys() == twin.keys()
    for name, method in sync.items():
        assert arguments(method) == arguments(twin[name]), name


def test_arguments_are_read_from_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
    monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)
    with CCAPI() as client:
        assert client.list_providers().data


def test_a_coroutine_function_is_no_callback_of_the_blocking_client(client: CCAPI) -> None:
    async def update(change: object) -> None:
        pass

    with pytest.raises(ConfigurationError, match="on_update"):
        client.wait_for_image_job("job-1", on_update=update)


def test_what_a_callback_returns_is_no_business_of_the_blocking_client(client: CCAPI) -> None:
    async def note() -> None:
        pass

    notes: list[Any] = []

    def update(change: object) -> Any:
        notes.append(note())
        return notes[-1]

    job = client.generate_images(contents=[{"text": "x"}])
    assert client.wait_for_image_job(job, on_update=update).data
    for each in notes:
        each.close()


def test_a_callback_may_raise_stop_iteration(client: CCAPI) -> None:
    job = client.generate_images(contents=[{"text": "x"}])
    with pytest.raises(StopIteration):
        client.wait_for_image_job(job, on_update=lambda update: next(iter(())))


def test_a_copy_has_what_a_subclass_keeps() -> None:
    class Tenant(CCAPI):
        def __init__(self, name: str) -> None:
            super().__init__("key-1", base_url="https://host.example")
            self.name = name

    with Tenant("one") as mine:
        copy = mine.with_options(timeout=5)
        assert (type(copy), copy.name, repr(copy)) == (Tenant, "one", "Tenant(base_url='https://host.example')")
        with pytest.raises(TypeError, match="bogus"):
            mine.with_options(bogus=None)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
