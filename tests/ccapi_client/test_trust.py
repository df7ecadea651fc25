"""What a client trusts, proves itself by and goes through, as its options say: the same by every carrier."""

import asyncio
import logging
import os
import shutil
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from ccapi_client import CCAPI, ConfigurationError
from ccapi_client._carriers.trust import given_context
from ccapi_client._http.address import parse
from ccapi_client._http.retry import Outcome, error_failure
from ccapi_client._http.wire import Kind, TransportError

from ..carriers import (
    CARRIERS,
    OK,
    Carrier,
    Result,
    Serve,
    a_request,
    answering,
    certificate,
    fetch,
    on,
    pass_on,
    serving,
)
from ..scripted import ClientClass
from .test_secrets import assert_kept

PASSWORD = "planted-password"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificates `server`, `client` and `locked`, whose key has a password: each a file with its key, and both."""
    found = tmp_path_factory.mktemp("trust")
    for name in ("server", "client", "locked"):
        (found / name).mkdir()
        certificate(found / name, password=PASSWORD if name == "locked" else None)
        both = (found / name / "certificate.pem").read_text() + (found / name / "key.pem").read_text()
        (found / name / "both.pem").write_text(both)
    return found


def context_of(folder: Path, *, trusts: str | None = None, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """The server's; it demands one of the certificates of the client, where one is named."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server" / "both.pem")
    if trusts:
        context.load_verify_locations(folder / trusts / "certificate.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    if version:
        context.maximum_version = version
    return context


ANSWER = answering(OK)


def result(carrier: Carrier, context: ssl.SSLContext, serve: Serve = ANSWER, **options: Any) -> Result:
    with serving(serve, context) as url:
        return carrier.run(lambda found: fetch(found, a_request(url)), **options)


def kind_of(found: Result) -> Kind:
    assert isinstance(found, TransportError), found
    return found.kind


def as_context(path: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=path)


@on(CARRIERS)
@pytest.mark.parametrize("kind", [str, Path, as_context], ids=["text", "path", "context"])
def test_certificates_that_a_client_is_told_to_trust(
    carrier: Carrier, kind: Callable[[Path], Any], folder: Path
) -> None:
    context = context_of(folder)
    assert kind_of(result(carrier, context)) is Kind.TLS
    assert result(carrier, context, verify=kind(folder / "server" / "certificate.pem")) == (200, b"{}")
    others = result(carrier, context, verify=kind(folder / "client" / "certificate.pem"))
    assert kind_of(others) is Kind.TLS, "no others are trusted"


@on(CARRIERS)
def test_what_the_client_was_told_goes_before_what_the_environment_says(
    carrier: Carrier, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "client" / "certificate.pem"))
    assert result(carrier, context_of(folder), verify=folder / "server" / "certificate.pem") == (200, b"{}")


def test_a_folder_of_certificates(folder: Path, tmp_path: Path) -> None:
    context = given_context(tmp_path, None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.get_ca_certs() == []


CERTS: dict[str, Callable[[Path], Any]] = {
    "one file": lambda folder: folder / "client" / "both.pem",
    "one file, as a text": lambda folder: str(folder / "client" / "both.pem"),
    "two files": lambda folder: (folder / "client" / "certificate.pem", str(folder / "client" / "key.pem")),
    "a key with a password": lambda folder: (
        folder / "locked" / "certificate.pem",
        folder / "locked" / "key.pem",
        PASSWORD,
    ),
}


@on(CARRIERS)
@pytest.mark.parametrize("name", CERTS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_demands_a_certificate(
    carrier: Carrier, name: str, version: ssl.TLSVersion, folder: Path
) -> None:
    context = context_of(folder, trusts="locked" if "password" in name else "client", version=version)
    verify = folder / "server" / "certificate.pem"
    assert result(carrier, context, verify=verify, cert=CERTS[name](folder)) == (200, b"{}")


@on(CARRIERS)
def test_a_certificate_beside_the_roots_of_the_environment(
    carrier: Carrier, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "server" / "certificate.pem"))
    assert result(carrier, context_of(folder, trusts="client"), cert=folder / "client" / "both.pem") == (200, b"{}")


@on(CARRIERS)
def test_a_server_that_gets_no_certificate_has_executed_nothing(carrier: Carrier, folder: Path) -> None:
    """Of TLS 1.3: the server says so only when the request has been sent."""
    left: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left.append(await reader.read())

    found = result(carrier, context_of(folder, trusts="client"), serve, verify=folder / "server" / "certificate.pem")
    assert left == []
    assert isinstance(found, TransportError)
    if found.kind is not Kind.NO_CERTIFICATE:
        # Where the server hangs up while the request comes, what it said last may be lost on the way.
        assert found.kind in (Kind.RECEIVING, Kind.SENDING), found
        return
    assert error_failure(found).outcome is Outcome.DEFINITE
    assert "another client certificate" in str(found)


@on(CARRIERS)
def test_a_server_of_tls_1_2_that_gets_no_certificate(carrier: Carrier, folder: Path) -> None:
    """It says only that the handshake failed; the same kind as of TLS 1.3, not retried and not billed."""
    context = context_of(folder, trusts="client", version=ssl.TLSVersion.TLSv1_2)

    def serve() -> None:  # without asyncio, which hangs up before the reason is sent
        connection, _ = listener.accept()
        with connection, suppress(ssl.SSLError):
            context.wrap_socket(connection, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        listener.settimeout(10)
        served = pool.submit(serve)
        request = a_request(f"https://localhost:{listener.getsockname()[1]}/v1")
        found = carrier.run(lambda each: fetch(each, request), verify=folder / "server" / "certificate.pem")
        served.result()
    assert kind_of(found) is Kind.NO_CERTIFICATE
    assert "another client certificate" in str(found)


async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heads: list[bytes]) -> None:
    """An HTTP proxy: a tunnel, or the response itself."""
    head = await reader.readuntil(b"\r\n\r\n")
    heads.append(head)
    method, target, _ = head.split(b" ", 2)
    if method == b"CONNECT":
        writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
        await pass_on(reader, writer, int(target.rpartition(b":")[2]))
    else:
        writer.write(OK)


async def socks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heads: list[bytes]) -> None:
    """A SOCKS proxy (RFC 1928), which wants credentials where they are offered (RFC 1929)."""
    methods = await reader.readexactly((await reader.readexactly(2))[1])
    wants = 2 if 2 in methods else 0
    writer.write(bytes([5, wants]))
    if wants:
        name = await reader.readexactly((await reader.readexactly(2))[1])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        heads.append(name + b":" + password)
        writer.write(b"\x01\x00")
    else:
        heads.append(b"")
    *_, length = await reader.readexactly(5)
    await reader.readexactly(length)
    port = int.from_bytes(await reader.readexactly(2), "big")
    writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
    await pass_on(reader, writer, port)


@on(CARRIERS)
@pytest.mark.parametrize("to", ["http", "https"])
@pytest.mark.parametrize("by", ["http", "https", "socks5", "socks5h", "no scheme"])
@pytest.mark.parametrize("user", ["", f"me:{PASSWORD}@"], ids=["without a user", "with a user"])
def test_a_proxy_of_the_client_s_own(
    carrier: Carrier, to: str, by: str, user: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[bytes] = []
    verify = folder / "server" / "certificate.pem"
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")  # both are the environment's, which is not read

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (socks if by.startswith("socks") else connect)(reader, writer, heads)

    with (
        serving(answering(OK), context_of(folder) if to == "https" else None) as url,
        serving(proxy, context_of(folder) if by == "https" else None) as proxied,
    ):
        scheme = "" if by == "no scheme" else f"{by}://"
        address = f"{scheme}{user}localhost:{parse(proxied).port}"
        options: dict[str, Any] = {"verify": verify, "proxy": httpx.URL(address) if by == "http" else address}
        assert carrier.run(lambda found: fetch(found, a_request(url)), **options) == (200, b"{}")
    if by.startswith("socks"):
        assert heads == [f"me:{PASSWORD}".encode() if user else b""]
    else:
        (head,) = heads
        assert head.startswith(b"CONNECT" if to == "https" else b"POST http://localhost:")
        assert (b"Basic bWU6cGxhbnRlZC1wYXNzd29yZA==" in head) is bool(user)


@on(CARRIERS)
@pytest.mark.parametrize("by", ["http", "https", "socks5"])
def test_a_proxy_that_fails_shows_no_password(carrier: Carrier, by: str) -> None:
    proxy = f"{by}://me:{PASSWORD}@127.0.0.1:1"
    with pytest.raises(Exception, match=r"by the proxy 127\.0\.0\.1:1") as caught:
        carrier.call("key-1", lambda client: client.list_models(), base_url="https://api.invalid/v1", proxy=proxy)
    assert_kept(caught.value, PASSWORD, "planted")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "verify=False": ({"verify": False}, "verify: False would send the key to any server"),
    "verify=None": (
        {"verify": None},
        "verify: the path of certificates, or an ssl.SSLContext, is expected, not a NoneType",
    ),
    "verify=5": ({"verify": 5}, "verify: the path of certificates, or an ssl.SSLContext, is expected, not a int"),
    "verify of nothing": ({"verify": ""}, "verify: the path is empty"),
    "a password as a path": (
        {"cert": ("a", "b", Path(PASSWORD))},
        "cert: the password, the third of the three, has to be a text",
    ),
    "a password as bytes": ({"cert": ("a", "b", PASSWORD.encode())}, "cert: the password, the third of the three"),
    "proxy as bytes": ({"proxy": b"http://h"}, "proxy: a text or a URL is expected, not a bytes"),
    "no file": ({"verify": "none.pem"}, "verify: the certificates in 'none.pem' can't be loaded: No such file"),
    "a file of something else": ({"verify": __file__}, "verify: the certificates in .* it holds no certificates"),
    "a context and a certificate": (
        {"verify": ssl.create_default_context(), "cert": "a.pem"},
        "cert: verify is a context already: load the certificate into that",
    ),
    "cert=5": ({"cert": 5}, r"cert: a path is expected, or \(certificate, key\), or \(certificate, key, password\)"),
    "cert of four": ({"cert": ("a", "b", "c", PASSWORD)}, "cert: a path is expected"),
    "cert of none": ({"cert": ()}, "cert: a path is expected"),
    "cert that is not there": ({"cert": ("a.pem", "b.pem", PASSWORD)}, "cert: 'a.pem' and 'b.pem': No such file"),
    "cert of something else": ({"cert": __file__}, "cert: .*: these are not a certificate and its key, in PEM"),
    "proxy=5": ({"proxy": 5}, "proxy: a text or a URL is expected, not a int"),
    "proxy of nothing": ({"proxy": ""}, "proxy: an address like http://127.0.0.1:3128 is expected"),
    "proxy of FTP": ({"proxy": f"ftp://me:{PASSWORD}@h"}, "proxy: an address like http://127.0.0.1:3128 is expected"),
    "proxy without a host": ({"proxy": f"http://me:{PASSWORD}@"}, "proxy: .*: its host is missing"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_can_t_be_used_is_an_error_of_the_client_s_making(client_class: ClientClass, name: str) -> None:
    options, message = WRONG[name]
    with pytest.raises(ConfigurationError, match=message) as caught:
        client_class("key-1", **options)
    assert_kept(caught.value, PASSWORD)


@pytest.mark.parametrize("parts", [2, 3])
def test_the_password_of_a_key_is_never_asked_for_on_a_terminal(
    client_class: ClientClass, parts: int, folder: Path
) -> None:
    cert: Any = (folder / "locked" / "certificate.pem", folder / "locked" / "key.pem", "planted-wrong")[:parts]
    why = "its key has a password" if parts == 2 else "its key has another password"
    with pytest.raises(ConfigurationError, match=why) as caught:
        client_class("key-1", cert=cert)
    assert_kept(caught.value, "planted-wrong")


def test_a_context_that_checks_nothing_is_not_silent(
    client_class: ClientClass, caplog: pytest.LogCaptureFixture
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with caplog.at_level(logging.WARNING, "ccapi_client"):
        client_class("key-1", verify=context)
        assert caplog.messages == []
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client_class("key-1", verify=context)
    assert caplog.messages == ["verify: this context accepts any certificate, so any server may receive the key"]


@pytest.mark.parametrize(
    ("name", "value"), [("verify", "a.pem"), ("cert", "a.pem"), ("proxy", "http://127.0.0.1:1"), ("proxy", None)]
)
def test_a_copy_can_t_connect_otherwise(client_class: ClientClass, name: str, value: Any) -> None:
    client = client_class("key-1")
    with pytest.raises(
        ConfigurationError, match=f"{name}: a copy has the connections of its client: make a new client"
    ):
        client.with_options(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("verify", ssl.create_default_context()), ("cert", "both.pem"), ("proxy", "http://127.0.0.1:1")]
)
def test_a_transport_makes_its_own_connections(
    client_class: ClientClass, name: str, value: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "client")
    transport: Any = (httpx.HTTPTransport if client_class is CCAPI else httpx.AsyncHTTPTransport)()
    with pytest.raises(ConfigurationError, match=f"{name}: the transport makes its own connections"):
        client_class("key-1", transport=transport, **{name: value})
    client_class("key-1", transport=transport, verify=True, cert=None, proxy=None)


def test_a_client_does_not_show_how_it_connects(client_class: ClientClass) -> None:
    client = client_class("key-1", proxy=f"http://me:{PASSWORD}@127.0.0.1:1")
    for shown in (
        repr(client),
        repr(client._sender.options),
        repr(client._sender),
        repr(vars(client._sender.connections)),
    ):
        assert "planted" not in shown


def test_socks_needs_a_package(client_class: ClientClass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccapi_client._carriers.proxies.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"proxy: .*pip install 'ccapi-client\[socks\]'"):
        client_class("key-1", proxy="socks5://127.0.0.1:1")


def test_files_that_are_gone_later_are_not_needed(client_class: ClientClass, folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "client" / "both.pem", tmp_path)
    client = client_class("key-1", verify=tmp_path / "both.pem", cert=tmp_path / "both.pem")
    os.unlink(tmp_path / "both.pem")
    assert "api.ccapi.ai" in repr(client.with_options(timeout=5))
