from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.execution_mode import ExecutionMode
    from ..models.image_operation import ImageOperation


@define(kw_only=True, repr=False)
class ImageExecution(Model):
    """How the request was executed.

    Attributes:
        mode: Whether the provider gave the images at once or started a job.
        operation: What was done.
        provider: The provider that served the request.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["provider"])

    mode: ExecutionMode | str | None = None
    operation: ImageOperation | str | None = None
    provider: str | None = None
