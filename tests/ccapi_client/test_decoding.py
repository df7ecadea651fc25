"""Compressed bodies, cut into pieces anywhere: what httpx unpacks too, which is what the other carriers go by."""

import gzip
import zlib
from collections.abc import Callable

import httpx
import pytest
from ccapi_client._http.decoding import Decoder
from ccapi_client._http.wire import Kind, TransportError
from hypothesis import given
from hypothesis import strategies as st


def bare_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    " GZip ": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
    "br": bytes,
    "": bytes,
    "gzip, deflate": lambda content: zlib.compress(gzip.compress(content)),
    "deflate,identity,gzip": lambda content: gzip.compress(zlib.compress(content)),
    "gzip, unheard-of": gzip.compress,
}


def unpacked(codings: str, pieces: list[bytes]) -> bytes:
    decoder = Decoder(codings)
    return b"".join([*(decoder.feed(piece) for piece in pieces), decoder.rest()])


def cut(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@given(st.sampled_from(sorted(PACKED)), st.binary(max_size=300), st.integers(1, 400))
def test_every_coding_that_is_asked_for(codings: str, content: bytes, size: int) -> None:
    assert unpacked(codings, cut(PACKED[codings](content), size)) == content


@given(st.binary(max_size=300), st.integers(2, 400))
def test_deflate_without_its_header(content: bytes, size: int) -> None:
    assert unpacked("deflate", cut(bare_deflate(content), size)) == content


@pytest.mark.parametrize("codings", ["gzip", "deflate", "gzip, deflate"])
@pytest.mark.parametrize("content", [b"not packed", b"\x1f\x8b\x08 but not on", b"\x00" * 40])
def test_what_is_not_in_its_coding(codings: str, content: bytes) -> None:
    with pytest.raises(TransportError) as caught:
        unpacked(codings, [content])
    assert caught.value.kind is Kind.ENCODING


@pytest.mark.parametrize("codings", ["gzip", "deflate"])
def test_nothing_at_all_is_nothing(codings: str) -> None:
    assert unpacked(codings, []) == b""
    assert unpacked(codings, [b""]) == b""


@given(st.sampled_from(["gzip", "deflate", "x-gzip", "gzip, deflate", "br"]), st.binary(max_size=60), st.booleans())
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
    assert ours == theirs


def test_a_large_body_is_given_as_it_comes() -> None:
    packed = gzip.compress(bytes(10_000_000))
    decoder = Decoder("gzip")
    assert sum(len(decoder.feed(piece)) for piece in cut(packed, 1000)) == 10_000_000
