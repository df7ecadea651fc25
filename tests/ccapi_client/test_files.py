"""Pictures to bytes and to files."""

import base64
import http.server
import re
import socket
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any, ClassVar

import anyio
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    AsyncCCAPI,
    CCAPIError,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
    RetryEvent,
    RetryPolicy,
)
from ccapi_client._carriers.connections import BlockingConnections
from ccapi_client._client import sender_of
from ccapi_client._files.source import _name_in, parts_of, safe_name
from ccapi_client.models import (
    AudioSpeechResponse,
    ImageDatum,
    LegacyImageGenerationResponse,
    MultimodalImageGenerationResponse,
)
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ..scripted import ClientClass, Service

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
    [ImageDatum(), "", "a.png", "file:///etc/passwd", "ftp://x/a", "data:image/png", ImageDatum(b64_json="!")],
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
    with pytest.raises(MalformedResponseError, match="more than 5 redirects"):
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
    origin = str(sender_of(client).options.base_url).removesuffix("/v1")
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
    (tmp_path / "taken").touch()
    with pytest.raises(OSError, match="taken"):
        client_of(lambda request: httpx.Response(200, content=PIXEL)).save(
            "https://x.example/a", tmp_path / "taken" / "a"
        )
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


# Names and extensions


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x.example/a/fox.jpg?signature=1#x", "fox.png"),
        ("https://x.example/a/..%2f..%2fetc%2fpasswd", "passwd.png"),
        ("https://x.example/a/%2e%2e%5c%2e%2e%5cboot.ini", "boot.png"),
        ("https://x.example/", "file.png"),
        ("https://x.example/a/.bashrc", "bashrc.png"),
        ("https://x.example/a/con.png", "file-con.png"),
        ("https://x.example/a/" + "n" * 300 + ".png", "n" * 80 + ".png"),
        ("https://x.example/a/fox%00.png", "fox.png"),
        ("https://x.example/a/%F0%9F%A6%8A.png", "file.png"),
    ],
)
def test_a_name_in_a_folder(tmp_path: Path, url: str, name: str) -> None:
    client, folder = client_of(lambda request: httpx.Response(200, content=PIXEL)), tmp_path / "in" / "here"
    assert client.save(ImageDatum(url=url), f"{folder}/") == folder / name
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == [name]


@given(st.text(max_size=60).map(lambda name: f"https://x.example/{name}"))
def test_no_name_leads_out_of_its_folder(url: str) -> None:
    name = safe_name(_name_in(url))
    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name)


def test_nothing_in_a_folder_is_replaced(tmp_path: Path) -> None:
    client = client_of(lambda request: httpx.Response(200, content=PIXEL))
    for name in ("a.png", "a-1.png", "a-2.png"):
        assert client.save("https://x.example/a.png", tmp_path) == tmp_path / name


def test_a_name_that_was_taken_for_a_file_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        client_of(lambda request: httpx.Response(200, content=PIXEL)).save("https://x.example/a.png", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_extension_is_that_of_the_content_unless_one_is_given(tmp_path: Path) -> None:
    def saved(content: bytes, path: str) -> str:
        client = client_of(lambda request: httpx.Response(200, headers={"content-type": "image/jpeg"}, content=content))
        return client.save("https://x.example/claim.jpg", tmp_path / path).name

    assert saved(PIXEL, "fox") == "fox.png"
    assert saved(b"OggS\0\2", "fox") == "fox.ogg"
    assert saved(b"what is this", "fox") == "fox.bin"
    assert saved(PIXEL, "fox.jpeg") == "fox.jpeg"


def test_a_whole_answer_is_a_file_for_each_picture(tmp_path: Path) -> None:
    encoded = base64.b64encode(PIXEL).decode()
    one = MultimodalImageGenerationResponse(id="job-1", status="completed", data=[ImageDatum(b64_json=encoded)])
    two = LegacyImageGenerationResponse(id="img-2", data=[ImageDatum(b64_json=encoded), ImageDatum(b64_json=encoded)])
    client = client_of(lambda request: httpx.Response(500))
    assert client.save(one, tmp_path / "fox.png") == [tmp_path / "fox.png"]
    assert client.save(one, tmp_path) == [tmp_path / "job-1.png"]
    assert client.save(two, tmp_path / "hen.png") == [tmp_path / "hen-0.png", tmp_path / "hen-1.png"]
    assert client.save(two, tmp_path) == [tmp_path / "img-2-0.png", tmp_path / "img-2-1.png"]
    assert client.download(two) == [PIXEL, PIXEL]
    with pytest.raises(InvalidRequestError, match="its status is pending; wait_for_image_job"):
        client.save(MultimodalImageGenerationResponse(id="job-1", status="pending"), tmp_path)


def test_a_dict_of_a_response_with_pictures_is_a_source(tmp_path: Path, client_class: ClientClass) -> None:
    encoded = base64.b64encode(PIXEL).decode()
    job = MultimodalImageGenerationResponse(id="job-1", status="completed", data=[ImageDatum(b64_json=encoded)])
    two = LegacyImageGenerationResponse(data=[ImageDatum(b64_json=encoded), ImageDatum(b64_json=encoded)])
    service = Service(httpx.Response(500))
    call = partial(service.call, client_class)
    assert call(lambda client: client.save(job.to_dict(), tmp_path)) == [tmp_path / "job-1.png"]
    assert call(lambda client: client.save(two.to_dict(), tmp_path / "a")) == [
        tmp_path / "a-0.png",
        tmp_path / "a-1.png",
    ]
    assert call(lambda client: client.download(two.to_dict())) == [PIXEL, PIXEL]
    one = job.data[0].to_dict()
    assert call(lambda client: client.save(one, tmp_path / "one")) == [tmp_path / "one.png"]
    assert call(lambda client: client.download(one)) == [PIXEL]
    spoken = AudioSpeechResponse(
        id="speech-1", b64_json=base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 100).decode()
    ).to_dict()
    assert call(lambda client: client.save(spoken, tmp_path)) == [tmp_path / "speech-1.wav"]
    for source, why in [
        ({"id": "job-1", "status": "pending"}, "its status is pending"),
        ({}, "there is no data"),
        ({"data": "x"}, "there is no data"),
        ({"url": None, "b64_json": ""}, "there is no data"),
    ]:
        with pytest.raises(InvalidRequestError, match=f"source: a dict of a response with pictures is expected: {why}"):
            call(methodcaller("save", source, tmp_path))


def test_a_path_below_the_home_of_a_user(
    tmp_path: Path, client_class: ClientClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    source = ImageDatum(b64_json=base64.b64encode(PIXEL).decode())
    service = Service(httpx.Response(500))
    for path in ("~/fox", Path("~/fox")):
        assert service.call(client_class, methodcaller("save", source, path)) == tmp_path / "fox.png"


def test_speech_in_the_meaning_of_openai_is_a_file_too(client: CCAPI, tmp_path: Path) -> None:
    speech = client.create_speech(model="openai/tts-1", input="Good morning.", response_format="wav")
    assert client.save(speech, tmp_path / "morning.wav").read_bytes().startswith(b"RIFF")


def test_speech_is_a_file_also_where_the_answer_is_the_audio_itself(tmp_path: Path) -> None:
    sound = b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 100
    client = client_of(lambda request: httpx.Response(200, headers={"content-type": "audio/wav"}, content=sound))
    speech = client.create_speech(model="a/b", input="hello")
    assert client.download(speech) == sound
    assert client.save(speech, tmp_path) == tmp_path / "speech.wav"


EMPTY = {"id": "j", "created": 1, "model": "a/b", "status": "completed", "data": [{}]}


@pytest.mark.parametrize(
    ("request_of", "content", "why"),
    [
        (methodcaller("create_speech", model="a/b", input="x"), {}, "neither url nor b64_json; its fields: none"),
        (methodcaller("create_speech", model="a/b", input="x"), {"b64_json": "a"}, "its content is not base64"),
        (methodcaller("create_speech", model="a/b", input="x"), {"b64_json": "W10="}, "its content is text, not a pic"),
        (methodcaller("create_speech", model="a/b", input="x"), {"url": "ftp://x"}, "a URL of https, http or data"),
        (
            methodcaller("create_image", prompt="x"),
            {"created": 1, "data": []},
            "it has no files; its fields: data, created",
        ),
        (methodcaller("get_image_job", "j"), EMPTY, "it has neither url nor b64_json; its fields: id, status"),
        (
            methodcaller("get_image_job", "j"),
            {**EMPTY, "data": []},
            "it has no files: its status is completed; its fields: id",
        ),
    ],
)
def test_a_response_without_a_file_is_the_service_s_error(
    client_class: ClientClass, tmp_path: Path, request_of: Callable[[Any], Any], content: dict[str, Any], why: str
) -> None:
    service = Service(httpx.Response(200, json=content, headers={"x-request-id": "r-1"}))
    source = service.call(client_class, request_of)
    with pytest.raises(MalformedResponseError, match=why) as caught:
        service.call(client_class, methodcaller("save", source, tmp_path / "x"))
    assert (caught.value.status_code, caught.value.request_id, caught.value.may_be_billed) == (200, "r-1", True)
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_is_not_completed_is_no_error_of_the_service(client_class: ClientClass, tmp_path: Path) -> None:
    service = Service(httpx.Response(200, json={**EMPTY, "status": "processing", "data": None}))
    job = service.call(client_class, methodcaller("get_image_job", "j"))
    with pytest.raises(InvalidRequestError, match="its status is processing; wait_for_image_job gives a completed job"):
        service.call(client_class, methodcaller("save", job, tmp_path / "x"))


# Hostile addresses and answers


HOSTILE = [
    "http://127.0.0.1/a.png",
    "http://localhost/a.png",
    "http://a.localhost/a.png",
    "http://127.1/a.png",
    "http://2130706433/a.png",
    "http://0x7f000001/a.png",
    "http://0/a.png",
    "http://[::1]/a.png",
    "http://[::ffff:127.0.0.1]/a.png",
    "http://[fe80::1]/a.png",
    "http://[fd00::1]/a.png",
    "http://10.0.0.7/a.png",
    "http://172.16.0.1/a.png",
    "http://192.168.1.1/a.png",
    "http://100.64.0.1/a.png",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/a.png",
    "http://255.255.255.255/a.png",
    "http://[64:ff9b::7f00:1]/a.png",
    "http://[::127.0.0.1]/a.png",
    "http://[::ffff:0:127.0.0.1]/a.png",
    "http://[fec0::1]/a.png",
    "http://[feff::1]/a.png",
    "http://[64:ff9b:1::7f00:1]/a.png",
    "http://[2001:0:5db8:d70e::1]/a.png",
    "http://[2001:db8::1]/a.png",
    "http://[2002:7f00:1::1]/a.png",
    "http://[5f00::1]/a.png",
    "http://[100::1]/a.png",
    "http://[ff0e::1]/a.png",
]


@pytest.mark.parametrize(
    "url", ["http://93.184.215.14/a.png", "http://[64:ff9b::5db8:d70e]/a.png", "http://[2606:2800::1]/"]
)
def test_public_addresses_are_asked(url: str) -> None:
    assert client_of(lambda request: httpx.Response(200, content=PIXEL)).download(url) == PIXEL


@pytest.mark.parametrize("path", ["a\0b", None, 7, "\ud800"])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(InvalidRequestError, match="path: "):
        client_of(lambda request: httpx.Response(200, content=PIXEL)).save("https://x.example/a.png", path)


@pytest.mark.parametrize("url", HOSTILE)
def test_addresses_of_private_networks_are_refused(url: str, tmp_path: Path) -> None:
    seen: list[httpx.URL] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(302, headers={"location": url})

    with pytest.raises(InvalidRequestError, match=r"source: .* not requested"):
        client_of(serve).save(ImageDatum(url=url), tmp_path)
    assert seen == []
    start = "http://elsewhere.example/a.png"
    with pytest.raises(MalformedResponseError, match="not requested"):
        client_of(serve).save(start, tmp_path)
    assert seen == [start]
    assert list(tmp_path.iterdir()) == []


class LooksUp(BlockingConnections):
    """Looks names up as without a transport of the caller's, though it has one."""

    async def addresses(self, host: str, seconds: float | None) -> list[str]:
        return await BlockingConnections(None).addresses(host, seconds)


def test_names_of_private_addresses_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, port: object, **more: object) -> list[object]:
        if "flags" in more:  # whether it is an address that needs no look-up
            raise OSError
        return [(None, None, None, "", (("93.184.215.14" if host != "inside.example" else "10.0.0.7"), 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=PIXEL))
    client = CCAPI("key-1", transport=transport)
    sender_of(client).connections = LooksUp(transport)
    assert client.download("https://open.example/a.png") == PIXEL
    with pytest.raises(InvalidRequestError, match="not requested"):
        client.download("https://inside.example/a.png")


def test_a_service_inside_may_hand_out_addresses_inside() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=PIXEL))
    for base_url in ("http://localhost:8765/v1", "http://10.0.0.1/v1"):
        client = CCAPI("key-1", base_url=base_url, transport=transport)
        assert client.download("http://192.168.1.1/a.png") == PIXEL


def test_the_key_does_not_follow_a_redirect_back_from_elsewhere() -> None:
    seen: list[bool] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append("authorization" in request.headers)
        if request.url.host == "elsewhere.example":
            return httpx.Response(302, headers={"location": "https://api.ccapi.ai/v1/whatever"})
        return httpx.Response(200, content=PIXEL)

    assert client_of(serve).download("https://elsewhere.example/a.png") == PIXEL
    assert seen == [False, False]


@pytest.mark.parametrize("status", [201, 202, 204])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_success_without_a_file_is_an_error(status: int, kind: str) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, stream=Cut(b"", 1))

    with pytest.raises(MalformedResponseError, match=f"status {status}"):
        fetched(serve, kind == "async")


def test_a_redirect_to_plain_http_is_refused() -> None:
    client = client_of(lambda request: httpx.Response(302, headers={"location": "http://x.example/a.png"}))
    with pytest.raises(MalformedResponseError, match="from https to http"):
        client.download("https://x.example/a.png")


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://x.example/a",
        "data:image/png;base64,AAAA",
        "//",
        "http://",
        "http://x.example:99999/",
        "http://a..b/",
        "http://xn--a/",
    ],
)
def test_a_redirect_to_no_address_of_http_is_the_service_s_error(target: str) -> None:
    client = client_of(lambda request: httpx.Response(302, headers={"location": target}))
    with pytest.raises(MalformedResponseError, match="redirect"):
        client.download("http://x.example/a.png")


def test_a_page_is_no_picture(tmp_path: Path) -> None:
    client = client_of(lambda request: httpx.Response(200, html="<html>Please log in</html>"))
    with pytest.raises(MalformedResponseError, match="a web page, not a file"):
        client.save("https://x.example/a.png", tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "kind"), [(ImageDatum(url="https://x.example/1"), "text/plain"), ("https://x.example/1", "image/png")]
)
def test_nothing_is_no_picture(tmp_path: Path, client_class: ClientClass, source: Any, kind: str) -> None:
    (tmp_path / "a.bin").write_bytes(b"old")
    service = Service(httpx.Response(200, headers={"content-type": kind}, content=b""))
    with pytest.raises(MalformedResponseError, match="an empty file"):
        service.call(client_class, lambda client: client.save(source, tmp_path / "a.bin"))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_file_of_any_kind_may_be_empty(client_class: ClientClass) -> None:
    service = Service(httpx.Response(200, headers={"content-type": "text/plain"}, content=b""))
    assert service.call(client_class, lambda client: client.download("https://x.example/1")) == b""


ERROR = b'{"error": {"message": "no such voice", "code": "bad_voice"}}'
TEXTS = [
    (ERROR, ": no such voice"),
    (b'{"error": {"code": "bad_voice"}}', ": bad_voice"),
    (b'\xef\xbb\xbf \n {"detail": "no"}', "sound or video$"),
    (b'{"error": {"message": "cut', "sound or video$"),
    (b"{}", "sound or video$"),
    (b'["no"]', "sound or video$"),
    (b"<!DOCTYPE html><title>Log in</title>", "sound or video$"),
    (b"<html lang=en>", "sound or video$"),
    (b"<?xml version='1.0'?>\n<!-- here --> <!DOCTYPE html>", "sound or video$"),
    (b"<?xml version='1.0'?>\n<Error><Code>AccessDenied</Code></Error>", "sound or video$"),
]


@pytest.mark.parametrize(("content", "told"), TEXTS)
@pytest.mark.parametrize(
    ("source", "path", "kind"),
    [
        (ImageDatum(url="https://x.example/1"), "a", None),
        (AudioSpeechResponse(url="https://x.example/1"), "a", "application/octet-stream"),
        ("https://x.example/1", "a.mp3", "application/json"),
        ("https://x.example/a.png?signature=1", "a", "application/json"),
        ("https://x.example/1", "a", "image/png"),
        ("https://x.example/1", "a", "Audio/MPEG; x=y"),
    ],
)
def test_text_is_not_saved_as_a_picture_or_a_sound(
    tmp_path: Path, client_class: ClientClass, content: bytes, told: str, source: Any, path: str, kind: str | None
) -> None:
    headers = {"content-type": kind} if kind else {}
    service = Service(httpx.Response(200, headers=headers, content=content))
    with pytest.raises(MalformedResponseError, match=f"not a picture, {told}" if "$" in told else told) as caught:
        service.call(client_class, lambda client: client.save(source, tmp_path / path))
    assert caught.value.body == content
    assert "signature" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [ERROR, b"<html>"])
def test_text_is_not_downloaded_as_a_picture_either(client_class: ClientClass, content: bytes) -> None:
    service = Service(httpx.Response(200, content=content))
    with pytest.raises(MalformedResponseError, match="not a picture"):
        service.call(client_class, lambda client: client.download(ImageDatum(url="https://x.example/1")))
    url = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    for source in (url, ImageDatum(url=url), AudioSpeechResponse(b64_json=url.partition(",")[2])):
        with pytest.raises(InvalidRequestError, match="not a picture"):
            service.call(client_class, methodcaller("download", source))


@pytest.mark.parametrize(
    ("source", "path"), [("https://x.example/1", "a.json"), ("https://x.example/a.json", "a"), ("data:,[1]", "b.txt")]
)
def test_text_may_be_saved_as_text(tmp_path: Path, client_class: ClientClass, source: str, path: str) -> None:
    service = Service(httpx.Response(200, headers={"content-type": "application/json"}, content=b"[1]"))
    assert service.call(client_class, lambda client: client.save(source, tmp_path / path)).read_bytes() == b"[1]"


@pytest.mark.parametrize(
    "content", [b"{" + bytes(9), b"[\xff" + bytes(9), b"<\x00" + bytes(9), b"<?xml version='1.0'?><svg/>"]
)
def test_a_brace_alone_does_not_make_text(client_class: ClientClass, content: bytes) -> None:
    service = Service(httpx.Response(200, content=content))  # sound without a header, a drawing
    assert service.call(client_class, lambda client: client.download(ImageDatum(url="https://x.example/1"))) == content


# Text that is not Unicode, and what is secret


HALF = "\ud800"


@pytest.mark.parametrize(
    "source",
    [
        f"data:,{HALF}",
        f"data:image/png;base64,{HALF}",
        f"https://x.example/{HALF}.png",
        f"https://{HALF}/a.png",
        f"https://x.example/a.png?{HALF}",
        f"{HALF}://x.example/",
        HALF,
        ImageDatum(url=f"data:,{HALF}"),
        ImageDatum(b64_json=HALF),
        AudioSpeechResponse(url=f"https://x.example/{HALF}"),
        MultimodalImageGenerationResponse(id=HALF, status=HALF),
    ],
)
def test_half_a_surrogate_pair_is_refused(tmp_path: Path, client_class: ClientClass, source: Any) -> None:
    service = Service(httpx.Response(200, content=PIXEL))
    for work in (lambda client: client.download(source), lambda client: client.save(source, tmp_path / "a.png")):
        with pytest.raises(InvalidRequestError, match="source: "):
            service.call(client_class, work)
    assert service.requests == []
    assert list(tmp_path.iterdir()) == []


def test_an_id_that_is_not_unicode_names_no_file(tmp_path: Path, client_class: ClientClass) -> None:
    datum = ImageDatum(b64_json=base64.b64encode(PIXEL).decode())
    job = MultimodalImageGenerationResponse(id=f"job{HALF}/..{HALF}", status="completed", data=[datum])
    assert Service(500).call(client_class, lambda client: client.save(job, tmp_path)) == [tmp_path / "job.png"]


@pytest.mark.parametrize("text", [HALF, "\udcff", "é", "\x85", "\u202e", "🦊"])
@pytest.mark.parametrize("form", ["https://x.example/{}", "data:,{}", "{}", "data:{};base64,AAAA"])
def test_any_text_is_a_source_or_an_error_of_ours(
    tmp_path: Path, client_class: ClientClass, text: str, form: str
) -> None:
    service = Service(httpx.Response(200, content=PIXEL))
    for path in (tmp_path / "a.png", tmp_path, f"{tmp_path}/{text}.png"):
        with suppress(CCAPIError):
            service.call(client_class, methodcaller("save", form.format(text), path))


@pytest.mark.parametrize(
    "source",
    [
        "https://x.example:no/a.png?sig=SECRET",
        "//x.example/a.png?sig=SECRET",
        "a?SECRET",
        "ftp://x.example/a.png?sig=SECRET",
        "data:SECRET",
        f"https://x.example/?sig=SECRET{HALF}",
        "http://127.0.0.1/a.png?sig=SECRET",
        "https://x.example/400?sig=SECRET",
        "https://x.example/302?sig=SECRET",
        "https://x.example/html?sig=SECRET",
        "https://x.example/text.png?sig=SECRET",
    ],
)
def test_no_message_shows_a_query(client_class: ClientClass, source: str) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        status = {"/400": 400, "/302": 302}.get(request.url.path, 200)
        kind = "text/html" if request.url.path == "/html" else "text/plain"
        target = "http://127.0.0.1/?sig=SECRET"
        return httpx.Response(status, headers={"location": target, "content-type": kind}, content=b"{}")

    service = Service(200)
    service.respond = respond  # type: ignore[method-assign]
    with pytest.raises(CCAPIError) as caught:
        service.call(client_class, lambda client: client.download(source))
    assert "SECRET" not in str(caught.value)


def test_a_part_shows_no_query() -> None:
    (part,) = parts_of("https://x.example/a.png?sig=SECRET")
    assert "SECRET" not in repr(part)


# Downloads that break off


class Store:
    """A server of one file that gives a few bytes at a time, and what it was asked."""

    def __init__(self, content: bytes, *, cut_after: int, headers: dict[str, str] | None = None) -> None:
        self.content, self.cut_after, self.headers = content, cut_after, headers or {}
        self.asked: list[tuple[str | None, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        wanted = request.headers.get("range")
        self.asked.append((wanted, request.headers.get("if-range")))
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        status, headers = 200, {"content-length": str(len(self.content) - start), **self.headers}
        if wanted:
            status = 206
            headers["content-range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        return httpx.Response(status, headers=raw, stream=Cut(self.content[start:], self.cut_after))


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, content: bytes, after: int) -> None:
        self.content, self.after = content, after

    def __iter__(self) -> Iterator[bytes]:
        yield self.content[: self.after]
        if len(self.content) > self.after:
            raise httpx.ReadError("cut")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


CONTENT = PIXEL + bytes(range(200))


def fetched(store: Callable[[httpx.Request], httpx.Response], is_async: bool = False, **options: Any) -> bytes:
    """The content, by one of the clients."""

    async def no_sleep(seconds: float) -> None: ...

    if not is_async:
        client = client_of(store).with_options(**options)
        sender_of(client).sleep = no_sleep
        return client.download("https://x.example/a.png")

    async def asynchronous() -> bytes:
        async with AsyncCCAPI("key-1", transport=httpx.MockTransport(store)) as client:
            sender_of(client).sleep = no_sleep
            return await client.with_options(**options).download("https://x.example/a.png")

    return anyio.run(asynchronous)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"etag": '"v1"'}, '"v1"'),
        ({"etag": 'W/"v1"', "last-modified": "Sun, 22 Nov 2026 10:00:00 GMT"}, None),
        ({"etag": '"é"'}, None),  # which can't be sent
        ({"etag": '"\x7f"'}, None),
    ],
)
def test_a_download_is_taken_up_where_it_broke_off(
    headers: dict[str, str], validator: str | None, is_async: bool
) -> None:
    store = Store(CONTENT, cut_after=150, headers=headers)
    assert fetched(store, is_async) == CONTENT
    assert store.asked == [(None, None), ("bytes=86-", validator), ("bytes=172-", validator)]


@pytest.mark.parametrize("is_async", [False, True])
def test_without_an_etag_the_end_of_what_has_come_has_to_come_again(is_async: bool) -> None:
    store = Store(CONTENT, cut_after=150)
    assert fetched(store, is_async) == CONTENT
    assert store.asked == [(None, None), ("bytes=86-", None), ("bytes=172-", None)]

    def serve(request: httpx.Request) -> httpx.Response:
        another = CONTENT[::-1] if "range" in request.headers else CONTENT  # of the same length
        return Store(another, cut_after=150)(request)

    with pytest.raises(MalformedResponseError, match="has changed"):
        fetched(serve, is_async)


def test_a_part_of_another_version_is_refused() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        tag = '"v2"' if "range" in request.headers else '"v1"'
        return Store(CONTENT, cut_after=100, headers={"etag": tag})(request)

    with pytest.raises(MalformedResponseError, match="another file"):
        fetched(serve)


def test_a_resumed_download_is_told_and_bounded_in_time() -> None:
    events: list[RetryEvent] = []
    assert fetched(Store(CONTENT, cut_after=150), on_retry=events.append) == CONTENT
    assert [(event.attempt, event.path) for event in events] == [(1, "/a.png"), (2, "/a.png")]
    with pytest.raises(APIConnectionError):
        fetched(Store(CONTENT, cut_after=100, headers={"etag": '"1"'}), retry=RetryPolicy(max_elapsed=0))


@pytest.mark.parametrize("is_async", [False, True])
def test_a_download_that_breaks_off_too_often_is_an_error(is_async: bool) -> None:
    store = Store(CONTENT, cut_after=10)
    with pytest.raises(APIConnectionError, match="cut"):
        fetched(store, is_async, retry=RetryPolicy(max_attempts=3))
    assert len(store.asked) == 3


def test_a_file_that_is_given_anew_replaces_what_had_come() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if "range" in request.headers:  # it has changed meanwhile
            return httpx.Response(200, content=b"new" * 100)
        return Store(CONTENT, cut_after=100, headers={"etag": '"v1"'})(request)

    assert fetched(serve) == b"new" * 100


def test_a_file_of_unknown_length_is_asked_for_anew() -> None:
    asked = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("range"))
        return httpx.Response(200, stream=Cut(CONTENT, 100 if len(asked) == 1 else 1000))

    assert fetched(serve) == CONTENT
    assert asked == [None, None]


@pytest.mark.parametrize("content_range", ["bytes 50-259/260", "bytes 100-259/999", "bytes 100-259/*", "nonsense", ""])
def test_another_part_than_the_missing_one_is_refused(content_range: str) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if "range" in request.headers:
            return httpx.Response(206, headers={"content-range": content_range}, content=b"x" * 160)
        return Store(CONTENT, cut_after=100)(request)

    with pytest.raises(MalformedResponseError, match="part"):
        fetched(serve)


def test_the_declared_length_has_to_come() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-length": "1000"}, stream=Cut(CONTENT, 999))

    with pytest.raises(APIConnectionError, match="of 1000 bytes"):
        fetched(serve)
    with pytest.raises(MalformedResponseError, match="were declared"):
        fetched(lambda request: httpx.Response(200, headers={"content-length": "10"}, stream=Cut(CONTENT, 999)))
    with pytest.raises(MalformedResponseError, match="max_bytes"):
        fetched(lambda request: httpx.Response(200, headers={"content-length": str(10**12)}, stream=Cut(b"", 1)))


# Real sockets, and what it costs


class Large(http.server.BaseHTTPRequestHandler):
    """Serves files of /N MiB; the first time, cuts them in the middle; /endless never ends."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        mib = bytes(1024 * 1024)
        if self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            with suppress(OSError):
                while True:
                    self.wfile.write(mib)
        size, wanted = int(self.path[1:]), self.headers.get("range")
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(size * len(mib) - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{size * len(mib) - 1}/{size * len(mib)}")
        self.end_headers()
        left = size * len(mib) - start
        while left > 0:
            self.wfile.write(mib[: min(len(mib), left)])
            left -= len(mib)
            if not wanted and left <= size * len(mib) // 2:
                self.close_connection = True
                return

    def log_message(self, format: str, *arguments: object) -> None: ...


@pytest.fixture
def large() -> Iterator[str]:
    Large.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Large) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_body_without_end_is_left(large: str, tmp_path: Path) -> None:
    with CCAPI("key-1", base_url=large) as client, pytest.raises(MalformedResponseError, match="max_bytes"):
        client.save(f"{large}/endless", tmp_path / "a", max_bytes=3_000_000)
    assert list(tmp_path.iterdir()) == []


MEASURE = """
import asyncio, resource, sys
from ccapi_client import CCAPI, AsyncCCAPI
url, folder, kind = sys.argv[1:]

async def asynchronous(size):
    async with AsyncCCAPI("key-1", base_url=url) as client:
        return await client.save(f"{url}/{size}", f"{folder}/{size}.bin")

def save(size):
    if kind == "async":
        return asyncio.run(asynchronous(size))
    with CCAPI("key-1", base_url=url) as client:
        return client.save(f"{url}/{size}", f"{folder}/{size}.bin")

save(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
save(100)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_large_file_takes_little_memory_and_survives_a_cut(large: str, tmp_path: Path, kind: str) -> None:
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, large, str(tmp_path), kind], check=True, capture_output=True, text=True
    )
    assert (tmp_path / "100.bin").stat().st_size == 100 * 1024 * 1024
    assert len(Large.asked) == 3
    assert int(measured.stdout) < 30_000_000


def test_a_large_picture_in_base64_is_decoded_without_a_second_copy(tmp_path: Path) -> None:
    datum = ImageDatum(b64_json=base64.b64encode(PIXEL[:60] * 200_000).decode())
    client = client_of(lambda request: httpx.Response(500))
    tracemalloc.start()
    path = client.save(datum, tmp_path / "a")
    saving = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    content = client.download(datum)
    holding = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.read_bytes() == content == PIXEL[:60] * 200_000
    assert saving < len(content) / 2
    assert holding < len(content) * 1.6
