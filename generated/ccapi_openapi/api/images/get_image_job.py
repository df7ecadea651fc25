from typing import Any
from urllib.parse import quote


def _get_kwargs(
    id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/images/jobs/{id}".format(
            id=quote(str(id), safe=""),
        ),
    }

    return _kwargs
