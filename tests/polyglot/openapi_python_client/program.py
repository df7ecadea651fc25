"""The calls of the polyglot session by the client that openapi-python-client makes by its own templates."""

# The client is generated when the session runs, so type checkers can't see it.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false

import os
import sys
import time
from pathlib import Path

import httpx
from ccapi_stock import AuthenticatedClient, models
from ccapi_stock.api.catalog import list_models
from ccapi_stock.api.chat import create_chat_completion
from ccapi_stock.api.images import generate_images, get_image_job

with AuthenticatedClient(os.environ["CCAPI_BASE_URL"], token=os.environ["CCAPI_API_KEY"]) as client:
    print(len(list_models.sync(client=client).data), "models")

    parts = [models.ChatContentPart(type_="text", text="And a lake.")]
    messages = [models.ChatMessage(role="user", content=content) for content in ("Name a river.", parts)]
    body = models.ChatCompletionRequest(model="openai/gpt-4o-mini", messages=messages)
    chat = create_chat_completion.sync(client=client, body=body)
    print(chat.choices[0].message.content)

    contents = [models.MultimodalInputContent(text="a lighthouse in a storm")]
    body = models.MultimodalImageGenerationRequest(model="imaginepro/nano-banana", contents=contents)
    job = generate_images.sync(client=client, body=body, idempotency_key="polyglot-openapi-python-client")
    for _ in range(100):
        if job.status == "completed":
            break
        time.sleep(0.2)
        job = get_image_job.sync(job.id, client=client)
    else:
        raise SystemExit(f"the job is {job.status}")
    Path(sys.argv[1]).write_bytes(httpx.get(job.data[0].url).content)
