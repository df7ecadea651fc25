"""Saving: what stays of a file that is replaced, what is refused, and what a killed process leaves."""

import base64
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from operator import methodcaller
from pathlib import Path
from typing import Any

import httpx
import pytest
from ccapi_client import InvalidRequestError
from ccapi_client._files.drafts import draft, remove_abandoned
from ccapi_client._files.save import AnyPath
from ccapi_client.models import ImageDatum, MultimodalImageGenerationResponse

from ..scripted import ClientClass, Service
from .test_files import PIXEL

URL = "https://x.example/a"
WAV = b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 100
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 100


def saved(client_class: ClientClass, path: AnyPath, content: bytes = PIXEL, source: Any = URL) -> tuple[Any, int]:
    """What `save` returns, and how many requests it took."""
    service = Service(httpx.Response(200, content=content))
    return service.call(client_class, lambda client: client.save(source, path)), len(service.requests)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


# What stays


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
@pytest.mark.parametrize("name", ["a.png", "a"])
def test_a_file_that_is_replaced_keeps_its_permissions(
    tmp_path: Path, client_class: ClientClass, mode: int, name: str
) -> None:
    target = tmp_path / "a.png"
    target.touch()
    target.chmod(mode)
    assert saved(client_class, tmp_path / name) == (target, 1)
    assert (mode_of(target), target.read_bytes()) == (mode, PIXEL)


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path, client_class: ClientClass) -> None:
    before = os.umask(0o027)
    try:
        for path in (tmp_path / "a.png", tmp_path / "a", f"{tmp_path / 'in'}/"):
            assert mode_of(saved(client_class, path)[0]) == 0o640
    finally:
        os.umask(before)


def test_a_draft_is_never_readable_by_more_people_than_its_target(tmp_path: Path, client_class: ClientClass) -> None:
    target = tmp_path / "a.png"
    seen: list[int] = []
    target.touch()
    target.chmod(0o600)

    def watch() -> Iterator[bytes]:
        seen.extend(mode_of(each) for each in tmp_path.iterdir())
        yield PIXEL

    async def watch_async() -> Any:
        for piece in watch():
            yield piece

    body: Any = watch() if client_class.__name__ == "CCAPI" else watch_async()
    Service(httpx.Response(200, content=body)).call(client_class, lambda client: client.save(URL, target))
    assert seen == [0o600, 0o600]


def test_a_file_that_is_replaced_keeps_its_owner(tmp_path: Path, client_class: ClientClass) -> None:
    target = tmp_path / "a.png"
    target.touch()
    owner = (1234, 2345) if os.geteuid() == 0 else (os.geteuid(), os.getegid())  # only root can give a file away
    os.chown(target, *owner)
    target.chmod(0o600)
    saved(client_class, target)
    assert (target.stat().st_uid, target.stat().st_gid, mode_of(target)) == (*owner, 0o600)


def test_a_link_stays_and_the_file_that_it_leads_to_is_replaced(tmp_path: Path, client_class: ClientClass) -> None:
    (tmp_path / "elsewhere").mkdir()
    real, link = tmp_path / "elsewhere" / "real.png", tmp_path / "link.png"
    link.symlink_to(real)
    for _ in ("the file is not there yet", "it is"):
        assert saved(client_class, link)[0] == link
        assert (link.is_symlink(), real.is_symlink(), real.read_bytes()) == (True, False, PIXEL)
        real.write_bytes(b"old")
        real.chmod(0o600)
    assert mode_of(real) == 0o600
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["elsewhere", "link.png", "real.png"]


# What is refused


def test_a_read_only_file_is_refused_before_anything_is_downloaded(tmp_path: Path, client_class: ClientClass) -> None:
    target = tmp_path / "a-1.png"
    target.write_bytes(b"precious")
    target.chmod(0o444)
    (tmp_path / "link.png").symlink_to(target)
    two = MultimodalImageGenerationResponse(
        id="job-1", status="completed", data=[ImageDatum(url=URL), ImageDatum(url=URL)]
    )
    for path, source in ((target, URL), (tmp_path / "link.png", URL), (tmp_path / "a.png", two)):
        service = Service(httpx.Response(200, content=PIXEL))
        with pytest.raises(PermissionError, match=r"read-only.*(a-1|link)\.png"):
            service.call(client_class, methodcaller("save", source, path))
        assert service.requests == []
    with pytest.raises(PermissionError, match="read-only"):
        saved(client_class, tmp_path / "a-1")  # which name it gets is known only afterwards
    assert target.read_bytes() == b"precious"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a-1.png", "link.png"]


def test_a_file_that_only_begins_with_the_name_is_nobody_s_business(tmp_path: Path, client_class: ClientClass) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "a").chmod(0o400)
    assert saved(client_class, tmp_path / "a")[0] == tmp_path / "a.png"
    assert mode_of(tmp_path / "a.png") != 0o400


def test_a_device_is_not_replaced(tmp_path: Path, client_class: ClientClass) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InvalidRequestError, match=r"path: .*pipe.png is not a file that can be replaced"):
        saved(client_class, tmp_path / "pipe.png")
    assert [each.name for each in tmp_path.iterdir()] == ["pipe.png"]


def test_a_loop_of_links_is_refused(tmp_path: Path, client_class: ClientClass) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(OSError, match="symbolic links"):
        saved(client_class, tmp_path / "a.png")


# Drafts


SAVING = """
import sys, httpx
from ccapi_client import CCAPI

class Stalled(httpx.SyncByteStream):
    def __iter__(self):
        yield b"begun"
        print("saving", flush=True)
        sys.stdin.read()
        yield b" and done"

transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Stalled()))
print(CCAPI("key-1", transport=transport).save("https://x.example/a", sys.argv[1]))
"""


@contextmanager
def saving(path: AnyPath) -> Iterator[subprocess.Popen[str]]:
    """Another process that is in the middle of saving."""
    command = [sys.executable, "-c", SAVING, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "saving\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["a.png", "a", "n" * 251 + ".png", "ü[*]" * 30 + ".png", ""])
def test_what_a_killed_process_left_is_removed_by_the_next_save(
    tmp_path: Path, client_class: ClientClass, name: str
) -> None:
    with saving(f"{tmp_path}/{name}") as process:
        assert [each.suffix for each in tmp_path.iterdir()] == [".part"]
        process.kill()
    assert len(list(tmp_path.iterdir())) == 1
    path, _ = saved(client_class, f"{tmp_path}/{name}")
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_living_process_writes_is_left_to_it(tmp_path: Path, client_class: ClientClass) -> None:
    target = tmp_path / "a.png"
    with saving(target) as first, saving(target) as second:
        for _ in range(2):
            saved(client_class, target)
            assert target.read_bytes() == PIXEL
        assert len(list(tmp_path.iterdir())) == 3
        for process in (first, second):
            assert process.communicate()[0] == f"{target}\n"
            assert target.read_bytes() == b"begun and done"
    assert list(tmp_path.iterdir()) == [target]


def test_other_files_are_no_drafts_of_this_name(tmp_path: Path, client_class: ClientClass) -> None:
    names = [".a.png.part", ".a.png.0.part", f".b.png.{'0' * 32}.part", f"a.png.{'0' * 32}.part", ".a.png"]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / f".a.png.{'1' * 32}.part").symlink_to(tmp_path / ".a.png")
    (tmp_path / f".a.png.{'2' * 32}.part").mkdir()
    saved(client_class, tmp_path / "a.png")
    assert len(list(tmp_path.iterdir())) == len(names) + 3


def test_no_pattern_is_made_for_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    abandoned = tmp_path / f".a.png.{'3' * 32}.part"
    abandoned.touch()
    monkeypatch.setattr("re.compile", None)  # Python keeps 512 of them, for the whole program
    remove_abandoned(tmp_path, "b.png")
    assert abandoned.exists()
    remove_abandoned(tmp_path, "a.png")
    assert not abandoned.exists()


def test_a_draft_that_was_removed_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def open_and_lose(path: str, flags: int, mode: int = 0o777, *, really: Any = os.open) -> int:
        descriptor: int = really(path, flags, mode)
        opened.append(Path(path))
        if len(opened) == 1:
            remove_abandoned(tmp_path, "a.png")
        return descriptor

    monkeypatch.setattr(os, "open", open_and_lose)
    with draft(tmp_path, "a.png", 0o666) as made:
        assert [each.exists() for each in opened] == [False, True]
        assert made.path == opened[1]
        remove_abandoned(tmp_path, "a.png")
        assert made.path.exists()


# What the name says


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("y.png", WEBP, "image/webp"),
        ("hello.mp3", WAV, "audio/wav"),
        ("y.PNG", PIXEL, None),
        ("y.jpeg", b"\xff\xd8\xff\xe0", None),
        ("y.tif", b"II*\0", None),
        ("y.opus", b"OggS\0\2", None),
        ("y", WEBP, None),
        ("y.tmp", WEBP, None),
        ("y.png", b"what is this", None),
    ],
)
def test_a_name_that_says_something_else_stays_and_is_logged(
    tmp_path: Path,
    client_class: ClientClass,
    caplog: pytest.LogCaptureFixture,
    name: str,
    content: bytes,
    kind: str | None,
) -> None:
    path, _ = saved(client_class, tmp_path / name, content)
    assert path.stem == "hello" if name == "hello.mp3" else path.stem == "y"
    assert path.suffix in (Path(name).suffix, ".webp")
    told = [f"the content of {tmp_path / name} is {kind}"] if kind else []
    found = [each for each in caplog.records if each.name == "ccapi_client"]
    assert [each.getMessage() for each in found] == told
    assert all(each.levelno == logging.WARNING for each in found)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize("name", ["", "a.png", "b"])
def test_text_in_base64_is_not_saved_as_a_picture(tmp_path: Path, client_class: ClientClass, name: str) -> None:
    document = b'{"error": {"message": "no such voice"}}'
    with pytest.raises(InvalidRequestError, match=r"source: .*not a picture, sound or video: no such voice"):
        saved(client_class, f"{tmp_path}/{name}", source=ImageDatum(b64_json=encoded(document)))
    assert list(tmp_path.iterdir()) == []
