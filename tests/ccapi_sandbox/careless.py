"""A small client for the conformance kit, with mistakes to choose: without any, it is a careful one.

It sleeps by moving the sandbox's clock. As a program, it takes the mistakes as its arguments.
"""

import json
import os
import ssl
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

FINAL = ("completed", "failed", "cancelled")
RUNNING = ("pending", "processing")
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""In place of the one that each client would make: it reads the certificates, which takes longer than most tests."""
UNLISTED = "x_unlisted"
"""The field that the fault `extra-fields` adds."""


class FailedError(Exception):
    """A call failed; its argument is what is printed of the error."""


class Client:
    """A client of the API that is found in the environment."""

    def __init__(self, environment: Mapping[str, str], *mistakes: str) -> None:
        self.base, self.key = environment["CCAPI_BASE_URL"], environment["CCAPI_API_KEY"]
        self.task, self.file = environment["CCAPI_SCENARIO"].partition("/")[0], Path(environment["CCAPI_FILE"])
        self.mistakes = mistakes
        self.headers = {"Authorization": f"Bearer {self.key}"}
        self.http = httpx.Client(timeout=30, verify=NO_TLS)

    def run(self) -> dict[str, Any]:
        """What the program prints."""
        with self.http:
            try:
                return self._call()
            except FailedError as failed:
                return {"error": failed.args[0]}
            except httpx.HTTPError as error:
                return {"error": {"message": type(error).__name__}}

    def _call(self) -> dict[str, Any]:
        if "calls nothing" in self.mistakes:
            return {}
        if self.task == "image":
            return {"url": self._json(self._post("images/generations", {"prompt": "a fox"}))["data"][0]["url"]}
        if self.task == "stream":
            return {"text": self._stream()}
        job = self._job()
        if self.task == "file" and "saves nothing" not in self.mistakes:
            self._save(job["data"][0]["url"])
        return {"status": job["status"]}

    def _sleep(self, seconds: float) -> None:
        clock = f"{self.base.removesuffix('/v1')}/sandbox/clock"
        self.http.post(clock, json={"advance": seconds}, headers=self.headers).raise_for_status()

    def _post(self, path: str, body: Any, attempt: int = 1) -> httpx.Response:
        key = {"Idempotency-Key": f"key-{self.task}"}
        if "makes a new key" in self.mistakes:
            key = {"Idempotency-Key": str(uuid.uuid4())}
        if "sends no key" in self.mistakes:
            key = {}
        try:
            request = self.http.build_request("POST", f"{self.base}/{path}", json=body, headers=self.headers | key)
            response = self.http.send(request, stream=self.task == "stream")
            if response.is_error:
                response.read()
            wait = response.headers.get("retry-after")
            is_safe = response.status_code in (429, 503) and wait is not None and "never retries" not in self.mistakes
        except httpx.HTTPError:
            if "retries all" not in self.mistakes or attempt > 1:
                raise
            return self._post(path, body, attempt + 1)
        if attempt == 1 and (is_safe or (response.is_error and "retries all" in self.mistakes)):
            self._sleep(0 if "retries at once" in self.mistakes else float(wait or 0))
            return self._post(path, body, attempt + 1)
        return response

    def _json(self, response: httpx.Response) -> Any:
        if response.is_error:
            self._fail(response)
        found = response.json()
        if "knows every field" in self.mistakes and UNLISTED in found:
            raise FailedError({"message": f"{UNLISTED}: no such field"})
        return found

    def _fail(self, response: httpx.Response) -> None:
        is_json = "json" in response.headers.get("content-type", "")
        said = response.json()["error"] if is_json else {}
        names = () if "hides the reason" in self.mistakes else ("code", "message", "details")
        raise FailedError({"status": response.status_code} | {name: said.get(name) for name in names})

    def _job(self) -> Any:
        response = self._post("images/generate", {"contents": [{"text": "a fox"}]})
        job = self._json(response)
        wait = float(response.headers.get("retry-after-ms", 0)) / 1000
        if "polls by the estimate" in self.mistakes:
            wait = job["estimated_time"]
        only = ("completed",) if "knows one end" in self.mistakes else FINAL
        polls = 0
        while job["status"] not in only and polls < 20:
            polls += 1
            if "knows every status" in self.mistakes and job["status"] not in RUNNING:
                raise FailedError({"message": f"status {job['status']!r}"})
            self._sleep(0.2 if "polls all the time" in self.mistakes else wait)
            response = self.http.get(f"{self.base}/images/jobs/{job['id']}", headers=self.headers)
            if response.is_error and "needs every poll" in self.mistakes:
                self._fail(response)
            if response.is_error:
                wait = float(response.headers.get("retry-after", 0))
                continue
            job = response.json()
            wait = job.get("estimated_time", 1)
        if job["status"] != "completed" and "takes any end of a job" not in self.mistakes:
            raise FailedError({"message": job["status"]})
        return job

    def _save(self, url: str) -> None:
        headers = self.headers if "sends the key along" in self.mistakes else {}
        with self.http.stream("GET", url, headers=headers) as response:
            if response.is_error and "saves anything" not in self.mistakes:
                raise FailedError({"status": response.status_code})
            if "saves as it comes" not in self.mistakes:
                self.file.write_bytes(response.read())
                return
            with self.file.open("wb") as file:
                for piece in response.iter_bytes():
                    file.write(piece)

    def _stream(self) -> str:
        hello = {"model": "sandbox/babble", "messages": [{"role": "user", "content": "hello"}], "stream": True}
        response, text, is_whole = self._post("chat/completions", hello), "", False
        if response.is_error:
            self._fail(response)
        try:
            data, encoding = b"", "latin-1" if "reads Latin-1" in self.mistakes else "utf-8"
            for piece in response.iter_raw():
                data += piece
                *events, data = data.split(b"\n\n")
                for event in events:
                    line = event.decode(encoding).removeprefix("data: ")
                    chunk: Any = {"choices": []} if line == "[DONE]" else json.loads(line)
                    if "error" in chunk and "overlooks errors" not in self.mistakes:
                        raise FailedError({"message": chunk["error"]["message"]})
                    for choice in chunk.get("choices", ()):
                        text += choice["delta"].get("content") or ""
                        is_whole = is_whole or choice.get("finish_reason") is not None
        except httpx.HTTPError:
            if "takes any end of a stream" not in self.mistakes:
                raise
        finally:
            response.close()
        if not is_whole and not {"takes any end of a stream", "overlooks errors"} & {*self.mistakes}:
            raise FailedError({"message": "the stream broke off"})
        return text


if __name__ == "__main__":
    print(json.dumps(Client(os.environ, *sys.argv[1:]).run()))
