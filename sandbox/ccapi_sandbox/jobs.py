"""Image jobs: what was requested, and its state at a given time. A job's state depends only on the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .catalog import ImageModel, Outcome
from .paint import Recipe


@dataclass(frozen=True)
class Job:
    """A request for pictures.

    Attributes:
        id: Its id.
        created: When it was accepted, in Unix seconds.
        seconds: How long it takes, in seconds.
        model: The model that paints.
        outcome: How it ends.
        operation: What it does, as the contract names it.
        recipes: One for each picture.
        inline: Whether the response holds the pictures themselves, as base64.
        ending: What its JSON has once it ends; None for what the other fields say.
    """

    id: str
    created: float
    seconds: float
    model: ImageModel
    outcome: Outcome
    operation: str
    recipes: tuple[Recipe, ...]
    inline: bool
    ending: Mapping[str, Any] | None = None

    def status(self, now: float) -> str:
        """The status at a time in Unix seconds: pending for a quarter of its time, processing, then its end."""
        age = now - self.created
        if age < self.seconds / 4:
            return "pending"
        if age < self.seconds or (self.outcome == "never" and self.ending is None):
            return "waiting_for_provider" if self.outcome == "unknown" else "processing"
        if self.ending is not None:
            return str(self.ending.get("status", "completed"))
        return "completed" if self.outcome == "unknown" else self.outcome

    def left(self, now: float) -> float:
        """How long the job is expected to take from now, in seconds."""
        return max(0.0, self.seconds - (now - self.created))  # 0 only once `status` says that it has ended

    def document(self, now: float, poll_url: str) -> dict[str, Any]:
        """The job at a time in Unix seconds, without its pictures."""
        status = self.status(now)
        document: dict[str, Any] = {
            "id": self.id,
            "created": int(self.created),
            "model": self.model.id,
            "status": status,
            "execution": {
                "mode": "async" if self.model.is_async else "sync",
                "operation": self.operation,
                "provider": self.model.provider,
            },
        }
        if status not in ("completed", "failed", "cancelled"):
            document |= {"poll_url": poll_url, "estimated_time": round(self.left(now), 3)}
        if status == "failed":
            message = f"The model {self.model.id} was made to fail."
            document["error"] = {"message": message, "type": "provider_error", "code": "generation_failed"}
        return document | dict(self.ending or {}) if self.left(now) == 0 else document
