"""What a client is set up with, and what it sends to whom."""

from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, ConfigurationError, InvalidRequestError, PollPolicy, RetryPolicy, Timeout
from ccapi_client._http.options import Options
from ccapi_openapi.api.images import get_image_job_operation
from hypothesis import given
from hypothesis import strategies as st


def options(**changes: Any) -> Options:
    given: dict[str, Any] = {"api_key": "key-1", "base_url": None, "timeout": 60.0, "headers": None}
    given |= {"retry": RetryPolicy(), "poll": PollPolicy(), "on_retry": None}
    return Options(**given | changes)


def test_key_and_address_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCAPI_API_KEY", " key-2\n")
    monkeypatch.setenv("CCAPI_BASE_URL", "http://127.0.0.1:1/v1/")
    found = options(api_key=None)
    assert (found.api_key, str(found.base_url)) == ("key-2", "http://127.0.0.1:1/v1")


def test_production_is_the_default() -> None:
    assert str(options().base_url) == "https://api.ccapi.ai/v1"


def test_no_key_says_where_to_get_one() -> None:
    with pytest.raises(ConfigurationError, match=r"CCAPI_API_KEY.*https://ccapi\.ai.*python -m ccapi_sandbox"):
        options(api_key=None)


def test_what_is_empty_is_not_taken_for_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox's key and prompts must not go to production because a variable was empty."""
    monkeypatch.setenv("CCAPI_API_KEY", "key-2")
    monkeypatch.setenv("CCAPI_BASE_URL", "http://127.0.0.1:1/v1")
    with pytest.raises(ConfigurationError, match="no API key"):
        options(api_key="")
    for change in (options, options(base_url="http://127.0.0.1:2/v1").with_changes):
        with pytest.raises(ConfigurationError, match="base_url"):
            change(base_url="")
    with pytest.raises(ConfigurationError, match="no API key"):
        options().with_changes(api_key=" ")


@pytest.mark.parametrize("key", ["two words", "new\nline", "schlüssel", "\x00"])
def test_a_key_that_can_t_be_sent_is_refused_unseen(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        options(api_key=key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "api.ccapi.ai",
        "ftp://host/v1",
        "https://",
        "http://host:port",
        "https://me:secret@host/v1",
        "https://me:secret@host/v1?a=b",
        "https://host/v1?key=secret#",
        "https://host/v1#",
        "http://xn--/v1",
        "http://a..b/v1",
        "/v1",
        "",
        "http://127.0.0.1:99999/v1",
    ],
)
def test_an_address_that_can_t_be_used_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url") as caught:
        options(base_url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1, "60", True, None, float("nan"), float("inf"), 1e12])
def test_a_timeout_that_is_none_is_refused(timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        options(timeout=timeout)


@pytest.mark.parametrize(
    "headers",
    [
        {"X": 1},
        {"X": "a\nb"},
        {"ü": "a"},
        {1: "a"},
        {"X Y": "a"},
        ["X"],
        ["ab"],
        5,
        {"authorization": "x"},
        {"X": " a"},
    ],
)
def test_headers_that_can_t_be_sent_are_refused(headers: Any) -> None:
    with pytest.raises(ConfigurationError, match="headers"):
        options(headers=headers)
    with pytest.raises(ConfigurationError, match="headers"):
        options().with_changes(headers=headers)


def test_headers_are_a_mapping() -> None:
    with pytest.raises(ConfigurationError, match=r"^headers: a mapping of names to texts is expected, not list$"):
        options(headers=["a"])


@pytest.mark.parametrize(
    ("name", "value"), [("retry", 3), ("poll", None), ("on_retry", "print"), ("retry", PollPolicy())]
)
def test_a_policy_or_callback_that_is_none_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        options(**{name: value})


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_timeout_or_an_address_of_a_library_is_taken_by_its_fields(library: Any) -> None:
    timeout = library.Timeout(5, connect=1, pool=None)
    assert options(timeout=timeout).timeout == Timeout(connect=1, read=5, write=5, pool=None)
    assert options(timeout=library.Timeout(None)).timeout == Timeout(connect=None, read=None, write=None, pool=None)
    assert str(options(base_url=library.URL("https://HOST:443/v1/")).base_url) == "https://host/v1"
    assert options(timeout=library.Timeout(5, pool=0)).timeout == Timeout(connect=5, read=5, write=5, pool=0.001)
    for wrong in (library.Timeout(5, read=-1), aiohttp.ClientTimeout(total=5)):
        with pytest.raises(ConfigurationError, match="timeout"):
            options(timeout=wrong)


@pytest.mark.parametrize(
    ("timeout", "post", "get", "poll"),
    [
        (Timeout(), 600, 60, 30),
        (Timeout(connect=2, total=90), 600, 60, 30),
        (Timeout(read=600), 600, 600, 600),
        (Timeout(read=None), None, None, 600),
        (Timeout(read=20), 20, 20, 20),
        (7, 7, 7, 7),
    ],
)
def test_what_nobody_has_set_is_less_for_a_get_and_a_poll(
    timeout: Any, post: float | None, get: float | None, poll: float | None
) -> None:
    found = options(timeout=timeout)
    assert found.request("POST", "/x").timeout.read == post
    assert found.request("GET", "/x").timeout.read == get
    assert found.poll_request(get_image_job_operation(), "job-1", None, 600).timeout.read == poll
    assert found.request("GET", "/x").timeout.total == getattr(timeout, "total", None)


@pytest.mark.parametrize("step", ["connect", "read", "write", "pool", "total"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), "5", True, 1e7])
def test_a_timeout_that_is_none(step: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=step):
        Timeout(**{step: value})


def test_a_callback_that_nobody_would_await_is_refused() -> None:
    async def on_retry(event: object) -> None:
        pass

    with pytest.raises(ConfigurationError, match="on_retry: a plain function is expected"):
        options(on_retry=on_retry)


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
def test_a_transport_of_the_other_kind_is_refused(client: Any) -> None:
    wrong = httpx.AsyncHTTPTransport() if client is CCAPI else httpx.HTTPTransport()
    for transport in (wrong, httpx.Client if client is CCAPI else httpx.AsyncClient, 3):
        with pytest.raises(ConfigurationError, match="transport: a transport of httpx or httpx2 that has handle_"):
            client("key-1", transport=transport)


def test_secrets_do_not_show() -> None:
    assert "key-1" not in repr(options(headers={"X-Secret": "hush"}))
    assert "hush" not in repr(options(headers={"X-Secret": "hush"}))


def test_changes_leave_the_original_alone() -> None:
    before = options(headers={"a": "1"})
    after = before.with_changes(timeout=5.0, headers={"b": "2"}, api_key=None)
    assert after.timeout == Timeout(connect=5, read=5, write=5, pool=5)
    assert (after.headers, before.headers) == ({"a": "1", "b": "2"}, {"a": "1"})
    assert before.with_changes(headers={"A": "3"}).request("GET", "/x").headers["a"] == "3"
    assert after.api_key == before.api_key


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("/models", True),
        ("https://api.ccapi.ai/files/a.png", True),
        ("https://api.ccapi.ai:443/files/a.png", True),
        ("https://API.ccapi.ai/files/a.png", True),
        ("http://api.ccapi.ai/files/a.png", False),
        ("https://api.ccapi.ai:8443/files/a.png", False),
        ("https://files.ccapi.ai/a.png", False),
        ("https://api.ccapi.ai.evil.example/a.png", False),
        ("https://api.ccapi.ai@evil.example/a.png", False),
    ],
)
def test_the_key_and_own_headers_go_to_the_own_origin_alone(url: str, own: bool) -> None:
    headers = options(headers={"X-Team": "a"}).request("GET", url).headers
    assert headers.get("authorization", "").startswith("Bearer") is own
    assert ("x-team" in headers) is own


@pytest.mark.parametrize("host", ["api.ccapi.ai", "files.ccapi.ai"])
def test_the_user_of_an_address_goes_there_and_the_key_does_not(host: str) -> None:
    request = options().request("GET", f"https://user:p%40ss@{host}/a.png?b=1")
    assert request.headers["authorization"] == "Basic dXNlcjpwQHNz"
    assert str(request.url) == f"https://{host}/a.png?b=1"


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Host"])
def test_what_a_request_tells_itself_is_no_header_of_the_caller_s(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        options(headers={name: "1"})


@given(host=st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True), port=st.integers(1, 65535))
def test_the_key_goes_to_no_other_host(host: str, port: int) -> None:
    found = options(base_url="https://api.ccapi.ai/v1")
    try:
        headers = found.request("GET", f"https://{host}:{port}/a").headers
    except InvalidRequestError:
        return
    assert ("authorization" in headers) is ((host, port) == ("api.ccapi.ai", 443))


WITH_QUERY = "https://api.ccapi.ai/v1/?api-version=2024&code=a%2Fb"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("/models", "https://api.ccapi.ai/v1/models?api-version=2024&code=a%2Fb"),
        ("/models?code=own", "https://api.ccapi.ai/v1/models?code=own&api-version=2024"),
        ("https://api.ccapi.ai/files/a.png", "https://api.ccapi.ai/files/a.png?api-version=2024&code=a%2Fb"),
        ("https://api.ccapi.ai/a?%63ode=1&b", "https://api.ccapi.ai/a?%63ode=1&b&api-version=2024"),
        ("https://files.ccapi.ai/a.png", "https://files.ccapi.ai/a.png"),
        ("https://me:you@api.ccapi.ai/a.png", "https://api.ccapi.ai/a.png"),
    ],
)
def test_the_query_of_the_base_url_goes_where_the_key_goes(url: str, target: str) -> None:
    assert str(options(base_url=WITH_QUERY).request("GET", url).url) == target
    untrusted = options(base_url=WITH_QUERY).request("GET", url, is_trusted=False).url
    assert "2024" not in str(untrusted)


def test_parameters_of_a_call_go_before_the_query_of_the_base_url() -> None:
    request = options(base_url=WITH_QUERY).request("GET", "/models", params={"code": 1, "limit": 2})
    assert str(request.url) == "https://api.ccapi.ai/v1/models?code=1&limit=2&api-version=2024"


@pytest.mark.parametrize(
    ("poll_url", "target"),
    [
        (None, "https://api.ccapi.ai/v1/images/jobs/job-1?api-version=2024&code=a%2Fb"),
        ("/jobs/1?sig=x", "https://api.ccapi.ai/jobs/1?sig=x&api-version=2024&code=a%2Fb"),
        ("jobs/1?api-version=2023", "https://api.ccapi.ai/v1/jobs/1?api-version=2023&code=a%2Fb"),
        ("https://other.example/jobs/1", "https://api.ccapi.ai/v1/images/jobs/job-1?api-version=2024&code=a%2Fb"),
    ],
)
def test_polls_have_the_query_of_the_base_url(poll_url: str | None, target: str) -> None:
    request = options(base_url=WITH_QUERY).poll_request(get_image_job_operation(), "job-1", poll_url, 600)
    assert str(request.url) == target


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_base_url_keeps_its_query_and_does_not_show_it(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = options(base_url=library.URL(WITH_QUERY))
    assert str(found.base_url) == "https://api.ccapi.ai/v1?api-version=2024&code=a%2Fb"
    assert str(found.with_changes(timeout=5).base_url) == str(found.base_url)
    assert "2024" not in str(found.with_changes(base_url="https://h/v1").base_url)
    assert str(options(base_url="https://h/v1?").base_url) == "https://h/v1"
    assert str(options(base_url="https://h?a=/").request("GET", "/b").url) == "https://h/b?a=/"
    for client in (CCAPI("key-1", base_url=WITH_QUERY), AsyncCCAPI("key-1", base_url=WITH_QUERY)):
        assert repr(client) == f"{type(client).__name__}(base_url='https://api.ccapi.ai/v1')"
        assert "2024" not in repr(client._sender)


@pytest.mark.parametrize("client_class", [CCAPI, AsyncCCAPI])
def test_a_key_that_others_can_read_is_warned_of_once(
    client_class: type[CCAPI] | type[AsyncCCAPI], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"http://{client_class.__name__}.example:4000/v1?code=planted"
    for _ in range(2):
        client_class("key-planted", base_url=url).with_options(timeout=5)
    client_class("key-planted", base_url="http://127.0.0.1:4000/v1")
    client_class("key-planted")
    host = client_class.__name__.lower()
    assert caplog.messages == [
        f"base_url: http://{host}.example:4000 is not encrypted: others on the network can read the key"
    ]
