"""Which carrier is chosen, what its exceptions become, and what is trusted. Without a socket."""

import asyncio
import copy
import gzip
import os
import pickle
import ssl
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import certifi
import httpx
import httpx2
import pytest
from ccapi_client import CCAPI, APIConnectionError, AsyncCCAPI, ConfigurationError, RetryPolicy
from ccapi_client._carriers import connections, library, trust
from ccapi_client._carriers import proxies as proxies_of_environment
from ccapi_client._carriers.given import failure
from ccapi_client._carriers.library import carrier_name
from ccapi_client._carriers.over_aiohttp import KINDS, AiohttpCarrier
from ccapi_client._carriers.over_aiohttp import failure as aiohttp_failure
from ccapi_client._carriers.pool import Pool
from ccapi_client._carriers.proxies import Proxies
from ccapi_client._carriers.trust import tls_context
from ccapi_client._http.address import parse
from ccapi_client._http.retry import Outcome, error_failure
from ccapi_client._http.wire import Kind, TransportError

from ..carriers import serving

ONCE = RetryPolicy(max_attempts=1)
LIBRARIES = pytest.mark.parametrize("http", [httpx, httpx2])


@pytest.fixture(autouse=True)
def _no_carrier_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CCAPI_CARRIER", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """As if these libraries were not installed."""
    monkeypatch.setattr(library, "is_installed", lambda name: name not in names)
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, "ccapi_client._carriers.over_aiohttp", raising=False)


def chosen(*, is_for_socks: bool = False, backend: str = "asyncio") -> tuple[str, str]:
    """The class that carries asynchronous requests, and the library."""

    async def make() -> tuple[str, str]:
        found = connections._new_carrier(is_for_socks)
        await found.close()
        http = found._http if isinstance(found, Pool) else aiohttp
        return type(found).__name__, http.__name__

    return anyio.run(make, backend=backend)


def test_which_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    fast, pool = AiohttpCarrier.__name__, Pool.__name__
    assert chosen() == (fast, "aiohttp")
    assert chosen(is_for_socks=True) == (pool, "httpcore2"), "aiohttp speaks no SOCKS"
    assert chosen(backend="trio") == (pool, "httpcore2"), "aiohttp is asyncio's alone"
    assert library.library() == "httpx2"
    for name, engine in library.ENGINES.items():
        monkeypatch.setenv("CCAPI_CARRIER", name)
        assert chosen() == chosen(backend="trio") == (pool, engine)
        assert library.library() == name
    monkeypatch.setenv("CCAPI_CARRIER", "aiohttp")
    assert chosen() == (fast, "aiohttp")
    assert library.library() == "httpx2"


def test_what_is_not_installed_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "httpx2", "aiohttp")
    assert library.library() == "httpx"
    assert chosen() == (Pool.__name__, "httpcore")
    assert carrier_name() == f"httpx {httpx.__version__}"


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
@pytest.mark.parametrize(
    ("name", "extra"), [("httpx2", "httpx2"), ("aiohttp", "fast"), ("requests", ".*not 'requests'")]
)
def test_a_carrier_that_is_not_there_is_said_at_once(
    client: Any, name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "httpx2", "aiohttp")
    monkeypatch.setenv("CCAPI_CARRIER", name)
    match = extra if name == "requests" else rf"CCAPI_CARRIER: {name} is missing: pip install 'ccapi-client\[{extra}\]'"
    with pytest.raises(ConfigurationError, match=match):
        client("key-1")
    client("key-1", transport=httpx.MockTransport(lambda request: httpx.Response(200)))


def test_the_name_of_what_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    on_asyncio = f" (AsyncCCAPI on asyncio: aiohttp {aiohttp.__version__})"
    assert carrier_name() == f"httpx2 {httpx2.__version__}{on_asyncio}"
    monkeypatch.setenv("CCAPI_CARRIER", "httpx")
    assert carrier_name() == f"httpx {httpx.__version__}"


OF_HTTPX: dict[str, Kind | None] = {
    "HTTPError": Kind.RECEIVING,
    "RequestError": Kind.RECEIVING,
    "TransportError": Kind.RECEIVING,
    "TimeoutException": Kind.READ_TIMED_OUT,
    "ConnectTimeout": Kind.CONNECT_TIMED_OUT,
    "ReadTimeout": Kind.READ_TIMED_OUT,
    "WriteTimeout": Kind.WRITE_TIMED_OUT,
    "PoolTimeout": Kind.NO_CONNECTION_FREE,
    "NetworkError": Kind.RECEIVING,
    "ConnectError": Kind.NOT_CONNECTED,
    "ReadError": Kind.RECEIVING,
    "WriteError": Kind.SENDING,
    "CloseError": Kind.RECEIVING,
    "ProtocolError": Kind.RECEIVING,
    "LocalProtocolError": Kind.NOT_SENT,
    "RemoteProtocolError": Kind.NOT_HTTP,
    "ProxyError": Kind.PROXY,
    "UnsupportedProtocol": Kind.NOT_SENT,
    "DecodingError": Kind.ENCODING,
    "TooManyRedirects": Kind.RECEIVING,
    "HTTPStatusError": Kind.RECEIVING,
    "InvalidURL": Kind.NOT_SENT,
    # Of a wrong use of the library, not of a request.
    **dict.fromkeys(
        ["CookieConflict", "StreamError", "StreamConsumed", "StreamClosed", "ResponseNotRead", "RequestNotRead"]
    ),
}


def exceptions_of(module: Any) -> set[str]:
    public = {name: getattr(module, name) for name in module.__all__}
    return {name for name, each in public.items() if isinstance(each, type) and issubclass(each, Exception)}


@LIBRARIES
def test_every_exception_of_the_library_has_its_kind(http: Any) -> None:
    exceptions = {name for name in exceptions_of(http) if "WebSocket" not in name and "SSE" not in name}
    assert exceptions == set(OF_HTTPX)
    for name, kind in OF_HTTPX.items():
        error = getattr(http, name).__new__(getattr(http, name), "why")
        error.args = ("why",)
        if kind is None:
            with pytest.raises(type(error)):
                failure(error)
            continue
        found = failure(error)
        assert found.kind is kind, name
        assert str(found) == (Kind.NOT_SENT.value if kind is Kind.NOT_SENT else "why")


def test_an_exception_of_something_else_is_none_of_ours() -> None:
    class HTTPError(OSError):
        """As requests and urllib have it."""

    for error in (HTTPError("why"), OSError(), ValueError(), RuntimeError(), TimeoutError(), TransportError(Kind.TLS)):
        with pytest.raises(type(error)) as caught:
            failure(error)
        assert caught.value is error


def test_it_is_raised_as_it_is_with_no_cause_of_its_own() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    error = LookupError("of the transport")
    with CCAPI("key-1", transport=httpx.MockTransport(fail)) as client, pytest.raises(LookupError) as caught:
        client.list_models()
    assert caught.value is error
    assert error.__cause__ is None


@LIBRARIES
@pytest.mark.parametrize("name", ["ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"])
def test_a_certificate_that_is_not_trusted_will_not_be_trusted_later(http: Any, name: str) -> None:
    error = getattr(http, name)("why")
    error.__cause__ = OSError()
    error.__cause__.__context__ = ssl.SSLCertVerificationError()
    found = failure(error)
    assert found
    assert found.kind is Kind.TLS
    assert error_failure(found).outcome is Outcome.DEFINITE


@LIBRARIES
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Server disconnected without sending a response.", Kind.RECEIVING),
        ("peer closed connection without sending complete message body (incomplete chunked read)", Kind.RECEIVING),
        ("illegal status line: bytearray(b'SPAM')", Kind.NOT_HTTP),
    ],
)
def test_whether_it_hung_up_or_spoke_no_http(http: Any, text: str, kind: Kind) -> None:
    found = failure(http.RemoteProtocolError(text))
    assert found
    assert (found.kind, str(found)) == (kind, text)


OF_AIOHTTP = {
    **dict.fromkeys(["ClientConnectorError", "ClientConnectorDNSError", "ClientProxyConnectionError"], "ConnectError"),
    **dict.fromkeys(["ClientSSLError", "ClientConnectorSSLError"], "ConnectError"),
    **dict.fromkeys(["ConnectionTimeoutError", "ServerTimeoutError", "SocketTimeoutError"], "ReadTimeout"),
    **dict.fromkeys(["InvalidURL", "InvalidUrlClientError", "InvalidUrlRedirectClientError"], "InvalidURL"),
    "ClientHttpProxyError": "ProxyError",
    **dict.fromkeys(["ClientResponseError", "ContentTypeError", "TooManyRedirects"], "RemoteProtocolError"),
    "WSServerHandshakeError": "RemoteProtocolError",
}
"""What aiohttp raises once there is a connection, and what httpx raises for the same; for whatever else, `ReadError`."""


def test_aiohttp_s_exceptions_have_the_kinds_of_httpx_s() -> None:
    errors: Any = aiohttp.client_exceptions
    exceptions = exceptions_of(errors) - {"ClientConnectorCertificateError", "WSMessageTypeError"}
    assert set(OF_AIOHTTP) - {"TooManyRedirects"} <= exceptions
    for name in sorted(exceptions):
        kind_class: Any = getattr(errors, name)
        theirs = OF_HTTPX[OF_AIOHTTP.get(name, "ReadError")]
        error = kind_class.__new__(kind_class)
        if isinstance(error, TimeoutError):
            assert aiohttp_failure(error, is_connected=True).kind is theirs, name
            assert aiohttp_failure(error, is_connected=False).kind is Kind.CONNECT_TIMED_OUT
        elif issubclass(kind_class, errors.ClientHttpProxyError):
            error.status, error.message = 403, "why"
            assert aiohttp_failure(error, is_connected=True).kind is theirs, name
        else:
            assert next(kind for found, kind in KINDS if issubclass(kind_class, found)) is theirs, name
    certificate = errors.ClientConnectorCertificateError
    assert next(kind for found, kind in KINDS if issubclass(certificate, found)) is Kind.TLS
    assert next(kind for found, kind in KINDS if issubclass(ValueError, found)) is Kind.NOT_SENT


def test_what_aiohttp_says_of_an_address_is_not_shown() -> None:
    for error in (aiohttp.InvalidURL("http://u:secret@h/"), aiohttp.ClientPayloadError("secret"), OSError("secret")):
        assert "secret" not in str(aiohttp_failure(error, is_connected=True))


def trusted(context: ssl.SSLContext) -> set[bytes]:
    return set(context.get_ca_certs(binary_form=True))


@pytest.mark.parametrize("names", ["", "a file", "a folder"])
def test_what_is_trusted_does_not_change_by_what_is_installed(
    names: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if names == "a file":
        first = Path(certifi.where()).read_text("utf-8").partition("-----END CERTIFICATE-----")
        path = tmp_path / "one.pem"
        path.write_text("".join(first[:2]), "utf-8")
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    if names == "a folder":
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    expected = httpx.create_ssl_context()  # whose rules were ours before there was another
    context = tls_context()
    assert trusted(context) == trusted(expected)
    assert len(trusted(expected)) == {"": len(trusted(expected)), "a file": 1, "a folder": 0}[names]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == expected.minimum_version


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_certificates_are_loaded_once_and_not_in_the_event_loop(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[object] = []
    load = ssl.create_default_context

    def create(**settings: Any) -> ssl.SSLContext:
        threads.append(threading.current_thread())
        return load(**settings)

    async def twice() -> bool:
        return await trust.context_in_loop() is await trust.context_in_loop()

    monkeypatch.setattr(trust, "_made", {})
    monkeypatch.setattr(ssl, "create_default_context", create)
    assert anyio.run(twice, backend=backend)
    assert tls_context() is tls_context()
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("what", ["is not there", "is empty", "is something else"])
def test_certificates_that_can_t_be_loaded_are_said_where_they_are_needed(
    client: Any, variable: str, what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "certificates"
    if what != "is not there":
        path.write_bytes(b"" if what == "is empty" else b"no certificate")
    monkeypatch.setenv(variable, str(path))

    def list_models(base_url: str) -> None:
        if client is CCAPI:
            with CCAPI("key-1", base_url=base_url, retry=ONCE) as blocking:
                blocking.list_models()
            return

        async def steps() -> None:
            async with AsyncCCAPI("key-1", base_url=base_url, retry=ONCE) as asynchronous:
                await asynchronous.list_models()

        anyio.run(steps)

    for carrier in ("httpx", "httpx2", "aiohttp"):
        monkeypatch.setenv("CCAPI_CARRIER", carrier)
        with pytest.raises(
            ConfigurationError, match=f"{variable}: the certificates in '{path}' can't be loaded: [a-zN]"
        ):
            list_models("https://127.0.0.1:1/v1")
        with pytest.raises(APIConnectionError):  # http needs none
            list_models("http://127.0.0.1:1/v1")


@LIBRARIES
def test_a_transport_of_either_library_carries(http: Any) -> None:
    requests = []

    def respond(request: Any) -> Any:
        requests.append(request)
        return http.Response(200, json={"object": "list", "data": []})

    class Transport(http.MockTransport):  # type: ignore[misc]
        """One of the caller's own."""

    async def list_models() -> Any:
        async with AsyncCCAPI("key-1", transport=Transport(respond)) as client:
            return await client.list_models()

    with CCAPI("key-1", transport=Transport(respond)) as client:
        assert client.list_models().data == []
    assert anyio.run(list_models).data == []
    assert [type(request) for request in requests] == [http.Request] * 2


@LIBRARIES
def test_a_transport_may_read_the_response_itself(http: Any) -> None:
    """For a log, a count or a cache; compressed as it comes from a server, over a socket."""
    body = gzip.compress(b'{"object": "list", "data": []}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + body)

    class Reading(http.HTTPTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            response = super().handle_request(request)
            response.read()
            return response

    class AsyncReading(http.AsyncHTTPTransport):  # type: ignore[misc]
        async def handle_async_request(self, request: Any) -> Any:
            response = await super().handle_async_request(request)
            await response.aread()
            return response

    async def list_models(url: str) -> Any:
        async with AsyncCCAPI("key-1", base_url=url, transport=AsyncReading()) as client:
            return await client.list_models()

    with serving(serve) as url:
        with CCAPI("key-1", base_url=url, transport=Reading()) as client:
            assert client.list_models().data == []
        assert anyio.run(list_models, url).data == []


@pytest.mark.parametrize("address", ["http://me:secret@h:x", "ftp://me:secret@h", "secret://", "socks://me:secret@h"])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_can_t_be_used_is_said_where_it_is_used_and_not_shown(
    name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, address)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:1")
    proxies = Proxies.of_environment()
    with pytest.raises(ConfigurationError, match=f"{name}: the proxy that the environment names can't") as caught:
        proxies.of(parse("https://h/"))
    assert "secret" not in str(caught.value)
    assert str(proxies.of(parse("http://h/"))) == "http://proxy:1/", "its own is another"
    assert proxies.of(parse("https://localhost/")) is None


def test_a_proxy_of_socks_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:7")
    monkeypatch.setattr(proxies_of_environment, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'ccapi-client\[socks\]'"):
        Proxies.of_environment().of(parse("https://h/"))


def test_which_requests_go_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "proxy:1")
    monkeypatch.setenv("ALL_PROXY", "https://proxy:2")
    monkeypatch.setenv("NO_PROXY", "direct.example,.inner.example")
    proxies = Proxies.of_environment()
    assert "proxy" not in repr(proxies)
    expected = {
        "http://h/": "http://proxy:1",
        "https://h:8443/": "https://proxy:2",
        "https://direct.example/": None,
        "https://direct.example:443/": None,
        "https://a.inner.example:8443/": None,
        "https://notdirect.example/": "https://proxy:2",
        **dict.fromkeys(["http://localhost:1/", "http://127.0.0.1/", "http://[::1]:1/"]),
    }
    found = {url: proxies.of(parse(url)) for url in expected}
    assert {url: each and str(each).rstrip("/") for url, each in found.items()} == expected


def test_a_client_whose_transport_is_given_imports_no_other_library() -> None:
    program = (
        "import sys, httpx\n"
        "before = set(sys.modules)\n"  # what httpx itself imports: until 0.28 anyio, too
        "from ccapi_client import CCAPI\n"
        "CCAPI('key-1', transport=httpx.MockTransport(lambda r: httpx.Response(200, json={'data': []}))).list_models()\n"
        "print({'httpx2', 'httpcore2', 'aiohttp', 'asyncio', 'anyio'} & set(sys.modules) - before)"
    )
    environment = os.environ | {"CCAPI_BASE_URL": "http://h/v1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    assert import_module("httpx2")


def test_a_failure_can_be_pickled_and_copied() -> None:
    error = TransportError(Kind.PROXY, "403 Not You")
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (copied.kind, str(copied)) == (Kind.PROXY, "403 Not You")
