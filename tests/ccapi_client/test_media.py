"""Pictures to bytes and to files."""

import base64
from pathlib import Path

import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APIStatusError,
    AsyncCCAPI,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
)
from ccapi_client.models import ImageDatum
from PIL import Image

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def client_of(handler: object) -> CCAPI:
    return CCAPI("key-1", transport=httpx.MockTransport(handler))  # type: ignore[arg-type]


def test_a_picture_of_the_sandbox_becomes_a_file(client: CCAPI, tmp_path: Path) -> None:
    answer = client.create_image(prompt="a fox", size="64x48")
    path = client.save(answer.data[0], tmp_path / "new" / "fox.jpg")
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("JPEG", (64, 48))
    assert [each.name for each in path.parent.iterdir()] == ["fox.jpg"]
    other = tmp_path / "other"
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode


@pytest.mark.anyio
async def test_a_picture_becomes_a_file_asynchronously(async_client: AsyncCCAPI, tmp_path: Path) -> None:
    answer = await async_client.create_image(prompt="a fox", size="64x48", response_format="b64_json")
    path = await async_client.save(answer.data[0], tmp_path / "fox.jpg")
    assert path.read_bytes() == await async_client.download(answer.data[0])


@pytest.mark.parametrize(
    "source",
    [
        ImageDatum(b64_json=base64.b64encode(PIXEL).decode()),
        ImageDatum(url=f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"),
        f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}",
        ImageDatum(url="https://elsewhere.example/a.png"),
    ],
)
def test_sources(source: ImageDatum | str) -> None:
    assert client_of(lambda request: httpx.Response(200, content=PIXEL)).download(source) == PIXEL


@pytest.mark.parametrize(
    "source",
    [ImageDatum(), "", "a.png", "file:///etc/passwd", "ftp://x/a", "data:image/png,x", ImageDatum(b64_json="!")],
)
def test_what_is_no_source_is_refused(source: ImageDatum | str) -> None:
    with pytest.raises(InvalidRequestError, match="source"):
        client_of(lambda request: httpx.Response(200)).download(source)


def test_the_key_stays_on_its_origin_through_redirects() -> None:
    seen: list[tuple[str, bool, bool]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, "authorization" in request.headers, "x-secret" in request.headers))
        if request.url.host == "api.ccapi.ai":
            return httpx.Response(302, headers={"location": "https://elsewhere.example/a.png"})
        return httpx.Response(200, content=PIXEL)

    client = client_of(serve).with_options(headers={"X-Secret": "hush"})
    assert client.download("https://api.ccapi.ai/files/a.png") == PIXEL
    client.download("https://elsewhere.example/a.png")
    elsewhere = ("elsewhere.example", False, False)
    assert seen == [("api.ccapi.ai", True, True), elsewhere, elsewhere]


def test_redirects_without_end_are_an_error() -> None:
    here = "https://elsewhere.example/a.png"
    client = client_of(lambda request: httpx.Response(302, headers={"location": here}))
    with pytest.raises(APIStatusError, match="302"):
        client.download(here)


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://host:port/", "https:///x", "http://xn--/x", "http://a..b/", "https://a/\x00"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequestError):
        client_of(lambda request: httpx.Response(200)).download(url)


def test_secrets_of_an_address_do_not_show() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.UnsupportedProtocol("no")

    with pytest.raises(APIConnectionError) as caught:
        client_of(refuse).download("https://me:secret@x.example/a.png?signature=secret#secret")
    assert "secret" not in str(caught.value)
    assert "https://x.example/a.png" in str(caught.value)


def test_an_address_without_a_file_is_an_error_and_writes_nothing(client: CCAPI, tmp_path: Path) -> None:
    origin = str(client._options.base_url).removesuffix("/v1")
    with pytest.raises(NotFoundError):
        client.save(f"{origin}/files/none.png", tmp_path / "none.png")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    client = client_of(lambda request: httpx.Response(200, content=b"x" * 1001))
    assert len(client.download("https://x.example/a", max_bytes=1001)) == 1001
    with pytest.raises(MalformedResponseError, match="max_bytes, 1000 bytes"):
        client.save("https://x.example/a", tmp_path / "a", max_bytes=1000)
    with pytest.raises(InvalidRequestError, match="max_bytes"):
        client.save(ImageDatum(b64_json=base64.b64encode(b"x" * 1003).decode()), tmp_path / "a", max_bytes=1000)
    assert list(tmp_path.iterdir()) == []


def test_a_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    client = client_of(lambda request: httpx.Response(200, content=PIXEL))
    assert client.save("https://x.example/a", tmp_path / ("n" * 251 + ".png")).exists()


def test_a_file_that_can_t_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        client_of(lambda request: httpx.Response(200, content=PIXEL)).save("https://x.example/a", tmp_path / "taken")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
