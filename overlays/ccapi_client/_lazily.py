"""Modules that are imported on first use, because they take a while to import and not every program needs them.

`from ._lazily import anyio` rather than `import anyio`; type checkers see the module itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio as asyncio  # noqa: PLC0414 - passed on

    import anyio as anyio  # noqa: PLC0414
    import anyio.lowlevel as _lowlevel  # noqa: F401 - so that type checkers know anyio.lowlevel
    import anyio.to_thread as _to_thread  # noqa: F401

    from ._chat import plain as _plain_streams
    from ._files import pixels as pixels  # noqa: PLC0414
    from ._http import plain as _plain_calls
    from ._jobs import many as many  # noqa: PLC0414
    from ._jobs import one as one  # noqa: PLC0414

    plain_calls, plain_streams = _plain_calls, _plain_streams
else:

    class _Lazy:
        def __init__(self, *names: str) -> None:
            self._names = names

        def __getattr__(self, attribute: str) -> Any:
            module, *_ = [import_module(name) for name in self._names]
            found = getattr(module, attribute)
            setattr(self, attribute, found)
            return found

    anyio = _Lazy("anyio", "anyio.lowlevel", "anyio.to_thread")
    asyncio = _Lazy("asyncio")
    pixels = _Lazy("ccapi_client._files.pixels")
    plain_calls, plain_streams = _Lazy("ccapi_client._http.plain"), _Lazy("ccapi_client._chat.plain")
    many, one = _Lazy("ccapi_client._jobs.many"), _Lazy("ccapi_client._jobs.one")
