from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from ..model import Label, Model


@define(kw_only=True, repr=False)
class ChatToolCallFunction(Model):
    """The function to call.

    Attributes:
        name: The name of the function.
        arguments: The arguments as a JSON document; in a stream, the next piece of it.
    """

    _labels: ClassVar[tuple[Label, ...]] = (Label("arguments", (), (), True),)

    name: str | None = None
    arguments: str | None = None

    def arguments_json(self) -> Any:
        """The document that `arguments` holds; an empty object where it is missing or empty.

        Raises:
            InvalidAnswerError: It is not JSON; the error has its text. Without `ccapi_client`, a `ValueError`.
        """
        return self._json_in("arguments", self.arguments)
