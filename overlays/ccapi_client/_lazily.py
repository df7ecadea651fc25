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

    from ._files import pixels as pixels  # noqa: PLC0414
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
