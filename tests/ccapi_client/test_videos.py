"""Videos to files: their formats, and how large they may be."""

import base64
import inspect
from pathlib import Path

import httpx
import pytest
from ccapi_client import CCAPI, CCAPIError, MalformedResponseError
from ccapi_client._client import sender_of
from ccapi_client._files.download import Fetch
from ccapi_client._http.wire import Response

from ..conftest import NoBody
from ..scripted import ClientClass

MP4 = b"\0\0\0\x20ftypisom" + bytes(range(256)) * 400
WEBM = b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(9)


def client_of(handler: object) -> CCAPI:
    return CCAPI("key-1", transport=httpx.MockTransport(handler))  # type: ignore[arg-type]


@pytest.mark.parametrize(("content", "name"), [(MP4, "fox.mp4"), (WEBM, "fox.webm")])
def test_a_video_gets_its_extension(content: bytes, name: str, tmp_path: Path) -> None:
    client = client_of(lambda request: httpx.Response(200, content=content))
    assert client.save("https://elsewhere.example/fox", tmp_path / "fox") == tmp_path / name
    assert client.save("https://elsewhere.example/fox", f"{tmp_path}/new/") == tmp_path / "new" / name
    assert client.download(f"data:video/mp4;base64,{base64.b64encode(content).decode()}") == content


@pytest.mark.parametrize("named", ["by the URL", "by the path", "by its type", "in a data: URL"])
def test_text_is_no_video(named: str, tmp_path: Path) -> None:
    kind = "video/mp4" if named == "by its type" else "application/octet-stream"
    text = b'{"error": {"message": "it has expired"}}'
    client = client_of(lambda request: httpx.Response(200, content=text, headers={"content-type": kind}))
    source = "https://elsewhere.example/fox" + ".mp4" * (named == "by the URL")
    if named == "in a data: URL":
        source = f"data:video/mp4;base64,{base64.b64encode(text).decode()}"
    with pytest.raises(CCAPIError, match="not a picture, sound or video: it has expired"):
        client.save(source, tmp_path / ("fox.mp4" if named == "by the path" else "fox"))
    assert not list(tmp_path.iterdir())


def test_a_file_of_ten_gigabytes_by_option() -> None:
    """Its account alone: to make the bytes would take a while."""
    size, piece = 10 * 2**30, bytes(2**26)
    options = sender_of(client_of(lambda request: httpx.Response(500))).options
    too_small = Fetch("https://elsewhere.example/fox.mp4", size - 1, options)
    fetch = Fetch("https://elsewhere.example/fox.mp4", size, options)
    response = Response(fetch.request(), 200, httpx.Headers({"content-length": str(size)}), NoBody(), b"")
    with pytest.raises(MalformedResponseError, match="larger than max_bytes"):
        too_small.begin(response)
    assert fetch.begin(response)
    for _ in range(size // len(piece) - 1):
        assert fetch.take(piece) is piece
    assert fetch.cut()
    assert fetch.request().headers["range"] == f"bytes={size - len(piece) - 64}-"
    for part in (bytes(64), piece):
        fetch.take(part)
    fetch.finish()


def test_the_limits_unless_another_is_given(client_class: ClientClass) -> None:
    for name, limit in (("save", 2 * 2**30), ("download", 256 * 2**20)):
        assert inspect.signature(getattr(client_class, name)).parameters["max_bytes"].default == limit
