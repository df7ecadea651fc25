"""From a request that was checked to its response, once for each `Idempotency-Key` if the setting says so."""

from __future__ import annotations

import asyncio

from . import scripted
from .contract import Operation
from .gateway import Answer, Call, Gateway, Handler
from .ledger import Entry


async def executed(gateway: Gateway, operation: Operation, call: Call, entry: Entry, handler: Handler) -> Answer:
    """The response to a request: a scripted one, the first one with its key, or the handler's. The ledger has it.

    Raises:
        ApiError: As the handler, and as `Keys.answer`.
    """
    is_post, settings = operation.method == "POST", gateway.settings

    async def execute() -> Answer:
        await asyncio.sleep(settings.delay_before if is_post else 0)
        answer = await scripted.respond(gateway, operation.id, call, entry.idempotency_key, handler)
        entry.executed, entry.billed = answer.is_executed, answer.cost
        gateway.limits.pay(answer.cost)
        return answer

    request = [entry.path, call.body] if is_post else None
    answer = await gateway.keys.answer(entry.idempotency_key if is_post else None, request, execute)
    entry.model = answer.document.get("model") if isinstance(answer.document, dict) else None
    if is_post and answer.is_executed:
        await asyncio.sleep(settings.delay_after)
    return answer
