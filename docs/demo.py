"""The main jobs, from a prompt to a file: `nox -s demo`.

Against the real service when CCAPI_API_KEY is set, else against a sandbox that it starts for itself.
"""

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import ccapi_sandbox
from ccapi_client import CCAPI, CCAPIError, JobUpdate, PollPolicy, media

# Often enough to show every state; a program would leave this out.
OFTEN = PollPolicy(initial=0.5, factor=1, max_interval=0.5)
OUT = Path("pictures")


def talk(client: CCAPI) -> None:
    """Shows an answer as it comes."""
    question = "What is a lighthouse for?"
    print(f"\nChat: {question!r}")
    began, pieces = time.monotonic(), 0
    with client.stream_chat_completion(
        models=["openai/gpt-4o-mini", "anthropic/claude-3-5-haiku"],
        messages=[{"role": "user", "content": question}],
        max_tokens=60,
        stream_options={"include_usage": True},
    ) as stream:
        print("  ", end="")
        for text in stream.text():
            pieces += 1
            print(text.replace("\n", "\n  "), end="", flush=True)
        answer = stream.final()
    tokens = answer.usage.total_tokens if answer.usage else "unknown"
    print(f"\n  ({answer.model}: {pieces} pieces in {time.monotonic() - began:.1f} s, {tokens} tokens)")


def speak(client: CCAPI) -> None:
    """Saves a spoken sentence in each format."""
    sentence = "The lighthouse is lit. Good night, and safe passage."
    print(f"\nSpeech: {sentence!r}")
    for kind, voice in (("mp3", "aria"), ("wav", "roger"), ("ogg", "sarah")):
        speech = client.create_speech(
            model="elevenlabs/eleven_turbo_v2",
            input=sentence,
            voice=voice,
            output_format=kind,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        )
        show(client.save(speech, OUT / f"good-night.{kind}"))


def paint(client: CCAPI) -> None:
    """Makes a picture by a job, shows the job's states, then makes another picture of it."""
    prompt = "a lighthouse in a storm, oil painting"
    job = client.generate_images(contents=[media.text(prompt)], parameters={"aspect_ratio": "16:9", "seed": 7})
    print(f"\nImage job {job.id}: {prompt!r}")
    (picture,) = client.save(client.wait_for_image_job(job, on_update=tell), OUT / "lighthouse.png")
    show(picture)
    job = client.generate_images(contents=[media.image(picture, text="the same in winter")])
    print(f"Image job {job.id}: 'the same in winter', from {picture}")
    for path in client.save(client.wait_for_image_job(job, on_update=tell), OUT / "winter.png"):
        show(path)


def tell(update: JobUpdate) -> None:
    """Shows a state of a job."""
    print(f"  {update.elapsed:5.1f} s  {update.status}")


def show(path: Path) -> None:
    """Shows what was saved."""
    print(f"  saved {path} ({path.stat().st_size:,} bytes)")


def main() -> None:
    """Talks, speaks and paints, and says what happens."""
    with ExitStack() as stack:
        if os.environ.get("CCAPI_API_KEY"):
            client = stack.enter_context(CCAPI(poll=OFTEN))
            print(f"CCAPI_API_KEY is set: {client!r}")
        else:
            sandbox = stack.enter_context(ccapi_sandbox.running(strict=True))
            client = stack.enter_context(CCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=OFTEN))
            print(f"No CCAPI_API_KEY: a sandbox serves at {sandbox.base_url}")
        print("Models:", ", ".join(model.id for model in client.iter_models()))
        talk(client)
        speak(client)
        paint(client)

    if not os.environ.get("CCAPI_API_KEY"):
        print("\nThe same against the real service: CCAPI_API_KEY=your-key python3 -m nox -s demo")


if __name__ == "__main__":
    try:
        main()
    except CCAPIError as error:
        sys.exit(f"{type(error).__name__}: {error}")
