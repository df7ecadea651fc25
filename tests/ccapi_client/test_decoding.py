"""Compressed bodies, cut into pieces anywhere: what httpx unpacks too, which is what the other carriers go by."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import httpx
import pytest
from ccapi_client import Timeout
from ccapi_client._http.address import parse
from ccapi_client._http.blocking import run
from ccapi_client._http.decoding import PIECE, Decoder, unpack
from ccapi_client._http.wire import Headers, Kind, Request, Response, TransportError
from hypothesis import given
from hypothesis import strategies as st


def bare_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    " GZip ": gzip.compress,
    "deflate": zlib.compress,
    "x-gzip": gzip.compress,
    "identity": bytes,
    "": bytes,
    "gzip, identity": gzip.compress,
    "identity, gzip": lambda content: gzip.compress(content[:3]) + gzip.compress(content[3:]),
}


class Pieces:
    """The body of a response, in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = iter(pieces)

    async def piece(self) -> bytes | None:
        return next(self.pieces, None)

    async def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


def unpacked(codings: str, pieces: list[bytes], accepted: str = "gzip, deflate") -> bytes:
    request = Request("GET", parse("http://h/"), {"accept-encoding": accepted}, None, Timeout())
    response = Response(request, 200, Headers([(b"Content-Encoding", codings.encode())]), Pieces(pieces))
    unpack(response)
    found = []
    while (piece := run(response.body.piece())) is not None:
        assert 0 < len(piece) <= PIECE or not codings.strip(), "no more at once, and no empty ones"
        found.append(piece)
    return b"".join(found)


def cut(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@given(st.sampled_from(sorted(PACKED)), st.binary(max_size=300), st.integers(1, 400))
def test_every_coding_that_is_asked_for(codings: str, content: bytes, size: int) -> None:
    assert unpacked(codings, cut(PACKED[codings](content), size)) == content


@given(st.binary(max_size=300), st.integers(1, 400))
def test_deflate_without_its_header(content: bytes, size: int) -> None:
    assert unpacked("deflate", cut(bare_deflate(content), size)) == content


@pytest.mark.parametrize("codings", ["gzip", "deflate"])
@pytest.mark.parametrize("content", [b"not packed", b"\x1f\x8b\x08 but not on", b"\x00" * 40])
def test_what_is_not_in_its_coding(codings: str, content: bytes) -> None:
    with pytest.raises(TransportError) as caught:
        unpacked(codings, [content])
    assert caught.value.kind is Kind.ENCODING


@pytest.mark.parametrize("codings", ["gzip", "deflate"])
def test_nothing_at_all_is_nothing(codings: str) -> None:
    assert unpacked(codings, []) == b""
    assert unpacked(codings, [b""]) == b""


@given(st.sampled_from(["gzip", "deflate"]), st.binary(max_size=60), st.booleans())
def test_httpx_agrees(codings: str, content: bytes, is_packed: bool) -> None:
    content = PACKED.get(codings, bytes)(content) if is_packed else content
    pieces = cut(content, 7)
    try:
        ours: object = unpacked(codings, pieces)
    except TransportError as error:
        ours = error.kind
    stream = httpx.Response(200, headers={"content-encoding": codings}, content=iter(pieces))
    try:
        theirs: object = stream.read()
    except httpx.DecodingError:
        theirs = Kind.ENCODING
    assert ours == theirs or (ours is Kind.ENCODING and not is_packed), "httpx takes what is cut for whole"


@pytest.mark.parametrize("codings", ["gzip", "deflate"])
def test_what_is_cut(codings: str) -> None:
    packed = PACKED[codings](b"some content")
    for length in range(1, len(packed) - 1):
        with pytest.raises(TransportError) as caught:
            unpacked(codings, [packed[:length]])
        assert caught.value.kind is Kind.ENCODING


@pytest.mark.parametrize(
    ("codings", "accepted"),
    [
        ("gzip, gzip", "gzip, deflate"),
        ("gzip, deflate, gzip", "gzip, deflate"),
        ("br", "gzip, deflate"),
        ("unheard-of", "unheard-of"),
        ("gzip", "identity"),
        ("deflate", "gzip"),
    ],
)
def test_one_coding_of_those_asked_for_and_no_other(codings: str, accepted: str) -> None:
    with pytest.raises(TransportError, match="was not requested") as caught:
        unpacked(codings, [b"whatever"], accepted)
    assert caught.value.kind is Kind.ENCODING


def test_what_is_small_and_unpacks_to_much_is_unpacked_a_little_at_a_time() -> None:
    packed = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        decoder = Decoder("gzip")
        assert sum(len(piece) for piece in decoder.feed(packed)) + len(decoder.finish()) == 50_000_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
