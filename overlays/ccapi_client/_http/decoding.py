"""Unpacks a compressed body as it comes (RFC 9110, section 8.4.1), for a carrier that does not. No I/O."""

from __future__ import annotations

import zlib

from .wire import Kind, TransportError

_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class Decoder:
    """A body in the codings that the client asks for, the last one applied first; any other is passed on as it is."""

    def __init__(self, codings: str) -> None:
        names = [coding.strip().lower() for coding in codings.split(",")]
        self._layers = [_Layer(name) for name in reversed(names) if name in _WINDOWS]

    def feed(self, piece: bytes) -> bytes:
        """What the next piece holds.

        Raises:
            TransportError: It is not in that coding.
        """
        for layer in self._layers:
            piece = layer.feed(piece)
        return piece

    def rest(self) -> bytes:
        """What was held back until the end.

        Raises:
            TransportError: It is not in that coding.
        """
        piece = b""
        for layer in self._layers:
            piece = layer.feed(piece) + layer.rest()
        return piece


class _Layer:
    def __init__(self, coding: str) -> None:
        self._unpack = zlib.decompressobj(_WINDOWS[coding])
        self._may_lack_header = coding == "deflate"  # some servers send it without the header that belongs to it

    def feed(self, piece: bytes) -> bytes:
        may_lack_header, self._may_lack_header = self._may_lack_header, self._may_lack_header and not piece
        try:
            return self._unpack.decompress(piece)
        except zlib.error as error:
            if may_lack_header:
                self._unpack = zlib.decompressobj(-zlib.MAX_WBITS)
                return self.feed(piece)
            raise TransportError(Kind.ENCODING, str(error)) from error

    def rest(self) -> bytes:
        try:
            return self._unpack.flush()
        except zlib.error as error:
            raise TransportError(Kind.ENCODING, str(error)) from error
