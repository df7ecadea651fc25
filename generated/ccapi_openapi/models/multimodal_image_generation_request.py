from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.multimodal_image_parameters import MultimodalImageParameters
    from ..models.multimodal_input_content import MultimodalInputContent


@define(kw_only=True, repr=False)
class MultimodalImageGenerationRequest(Model):
    """Pictures to be made from texts and pictures. Fields that are not listed go to the provider as they are.

    Attributes:
        contents: The texts and pictures to work from, 1 or more.
        model: The model to paint with, as `provider/model`. Left out, `imaginepro/nano-banana`.
        parameters: How to make the pictures. What is left out is for the model to decide.
        webhook_url: An address of yours; the service sends the job there when it has finished.
    """

    contents: list[MultimodalInputContent]
    model: str | None = None
    parameters: MultimodalImageParameters | None = None
    webhook_url: str | None = None
