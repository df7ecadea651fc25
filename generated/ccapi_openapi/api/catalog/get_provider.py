from typing import Any
from urllib.parse import quote


def _get_kwargs(
    name: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/providers/{name}".format(
            name=quote(str(name), safe=""),
        ),
    }

    return _kwargs
