"""A local CCAPI gateway to develop and test against: no network, no key, no bill.

```python
import ccapi_sandbox
from ccapi_client import CCAPI

with ccapi_sandbox.running() as sandbox, CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
    print(client.list_models().data)
```
"""

try:
    from .server import Sandbox, running
except ModuleNotFoundError as error:  # one of the extra's packages
    raise ModuleNotFoundError(f"{error}: the sandbox needs `pip install 'ccapi-client[sandbox]'`") from None

__all__ = ["Sandbox", "running"]
