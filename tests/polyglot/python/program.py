"""The calls of the polyglot session by openapi-generator's Python client."""

# The client is generated when the session runs, so type checkers can't see it.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false, reportOptionalSubscript=false

import os
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import openapi_client as ccapi

configuration = ccapi.Configuration(host=os.environ["CCAPI_BASE_URL"], access_token=os.environ["CCAPI_API_KEY"])
with ccapi.ApiClient(configuration) as client:
    print(len(ccapi.CatalogApi(client).list_models().data), "models")
    part = ccapi.ChatContentPart(type="text", text="And a lake.")
    messages = [ccapi.ChatMessage(role="user", content=content) for content in ("Name a river.", [part.to_dict()])]
    chat = ccapi.ChatApi(client).create_chat_completion(
        ccapi.ChatCompletionRequest(model="openai/gpt-4o-mini", messages=messages)
    )
    print(chat.choices[0].message.content)

    images = ccapi.ImagesApi(client)
    request = ccapi.MultimodalImageGenerationRequest(
        model="imaginepro/nano-banana", contents=[ccapi.MultimodalInputContent(text="a lighthouse in a storm")]
    )
    job = images.generate_images(request, idempotency_key="polyglot-python")
    for _ in range(100):
        if job.status == "completed":
            break
        time.sleep(0.2)
        job = images.get_image_job(job.id)
    else:
        raise SystemExit(f"the job is {job.status}")
    Path(sys.argv[1]).write_bytes(urlopen(job.data[0].url).read())
