"""What a program pays before its first answer: `python first.py PEER BASE_URL` imports a client, makes a call, prints JSON.

A script, not a module of the package: nothing but the interpreter's own start comes before the import that is timed.
"""

import os
import sys
import time

peer, base_url = sys.argv[1:]
os.environ["CCAPI_CARRIER"] = "httpx"  # as its peer; httpx2 is installed beside it
begun = time.perf_counter()
__import__({"ccapi": "ccapi_client"}.get(peer, peer))
imported = time.perf_counter()

MODEL, QUESTION = "openai/gpt-4o-mini", "Why is the sky blue?"
if peer == "ccapi":
    from ccapi_client import CCAPI

    with CCAPI("sk-benchmark", base_url=base_url) as ours:
        ours.create_chat_completion(model=MODEL, messages=[{"role": "user", "content": QUESTION}])
elif peer == "openai":
    from openai import OpenAI

    with OpenAI(api_key="sk-benchmark", base_url=base_url) as client:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": QUESTION}])
else:
    import httpx

    with httpx.Client(headers={"Authorization": "Bearer sk-benchmark"}) as http:
        body = {"model": MODEL, "messages": [{"role": "user", "content": QUESTION}]}
        http.post(f"{base_url}/chat/completions", json=body).raise_for_status().json()
answered = time.perf_counter()

with open("/proc/self/status") as file:
    resident = next(line.split()[1] for line in file if line.startswith("VmRSS"))
import json

print(
    json.dumps(
        {
            "import_ms": (imported - begun) * 1e3,
            "answer_ms": (answered - begun) * 1e3,
            "resident_mb": int(resident) / 1024,
        }
    )
)
