"""What reads requests from connections: uvicorn's choice, with a limit on the head of a request.

h11 has such a limit. httptools, which is quicker and taken where it is installed, has none.
"""

from __future__ import annotations

import importlib.util
from typing import Any

MAX_HEAD = 64 * 1024
"""The longest head of a request, its URL and all headers, in bytes. h11 has the same limit."""


def protocol() -> Any:
    """The protocol for uvicorn, by its setting `http`."""
    if importlib.util.find_spec("httptools") is None:
        return "h11"
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Limited(HttpToolsProtocol):
        _length, _is_complete = 0, True  # of the head

        def on_message_begin(self) -> None:
            self._length = 0
            self._is_complete = False
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self._is_complete = True
            super().on_headers_complete()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._length += len(data)
            if not self._is_complete and self._length > MAX_HEAD and not self.transport.is_closing():
                self.send_400_response(f"The head of the request has more than {MAX_HEAD} bytes.")

    return Limited
