"""The catalog operations: models and providers, filtered, sorted and paged."""

from __future__ import annotations

from . import catalog
from .errors import ApiError
from .gateway import Answer, Call, Gateway

SORTABLE = ("id", "created", "owned_by")


async def list_models(gateway: Gateway, call: Call) -> Answer:
    """`listModels`."""
    query = call.query
    entries = [
        entry
        for entry in catalog.model_entries()
        if query.get("provider") in (None, entry["owned_by"]) and query.get("type") in (None, entry["ccapi"]["type"])
    ]
    sort = query.get("sort")
    if sort is not None:
        if sort not in SORTABLE:
            raise ApiError.bad_request(f"sort: {sort!r} is not one of {', '.join(SORTABLE)}", field="sort")
        entries.sort(key=lambda entry: entry[sort])
    if query.get("order") == "desc":
        entries.reverse()
    start = query.get("offset", 0)
    return Answer({"object": "list", "data": entries[start:][: query.get("limit")]})


async def get_model(gateway: Gateway, call: Call) -> Answer:
    """`getModel`."""
    found = catalog.find(catalog.Model, call.path["id"])
    for entry in catalog.model_entries():
        if found and entry["id"] == found.id:
            return Answer(entry)
    raise ApiError.not_found(f"There is no model {call.path['id'][:100]!r}; there are {catalog.names(catalog.Model)}.")


async def list_providers(gateway: Gateway, call: Call) -> Answer:
    """`listProviders`."""
    return Answer({"object": "list", "data": [catalog.provider_entry(name) for name in catalog.PROVIDERS]})


async def get_provider(gateway: Gateway, call: Call) -> Answer:
    """`getProvider`."""
    name = call.path["name"]
    if name not in catalog.PROVIDERS:
        raise ApiError.not_found(f"There is no provider {name!r}.")
    models = [entry for entry in catalog.model_entries() if entry["owned_by"] == name]
    return Answer({"provider": catalog.provider_entry(name), "models": models})
