"""Jobs: what was requested, and its state at a given time. A job's state depends only on the clock."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .catalog import ImageModel, Model, Outcome
from .paint import Recipe


@dataclass(frozen=True, kw_only=True)
class Job(ABC):
    """A request that takes a while.

    Attributes:
        id: Its id.
        created: When it was accepted, in Unix seconds.
        seconds: How long it takes, in seconds.
        model: The model that does it.
        outcome: How it ends.
        ending: What its JSON has once it ends; None for what the other fields say.
    """

    id: str
    created: float
    seconds: float
    model: Model
    outcome: Outcome
    ending: Mapping[str, Any] | None = None

    states: ClassVar[tuple[str, str]]
    """The statuses before its end: in the first quarter of its time, and then."""

    def status(self, now: float) -> str:
        """The status at a time in Unix seconds."""
        age = now - self.created
        if age < self.seconds and self.outcome == "unknown":
            return "waiting_for_provider"
        if age < self.seconds / 4:
            return self.states[0]
        if age < self.seconds or (self.outcome == "never" and self.ending is None):
            return self.states[1]
        if self.ending is not None:
            return str(self.ending.get("status", "completed"))
        return "completed" if self.outcome == "unknown" else self.outcome

    def left(self, now: float) -> float:
        """How long the job is expected to take from now, in seconds."""
        return max(0.0, self.seconds - (now - self.created))  # 0 only once `status` says that it has ended

    def hint(self, now: float) -> dict[str, str]:
        """The headers of a response that accepts it: when to poll it."""
        left = self.left(now)
        wait = {"Retry-After": str(max(1, math.ceil(left / 4))), "retry-after-ms": str(round(left / 4 * 1000))}
        return wait if left else {}

    @property
    def failure(self) -> str:
        """Why it fails, where it does."""
        return f"The model {self.model.id} was made to fail."

    @property
    @abstractmethod
    def weight(self) -> int:
        """The size of what was requested, in bytes."""


@dataclass(frozen=True, kw_only=True)
class ImageJob(Job):
    """A request for pictures.

    Attributes:
        model: The model that paints.
        operation: What it does, as the contract names it.
        recipes: One for each picture.
        inline: Whether the response holds the pictures themselves, as base64.
    """

    model: ImageModel
    operation: str
    recipes: tuple[Recipe, ...]
    inline: bool

    states = ("pending", "processing")

    @property
    def weight(self) -> int:
        """The size of the prompt and the pictures, in bytes."""
        return sum(recipe.weight for recipe in self.recipes)

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
            document["error"] = {"message": self.failure, "type": "provider_error", "code": "generation_failed"}
        return document | dict(self.ending or {}) if self.left(now) == 0 else document
