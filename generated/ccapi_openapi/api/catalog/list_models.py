from typing import Any

from ...models.list_models_order import ListModelsOrder
from ...types import UNSET, Unset


def _get_kwargs(
    *,
    provider: str | Unset = UNSET,
    type_: str | Unset = UNSET,
    sort: str | Unset = UNSET,
    order: ListModelsOrder | Unset = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["provider"] = provider

    params["type"] = type_

    params["sort"] = sort

    json_order: str | Unset = UNSET
    if not isinstance(order, Unset):
        json_order = order

    params["order"] = json_order

    params["limit"] = limit

    params["offset"] = offset

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/models",
        "params": params,
    }

    return _kwargs
