import json
import os
from typing import Any

from ccapi_client import CCAPI, CCAPIError


def call(client: CCAPI, task: str) -> dict[str, Any]:
    if task == "image":
        return {"url": client.create_image(prompt="a fox").data[0].url}
    if task == "stream":
        hello = [{"role": "user", "content": "hello"}]
        with client.stream_chat_completion(model="sandbox/babble", messages=hello) as stream:
            return {"text": "".join(stream.text())}
    job = client.generate_images_and_wait(contents="a fox")
    if task == "file":
        client.save(job, os.environ["CCAPI_FILE"])
    return {"status": job.status}


with CCAPI() as client:
    try:
        result = call(client, os.environ.get("CCAPI_SCENARIO", "image").partition("/")[0])
    except CCAPIError as error:
        names = {"status": "status_code", "code": "code", "message": "message", "details": "details"}
        result = {"error": {name: getattr(error, attribute, None) for name, attribute in names.items()}}
print(json.dumps(result))
