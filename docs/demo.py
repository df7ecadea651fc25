"""The main job, from a prompt to a file: `nox -s demo`.

Against the real service when CCAPI_API_KEY is set, else against a sandbox that it starts for itself.
"""

import os
import sys
from contextlib import ExitStack

import ccapi_sandbox
from ccapi_client import CCAPI, CCAPIError, JobUpdate, PollPolicy

# Often enough to show every state; a program would leave this out.
OFTEN = PollPolicy(initial=0.5, factor=1, max_interval=0.5)
PROMPT = "a lighthouse in a storm, oil painting"


def main() -> None:
    """Makes a picture and says what happens."""
    with ExitStack() as stack:
        if os.environ.get("CCAPI_API_KEY"):
            client = stack.enter_context(CCAPI(poll=OFTEN))
            print(f"CCAPI_API_KEY is set: {client!r}")
        else:
            sandbox = stack.enter_context(ccapi_sandbox.running(strict=True))
            client = stack.enter_context(CCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=OFTEN))
            print(f"No CCAPI_API_KEY: a sandbox serves at {sandbox.base_url}")

        def show(update: JobUpdate) -> None:
            print(f"  {update.elapsed:5.1f} s  {update.status}")

        job = client.generate_images(contents=[{"text": PROMPT}], parameters={"aspect_ratio": "16:9", "seed": 7})
        print(f"Image job {job.id}: {PROMPT!r}")
        job = client.wait_for_image_job(job, on_update=show)
        for number, picture in enumerate(job.data or []):
            path = client.save(picture, f"pictures/lighthouse-{number}.png")
            print(f"Saved {path} ({path.stat().st_size:,} bytes)")

    if not os.environ.get("CCAPI_API_KEY"):
        print("The same against the real service: CCAPI_API_KEY=your-key python3 -m nox -s demo")


if __name__ == "__main__":
    try:
        main()
    except CCAPIError as error:
        sys.exit(f"{type(error).__name__}: {error}")
