"""What the guard counts: `python work.py nothing`, `import`, `SYNC ASYNC EVENTS` or `aiohttp CALLS`.

The numbers are how many of each to do. No sockets, but by aiohttp: there each call goes to a server in a process of its
own, which valgrind does not count, and comes back in one piece.

A script that imports nothing by itself, so that a process which does nothing costs the interpreter's start alone.
"""

import sys

CHUNK = (
    b'data: {"id": "chatcmpl-7f3a", "object": "chat.completion.chunk", "created": 1762931229, "model": "openai/gpt-4o-mini",'
    b' "choices": [{"index": 0, "delta": {"content": "blue "}, "finish_reason": null}]}\n\n'
)
ANSWER = (
    b'{"id": "chatcmpl-7f3a", "object": "chat.completion", "created": 1762931229, "model": "openai/gpt-4o-mini",'
    b' "provider": "openai", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Air scatters blue light'
    b' more than red light."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 21, "completion_tokens": 9,'
    b' "total_tokens": 30}}'
)


def calls(sync_calls: int, async_calls: int, events: int) -> None:
    import asyncio
    import gc

    import httpx
    from ccapi_client import CCAPI, AsyncCCAPI

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/stream"):
            body = CHUNK * events + b"data: [DONE]\n\n"
            pieces = iter([body[start : start + 1400] for start in range(0, len(body), 1400)])
            return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=pieces)
        return httpx.Response(200, headers={"Content-Type": "application/json"}, content=ANSWER)

    transport, url = httpx.MockTransport(answer), "http://127.0.0.1/v1"
    model, messages = "openai/gpt-4o-mini", [{"role": "user", "content": "Why is the sky blue?"}]
    gc.disable()  # when it runs depends on how much there is, not on what one call does

    with CCAPI("key", base_url=url, transport=transport) as client:
        for _ in range(sync_calls):
            client.create_chat_completion(model=model, messages=messages)
        streaming = client.with_options(base_url="http://127.0.0.1/stream")
        with streaming.stream_chat_completion(model=model, messages=messages) as stream:
            assert sum(1 for _ in stream) == events

    async def main() -> None:
        async with AsyncCCAPI("key", base_url=url, transport=transport) as client:
            for _ in range(async_calls):
                await client.create_chat_completion(model=model, messages=messages)

    asyncio.run(main())


SERVER = """
import socket, sys
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    connection, _ = server.accept()
received = b""
while piece := connection.recv(65536):
    received += piece
    if received.endswith(b"}"):
        received = b""
        connection.sendall(sys.argv[1].encode())
"""
"""Answers each request of one connection by its argument, in one piece."""


def calls_by_aiohttp(count: int) -> None:
    import asyncio
    import gc
    import os
    import subprocess

    import aiohttp  # noqa: F401 - without it another carrier would be counted
    from ccapi_client import AsyncCCAPI

    os.environ["CCAPI_CARRIER"] = "aiohttp"
    model, messages = "openai/gpt-4o-mini", [{"role": "user", "content": "Why is the sky blue?"}]
    gc.disable()

    async def main(port: int) -> None:
        async with AsyncCCAPI("key", base_url=f"http://127.0.0.1:{port}/v1") as client:
            for _ in range(count):
                await client.create_chat_completion(model=model, messages=messages)

    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
    command = [sys.executable, "-I", "-c", SERVER, head + ANSWER.decode()]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout
        asyncio.run(main(int(server.stdout.readline())))


if sys.argv[1:] == ["import"]:
    __import__("ccapi_client")
elif sys.argv[1] == "aiohttp":
    calls_by_aiohttp(int(sys.argv[2]))
elif sys.argv[1:] != ["nothing"]:
    calls(*map(int, sys.argv[1:]))
