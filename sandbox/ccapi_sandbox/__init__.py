"""A local CCAPI gateway to develop and test against: no network, no key, no bill.

```python
import ccapi_sandbox
from ccapi_client import CCAPI

with ccapi_sandbox.running() as sandbox, CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
    print(client.list_models().data)
```
"""

from typing import TYPE_CHECKING

from .installing import how_to_install

if TYPE_CHECKING:
    from .server import Received, Reply, Sandbox, ToolCall, running

__all__ = ["Received", "Reply", "Sandbox", "ToolCall", "running"]


def __getattr__(name: str) -> object:
    # Imported on first use: pytest loads this package's plugin in every run, even if the extra is not installed.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from . import server
    except ModuleNotFoundError as error:  # one of the extra's packages
        raise ModuleNotFoundError(f"{error}: the sandbox needs `{how_to_install('sandbox')}`") from None
    return getattr(server, name)
