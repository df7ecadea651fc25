"""The video operations: they read the request, and film the picture that it describes when its file is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import paint, unhonored
from .catalog import DEFAULT_VIDEO_MODEL, VideoModel, model
from .errors import ApiError
from .faults import JOBS
from .film import MAX_FPS, MAX_PIXELS, MAX_SECONDS, MAX_SIDE, Film, check, film
from .gateway import Answer, Call, File, Gateway
from .images import limit, picture
from .jobs import Job
from .paint import Recipe
from .shelf import SECONDS

WIDTH, HEIGHT, DURATION, FPS = 640, 360, 2.0, 24
"""The size in pixels, the length in seconds and the frames in a second where a request sets none."""


@dataclass(frozen=True, kw_only=True)
class VideoJob(Job):
    """A request for a video.

    Attributes:
        model: The model that films.
        film: What is filmed.
    """

    model: VideoModel
    film: Film

    states = ("queued", "in_progress")

    @property
    def weight(self) -> int:
        """The size of the prompt and the picture, in bytes."""
        return self.film.recipe.weight

    def document(self, now: float) -> dict[str, Any]:
        """The job at a time in Unix seconds, without its file."""
        status, recipe, finished = self.status(now), self.film.recipe, self.created + self.seconds
        part = (now - self.created) / self.seconds if self.seconds else 1.0
        document: dict[str, Any] = {
            "id": self.id,
            "object": "video",
            "model": self.model.id,
            "status": status,
            "progress": {"queued": 0, "completed": 100}.get(status, min(99, int(part * 100))),
            "created_at": int(self.created),
            "seconds": f"{self.film.seconds:g}",
            "size": f"{recipe.width}x{recipe.height}",
        }
        if status in ("completed", "failed", "cancelled"):
            document["completed_at"] = int(finished)
        if status == "completed":
            document["expires_at"] = int(finished + SECONDS)
        if status == "failed":
            document["error"] = {"message": self.failure, "code": "generation_failed"}
        return document


async def generate_video(gateway: Gateway, call: Call) -> Answer:
    """`generateVideo`: a job that makes a video."""
    body = call.body
    unhonored.refuse(unhonored.VIDEO, body, call.defaults)
    maker = model(VideoModel, body.get("model", DEFAULT_VIDEO_MODEL))
    width, height = (_side(name, body.get(name, usual)) for name, usual in (("width", WIDTH), ("height", HEIGHT)))
    seconds = body.get("duration", DURATION)
    if not 0 < seconds <= MAX_SECONDS:
        raise ApiError.bad_request(f"duration: more than 0 and at most {MAX_SECONDS:g} seconds", field="duration")
    fps = _positive("fps", body.get("fps", FPS), MAX_FPS)
    recipe = Recipe(body["prompt"], int(body.get("seed", 0)), width, height, "PNG")
    made = Film(recipe, seconds, fps)
    if made.pixels > MAX_PIXELS:
        reason = f"{made.pixels} pixels in {made.count} frames are more than {MAX_PIXELS}, the maximum here"
        raise ApiError.bad_request(f"duration: {reason}; request a shorter or smaller video", field="duration")
    try:
        check()
    except ModuleNotFoundError as error:
        # A status by which clients know that nothing was executed; after a 5xx, it may have been.
        raise ApiError(400, "invalid_request_error", "not_installed", str(error)) from None
    if image := body.get("image"):
        sent = await picture(gateway, call, _as_input(image), "image", "image")
        start = await gateway.work(paint.start_of, [sent.file], made.canvas)
        made = Film(Recipe(recipe.prompt, recipe.seed, width, height, "PNG", start, strength=0.2), seconds, fps)
    outcome = JOBS.get(call.fault.kind, maker.outcome) if call.fault else maker.outcome
    job = VideoJob(
        id=gateway.new_id("video"),
        created=gateway.now(),
        seconds=gateway.next_job_seconds(),
        model=maker,
        outcome=outcome,
        film=made,
    )
    gateway.jobs.put(job.id, job, job.weight)
    cost = 0.0 if outcome in ("failed", "cancelled") else seconds * maker.price
    now = gateway.now()
    return Answer({"task_id": job.id, "status": job.status(now)}, headers=job.hint(now), cost=cost)


async def get_video_job(gateway: Gateway, call: Call) -> Answer:
    """`getVideoJob`: a job as it is now."""
    job = gateway.jobs.get(call.path["task_id"])
    if not isinstance(job, VideoJob):
        raise ApiError.not_found(f"There is no video job {call.path['task_id']!r}.")
    document = job.document(gateway.now())
    if document["status"] == "completed":
        file = File("video/mp4", lambda: film(job.film), job.film.pixels)
        document["metadata"] = {"url": gateway.hand_out(f"{job.id}.mp4", file, call.origin, job.weight)}
    return Answer(document)


def _side(field: str, value: float) -> int:
    """A width or a height, in pixels."""
    side = _positive(field, value, MAX_SIDE)
    if side % 2 or side < 16:
        raise ApiError.bad_request(f"{field}: an even number of 16 or more is expected, as H.264 needs it", field=field)
    return side


def _positive(field: str, value: float, most: int) -> int:
    if value < 1:
        raise ApiError.bad_request(f"{field}: a whole number of 1 or more is expected", field=field)
    return limit(field, value, most)


def _as_input(image: str) -> Mapping[str, Any]:
    """The picture to start from, as the image operations take it: by its address, or in base64."""
    is_address = image[:8].lower().startswith(("https://", "http://", "data:"))
    return {"url": image} if is_address else {"data": image}
